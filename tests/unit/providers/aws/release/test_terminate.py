"""`down`: all of ours, proved; nothing of anybody else's."""

from typing import TYPE_CHECKING

import pytest

from orchestrator.models import ReceiptLine
from orchestrator.providers.aws import tags
from orchestrator.providers.aws.release import fleets, resources, terminate
from orchestrator.providers.settings import AwsSettings
from orchestrator.rehearsal import Fault, Kind
from tests.unit.providers.aws.network.accounts import (
    OTHER_KEY,
    OWNER,
    REGION,
    Account,
    account,
    launch,
    request,
)

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import TagTypeDef

pytestmark = pytest.mark.served


def down(there: Account) -> tuple[ReceiptLine, ...]:
    return terminate(there.aws, there.settings, "train", OWNER)


def left(there: Account) -> list[str]:
    return [each.kind for each in resources(there.aws, there.settings, "train", OWNER)]


def states(there: Account) -> set[str]:
    return {str(tracked.instance.state) for tracked in there.cloud.instances()}


def test_a_fleet_is_taken_away_with_a_line_and_a_proof_for_each_thing() -> None:
    with account() as there:
        launch(there, there.prerequisites(), request(hosts=2))
        lines = down(there)
        assert all(line.gone for line in lines)
        assert [line.resource.kind for line in lines] == [
            *("instance", "instance", "volume", "volume", "network-interface", "network-interface"),
            *("security-group", "key-pair"),
        ]
        assert [line.resource.name for line in lines[:2]] == ["train-1", "train-2"]
        assert lines[0].proof.endswith(": terminated")
        assert all(line.proof.startswith("ec2 Describe") for line in lines)
        assert left(there) == []


def test_two_hundred_hosts_take_twelve_calls() -> None:
    with account() as there:
        launch(there, there.prerequisites(), request(hosts=200))
        there.cloud.clear_calls()
        lines = down(there)
        assert len(lines) == 602
        assert all(line.gone for line in lines)
        assert len(there.called()) <= 12, there.called()
        assert there.called().count("TerminateInstances") == 1


def test_gone_already_is_success_and_has_no_line() -> None:
    with account() as there:
        launch(there, there.prerequisites())
        down(there)
        assert down(there) == ()
        assert fleets(there.aws, there.settings) == ()


def test_what_nobody_launched_is_no_error() -> None:
    with account(AwsSettings(regions=("us-east-1", "eu-west-1"))) as there:
        assert down(there) == ()


def test_hosts_of_every_region_are_taken_away() -> None:
    with account(AwsSettings(regions=("eu-west-1", "us-east-1"))) as there:
        there.prerequisites(region="eu-west-1")
        launch(there, there.prerequisites())
        assert len(resources(there.aws, there.settings, "train", OWNER)) == 7
        assert all(line.gone for line in down(there))
        assert left(there) == []


@pytest.mark.parametrize(
    "call",
    ["TerminateInstances", "DeleteSecurityGroup", "DeleteKeyPair", "DescribeVolumes", "DescribeKeyPairs"],
)
@pytest.mark.parametrize("kind", [Kind.DROPPED, Kind.LOST_REPLY])
def test_a_down_whose_calls_are_lost_ends_the_same(call: str, kind: Kind) -> None:
    with account() as there:
        launch(there, there.prerequisites())
        there.cloud.inject(Fault(action=call, kind=kind, times=1))
        assert all(line.gone for line in down(there))
        assert left(there) == []


def test_what_may_not_be_removed_stays_on_the_receipt_with_its_reason_and_the_rest_goes_on() -> None:
    with account() as there:
        launch(there, there.prerequisites())
        there.cloud.inject(Fault(action="DeleteSecurityGroup", code="UnauthorizedOperation"))
        lines = {line.resource.kind: line for line in down(there)}
        assert not lines["security-group"].gone
        assert "these credentials may not do that" in lines["security-group"].proof
        assert lines["instance"].gone
        assert lines["key-pair"].gone
        there.cloud.clear_faults()
        assert all(line.gone for line in down(there))
        assert left(there) == []


def test_hosts_that_may_not_be_terminated_are_not_waited_for() -> None:
    with account() as there:
        launch(there, there.prerequisites())
        there.cloud.inject(Fault(action="TerminateInstances", code="UnauthorizedOperation"))
        lines = {line.resource.kind: line for line in down(there)}
        assert not lines["instance"].gone
        assert (
            ": AWS refused to terminate hosts of train in us-east-1: these credentials"
            in lines["instance"].proof
        )
        assert not lines["volume"].gone
        assert not lines["security-group"].gone
        there.cloud.clear_faults()
        assert all(line.gone for line in down(there))


def test_a_protected_host_does_not_keep_the_others() -> None:
    with account() as there:
        first, second = launch(there, there.prerequisites(), request(hosts=2))
        there.admin.ec2(REGION).modify_instance_attribute(
            InstanceId=first, DisableApiTermination={"Value": True}
        )
        gone = {line.resource.id: line.gone for line in down(there)}
        assert (gone[first], gone[second]) == (False, True)


def test_a_host_that_ec2_shows_late_is_not_left_behind() -> None:
    with account() as there:
        prerequisites = there.prerequisites()
        there.cloud.inject(Fault(action="RunInstances", kind=Kind.HIDDEN, seconds=2.0))
        launch(there, prerequisites)
        there.cloud.clear_faults()
        lines = down(there)
        assert all(line.gone for line in lines)
        assert states(there) == {"terminated"}
        assert left(there) == []


def test_a_spot_host_takes_its_request_along() -> None:
    with account() as there:
        launch(there, there.prerequisites(), spot=True)
        kinds = {line.resource.kind: line.gone for line in down(there)}
        assert kinds["spot-instances-request"]
        assert left(there) == []


def test_a_loose_volume_of_ours_is_removed() -> None:
    with account() as there:
        marks: list[TagTypeDef] = [
            {"Key": tags.FLEET, "Value": "train"},
            {"Key": tags.OWNER, "Value": OWNER},
        ]
        there.admin.ec2(REGION).create_volume(
            AvailabilityZone="us-east-1a",
            Size=8,
            TagSpecifications=[{"ResourceType": "volume", "Tags": marks}],
        )
        assert [(line.resource.kind, line.gone) for line in down(there)] == [("volume", True)]
        assert left(there) == []


def test_what_somebody_made_by_hand_and_other_peoples_fleets_of_that_name_stay() -> None:
    with account() as there:
        ours = there.prerequisites()
        launch(there, ours)
        ec2 = there.admin.ec2(REGION)
        group = ec2.create_security_group(GroupName="orchestrate-train-2", Description="by hand")["GroupId"]
        ec2.import_key_pair(KeyName="orchestrate-train-2", PublicKeyMaterial=OTHER_KEY.encode())
        by_hand = type(ours)(group_id=group, key_name="orchestrate-train-2")
        launch(there, by_hand, request("train-2", owner="another"))
        (another,) = launch(there, by_hand, request("train", owner="another"))
        (nobody,) = launch(there, by_hand, request("trainer", owner=""))
        ec2.delete_tags(Resources=[nobody], Tags=[{"Key": tags.OWNER}])
        lines = down(there)
        assert all(line.gone for line in lines)
        assert another not in {line.resource.id for line in lines}
        running = ec2.describe_instances(
            Filters=[{"Name": "instance-state-name", "Values": ["running", "pending"]}]
        )
        assert sum(len(each.get("Instances", [])) for each in running["Reservations"]) == 3
        assert ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
        assert ec2.describe_key_pairs(KeyNames=["orchestrate-train-2"])["KeyPairs"]
        assert fleets(there.aws, there.settings) == (
            ("train", "another"),
            ("train-2", "another"),
            ("trainer", "unknown"),
        )
