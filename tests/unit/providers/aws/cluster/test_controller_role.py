"""The controller's role: made with the fleet, given to the first host alone, enough to start and stop, gone after `down`."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from orchestrator.errors import NotAuthorizedError, ProviderError
from orchestrator.providers.aws.clients import Aws
from orchestrator.providers.aws.cluster.controller_role import PATH, role_name
from orchestrator.providers.aws.network.context import shared_name
from orchestrator.providers.aws.policy import policy
from orchestrator.providers.base import ReleaseAction
from orchestrator.providers.settings import AwsSettings
from orchestrator.rehearsal import Cloud
from tests.unit.providers.aws.rig import Rig, request

pytestmark = pytest.mark.served

ELASTIC = AwsSettings(cluster=True, elastic=True)
NAME = role_name(shared_name("me", "t"))


@pytest.fixture
def rig() -> Iterator[Rig]:
    """An account in which the user may do what the printed policy allows."""
    with Cloud(settle_s=0, policy=json.dumps(policy(ELASTIC))) as cloud:
        yield Rig(cloud=cloud)


def up(rig: Rig, settings: AwsSettings = ELASTIC, hosts: int = 2) -> None:
    provider = rig.provider(settings)
    provider.launch(replace(request(hosts), offers=provider.offers(request(hosts))), rig.intend)
    provider.find("t")


def controllers_ec2(rig: Rig) -> Any:
    """What programs on the first host have of EC2."""
    tracked = rig.cloud.instances()[0]
    with rig.cloud.lock:
        given = rig.cloud.roles.credentials(tracked, rig.cloud.clock.now())
    assert given is not None
    make: Any = boto3.client
    return make(
        "ec2",
        region_name="us-east-1",
        endpoint_url=rig.cloud.url,
        aws_access_key_id=given.key,
        aws_secret_access_key=given.secret,
        aws_session_token=given.token,
    )


def test_the_first_host_alone_has_it_and_twice_is_once(rig: Rig) -> None:
    up(rig)
    rig.cloud.clear_calls()
    up(rig)
    assert rig.calls()["CreateInstanceProfile"] == 0
    assert rig.calls()["PutRolePolicy"] == 1
    first, second = rig.cloud.instances()
    with rig.cloud.lock:
        given = rig.cloud.roles.credentials(first, rig.cloud.clock.now())
        assert given is not None
        assert given.role == NAME
        assert rig.cloud.roles.credentials(second, rig.cloud.clock.now()) is None


def test_it_starts_and_stops_hosts_of_the_fleet_and_does_nothing_else(rig: Rig) -> None:
    up(rig)
    other = replace(request(), fleet="other", token="other-token")
    provider = rig.provider(replace(ELASTIC, elastic=False))
    provider.launch(replace(other, offers=provider.offers(other)), rig.intend)
    ids = [tracked.instance.id for tracked in rig.cloud.instances()]
    ec2 = controllers_ec2(rig)
    ec2.describe_instances()
    ec2.stop_instances(InstanceIds=[ids[1]])
    ec2.describe_instances()
    ec2.start_instances(InstanceIds=[ids[1]])
    image = rig.cloud.instances()[0].instance.image_id
    calls = (
        lambda: ec2.stop_instances(InstanceIds=[ids[2]]),
        lambda: ec2.terminate_instances(InstanceIds=[ids[1]]),
        lambda: ec2.run_instances(ImageId=image, InstanceType="g4dn.xlarge", MinCount=1, MaxCount=1),
        lambda: ec2.create_tags(Resources=[ids[2]], Tags=[{"Key": "orchestrate:fleet", "Value": "t"}]),
        ec2.describe_volumes,
    )
    for call in calls:
        with pytest.raises(ClientError, match="UnauthorizedOperation"):
            call()


def test_down_takes_role_and_profile_away_with_proof(rig: Rig) -> None:
    up(rig)
    kinds = [each.kind for each in rig.provider(ELASTIC).resources("t")]
    assert {"iam-role", "instance-profile"} <= set(kinds)
    assert ("t", "me") in rig.provider(ELASTIC).fleets()
    lines = rig.provider(ELASTIC).release("t", ReleaseAction.TERMINATE)
    proofs = {line.resource.kind: line.proof for line in lines if line.gone}
    assert proofs["iam-role"] == f"iam GetRole {NAME}: not found"
    assert proofs["instance-profile"] == f"iam GetInstanceProfile {NAME}: not found"
    assert rig.cloud.resource_ids() == ()
    assert rig.provider(ELASTIC).release("t", ReleaseAction.TERMINATE) == ()


def test_a_role_that_is_left_alone_is_found_by_its_name(rig: Rig) -> None:
    up(rig)
    rig.provider(replace(ELASTIC, cluster=False)).release("t", ReleaseAction.TERMINATE)
    assert rig.provider(ELASTIC).fleets() == (("t", "me"),)


def test_a_role_of_that_name_that_is_not_ours_is_left_alone(rig: Rig) -> None:
    Aws(rig.cloud.admin_url).iam.create_role(RoleName=NAME, Path=PATH, AssumeRolePolicyDocument="{}")
    with pytest.raises(ProviderError, match="is taken in us-east-1 by a role"):
        up(rig)
    rig.provider(ELASTIC).release("t", ReleaseAction.TERMINATE)
    assert Aws(rig.cloud.admin_url).iam.get_role(RoleName=NAME)["Role"]["RoleName"] == NAME


def test_a_profile_that_is_named_makes_none(rig: Rig) -> None:
    with Cloud(settle_s=0) as cloud:
        Aws(cloud.admin_url).iam.create_instance_profile(InstanceProfileName="lab")
        free = Rig(cloud=cloud)
        up(free, replace(ELASTIC, instance_profile="lab"))
        assert free.calls()["CreateRole"] == 0


def test_without_the_rights_the_refusal_names_the_role() -> None:
    with Cloud(settle_s=0, policy=json.dumps(policy(replace(ELASTIC, elastic=False)))) as cloud:
        with pytest.raises(NotAuthorizedError, match=f"the role {NAME}"):
            up(Rig(cloud=cloud))
        lines = (
            Rig(cloud=cloud).provider(replace(ELASTIC, elastic=False)).release("t", ReleaseAction.TERMINATE)
        )
        assert all(line.gone for line in lines)
