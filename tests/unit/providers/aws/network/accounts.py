"""An account with a fleet in it, for tests: made by plain calls, with the tags that a launch gives. Empty otherwise."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from orchestrator.models import HostRequest, LaunchRequest, Offer
from orchestrator.providers.aws import tags
from orchestrator.providers.aws.clients import Aws
from orchestrator.providers.aws.network.context import NetworkContext, network_context
from orchestrator.providers.aws.network.prerequisites import LaunchPrerequisites, ensure_prerequisites
from orchestrator.providers.settings import AwsSettings
from orchestrator.rehearsal import Cloud

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import RunInstancesRequestTypeDef, TagSpecificationTypeDef, TagTypeDef

REGION = "us-east-1"
ZONE = "us-east-1a"
OWNER = "0123456789ab"
PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ4qPOeJ3kXkzq6eq8ZC0T4m7oTtdHk1zS8kLSsX5bQy"
OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"

PLENTY = {"Running On-Demand G and VT instances": 4096.0, "All G and VT Spot Instance Requests": 4096.0}


class Account:
    """What a test needs of one: the fake, our clients of it, settings that lead there."""

    def __init__(self, cloud: Cloud, settings: AwsSettings) -> None:
        self.cloud = cloud
        self.settings = settings
        self.aws = Aws(cloud.url)
        self.admin = Aws(cloud.admin_url)
        """For looking and for making what is not ours: its calls are not counted."""
        self.intended: list[tuple[str, str]] = []

    def intend(self, kind: str, name: str) -> None:
        self.intended.append((kind, name))

    def prerequisites(self, wanted: LaunchRequest | None = None, region: str = REGION) -> LaunchPrerequisites:
        return ensure_prerequisites(self.aws, self.settings, region, wanted or request(), self.intend)

    def context(self, wanted: LaunchRequest) -> NetworkContext:
        return network_context(self.aws, self.settings, REGION, wanted, self.intend)

    def called(self, service: str = "ec2") -> list[str]:
        return [call.action for call in self.cloud.calls() if call.service == service]


@contextmanager
def account(settings: AwsSettings | None = None) -> Iterator[Account]:
    """A fresh account behind settings that lead to it."""
    with Cloud(quotas=PLENTY) as cloud:
        yield Account(cloud, replace(settings or AwsSettings(), endpoint_url=cloud.url))


def request(
    fleet: str = "train", *, owner: str = OWNER, key: str = PUBLIC_KEY, hosts: int = 1
) -> LaunchRequest:
    offers = tuple(
        Offer(
            provider="aws",
            description="g4dn.xlarge",
            available=True,
            reason="",
            price_usd_per_hour=0.5,
            kind="debian-12",
            key=f"{REGION}/{zone}/g4dn.xlarge/on-demand",
        )
        for zone in (ZONE, "us-east-1b")
    )
    return LaunchRequest(
        fleet=fleet,
        token="t0ken",
        hosts=tuple(HostRequest(name=f"{fleet}-{n}", distribution="debian-12") for n in range(1, hosts + 1)),
        user="admin",
        authorized_key=key,
        identities={},
        offers=offers,
        owner=owner,
    )


def launch(
    there: Account,
    prerequisites: LaunchPrerequisites,
    wanted: LaunchRequest | None = None,
    *,
    spot: bool = False,
) -> list[str]:
    """Instances with a launch's tags; their ids."""
    wanted = wanted or request()
    ec2 = there.admin.ec2(REGION)
    image = there.admin.ssm(REGION).get_parameters(Names=["/aws/service/debian/release/12/latest/amd64"])
    marks = {
        tags.FLEET: wanted.fleet,
        tags.OWNER: wanted.owner,
        tags.TOKEN: wanted.token,
        tags.HOST: wanted.hosts[0].name,
        tags.PRICE: "0.5",
        tags.USER: wanted.user,
    }
    tagged: list[TagTypeDef] = [{"Key": key, "Value": value} for key, value in marks.items()]
    made: list[TagSpecificationTypeDef] = [
        {"ResourceType": "instance", "Tags": tagged},
        {"ResourceType": "volume", "Tags": tagged},
        {"ResourceType": "network-interface", "Tags": tagged},
    ]
    if spot:
        made.append({"ResourceType": "spot-instances-request", "Tags": tagged})
    wanted_of_ec2: RunInstancesRequestTypeDef = {
        "ImageId": image["Parameters"][0].get("Value", ""),
        "InstanceType": "g4dn.xlarge",
        "MinCount": len(wanted.hosts),
        "MaxCount": len(wanted.hosts),
        "KeyName": prerequisites.key_name,
        "SecurityGroupIds": [prerequisites.group_id],
        "TagSpecifications": made,
        "BlockDeviceMappings": [
            {"DeviceName": "/dev/xvda", "Ebs": {"DeleteOnTermination": True, "VolumeSize": 20}}
        ],
    }
    if prerequisites.subnets:
        wanted_of_ec2["SubnetId"] = prerequisites.subnets[ZONE]
    if spot:
        wanted_of_ec2["InstanceMarketOptions"] = {"MarketType": "spot"}
    answer = ec2.run_instances(**wanted_of_ec2)
    return [each.get("InstanceId", "") for each in answer["Instances"]]
