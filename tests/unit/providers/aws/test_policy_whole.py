"""The printed policy is enough for all that the provider does, and nothing in it is left over."""

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from orchestrator.models import HostState, Limits, Market
from orchestrator.providers.aws import tags
from orchestrator.providers.aws.clients import Aws
from orchestrator.providers.aws.images import Baking, bake, baked_images, unbake
from orchestrator.providers.aws.network import refresh_access
from orchestrator.providers.aws.policy import INDIRECT, policy
from orchestrator.providers.aws.provider import AwsProvider
from orchestrator.providers.aws.regions import enabled_regions
from orchestrator.providers.base import ReleaseAction
from orchestrator.providers.settings import AwsSettings
from orchestrator.rehearsal import Cloud
from tests.unit.providers.aws.rig import request

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import TagTypeDef

pytestmark = pytest.mark.served

OWNER = "me"
PLAIN = AwsSettings()
FULL = AwsSettings(
    vpc="own",
    elastic_ip=True,
    dns_name="gpu.example.org",
    instance_profile="trainer",
    market=Market.SPOT,
    cluster=True,
)


LEFT_OPEN = frozenset({"ec2:CancelSpotInstanceRequests"})
"""Only for a request that EC2 left open when its host ended; the fake EC2 closes them all."""


def allowed(settings: AwsSettings) -> set[str]:
    statements = policy(settings)["Statement"]
    assert isinstance(statements, list)
    return {action for each in statements for action in each["Action"]}


def quiet(_line: str) -> None:
    """Nobody listens."""


def recorded(_kind: str, _name: str) -> None:
    """Nobody keeps a record."""


def live(cloud: Cloud, settings: AwsSettings, *, fleet: str) -> None:
    """A fleet from its offers to its end, with everything that may be done to it in between."""
    provider = AwsProvider(replace(settings, endpoint_url=cloud.url), quiet, OWNER)
    aws, admin = Aws(cloud.url), Aws(cloud.admin_url).ec2("us-east-1")
    wanted = replace(request(limits=Limits(max_hours=1)), fleet=fleet)
    wanted = replace(wanted, offers=provider.offers(wanted))
    provider.makes(wanted)
    (host,) = provider.launch(wanted, recorded)
    while host.state is HostState.PENDING:
        (host,) = provider.find(fleet)
    provider.explain(host)
    group = admin.describe_security_groups(Filters=[{"Name": f"tag:{tags.FLEET}", "Values": [fleet]}])
    admin.authorize_security_group_ingress(
        GroupId=group["SecurityGroups"][0]["GroupId"],
        IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "198.51.100.7/32"}]}
        ],
    )
    refresh_access(replace(settings, endpoint_url=cloud.url), fleet, OWNER)
    image = bake(aws, "us-east-1", Baking(host=host, fingerprint="f", owner=OWNER), quiet, recorded)
    assert [each.id for each in baked_images(aws, ["us-east-1"], OWNER)] == [image]
    assert all(line.gone for line in unbake(aws, ["us-east-1"], image, OWNER))
    if settings.market is Market.ON_DEMAND:
        provider.release(fleet, ReleaseAction.STOP)
        provider.release(fleet, ReleaseAction.START)
    assert (fleet, OWNER) in provider.fleets()
    assert "us-east-1" in enabled_regions(aws, ["us-east-1"])
    ours: list[TagTypeDef] = [{"Key": tags.FLEET, "Value": fleet}, {"Key": tags.OWNER, "Value": OWNER}]
    admin.create_volume(
        AvailabilityZone="us-east-1a",
        Size=1,
        TagSpecifications=[{"ResourceType": "volume", "Tags": ours}],
    )
    subnet = admin.describe_subnets()["Subnets"][0]["SubnetId"]
    admin.create_network_interface(
        SubnetId=subnet,
        TagSpecifications=[{"ResourceType": "network-interface", "Tags": ours}],
    )
    assert all(line.gone for line in provider.release(fleet, ReleaseAction.TERMINATE))


def test_every_call_is_allowed_and_nothing_that_is_allowed_is_unused() -> None:
    plain, full = called_in(PLAIN), called_in(FULL)
    assert plain <= allowed(PLAIN)
    assert full <= allowed(FULL)
    assert allowed(PLAIN) | allowed(FULL) == plain | full | INDIRECT | LEFT_OPEN
    only_looks = allowed(PLAIN) - plain - INDIRECT
    assert all(action.startswith("ec2:Describe") for action in only_looks)


def called_in(settings: AwsSettings) -> set[str]:
    """The actions of a fleet's life under its own policy, named as the policy names them."""
    with Cloud(policy=json.dumps(policy(settings)), settle_s=0) as cloud:
        Aws(cloud.admin_url).route53.create_hosted_zone(Name="example.org", CallerReference="1")
        client: Any = boto3.client  # there are no types for IAM here
        iam = client(
            "iam",
            region_name="us-east-1",
            endpoint_url=cloud.admin_url,
            aws_access_key_id="x",
            aws_secret_access_key="x",
        )
        iam.create_instance_profile(InstanceProfileName="trainer")
        live(cloud, settings, fleet="train")
        return {f"{call.service}:{call.action}" for call in cloud.calls()}
