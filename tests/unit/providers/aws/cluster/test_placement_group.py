"""Hosts of a cluster are near each other: what is asked of EC2, what it says when there is no room, what is left behind."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from orchestrator.errors import CapacityError, InputRefusedError, ProviderError
from orchestrator.models import HostRequest, LaunchRequest, Offer
from orchestrator.providers.aws.clients import Aws
from orchestrator.providers.aws.cluster import group_name, with_group
from orchestrator.providers.aws.network.context import shared_name
from orchestrator.providers.base import ReleaseAction
from orchestrator.providers.settings import AwsSettings
from orchestrator.rehearsal import Cloud, Fault
from tests.unit.providers.aws.rig import Rig, request

pytestmark = pytest.mark.served

CLUSTER = AwsSettings(cluster=True, instance_types=("g4dn.8xlarge",))
NAME = shared_name("me", "t")


@pytest.fixture
def rig() -> Iterator[Rig]:
    with Cloud(settle_s=0, quotas={}) as cloud:
        yield Rig(cloud=cloud)


def up(rig: Rig, settings: AwsSettings, asked: LaunchRequest) -> None:
    provider = rig.provider(settings)
    provider.launch(replace(asked, offers=provider.offers(asked)), rig.intend)


def groups(rig: Rig) -> list[dict[str, Any]]:
    found = Aws(rig.cloud.admin_url).ec2("us-east-1").describe_placement_groups()["PlacementGroups"]
    return [dict(each) for each in found]


def instances(rig: Rig) -> list[dict[str, Any]]:
    answer = Aws(rig.cloud.admin_url).ec2("us-east-1").describe_instances()
    return [dict(each) for held in answer["Reservations"] for each in held["Instances"]]


def test_hosts_of_a_cluster_are_in_one_group_of_the_fleets_own_and_down_takes_it_away(rig: Rig) -> None:
    up(rig, CLUSTER, request(2))
    up(rig, CLUSTER, request(3))
    (group,) = groups(rig)
    assert (group["GroupName"], group["Strategy"]) == (NAME, "cluster")
    assert {tag["Key"]: tag["Value"] for tag in group["Tags"]}["orchestrate:owner"] == "me"
    assert [each["Placement"]["GroupName"] for each in instances(rig)] == [NAME] * 3
    assert ("placement-group", NAME) in rig.intended
    provider = rig.provider(CLUSTER)
    assert "placement-group" in {each.kind for each in provider.resources("t")}
    assert ("t", "me") in provider.fleets()
    lines = provider.release("t", ReleaseAction.TERMINATE)
    (line,) = [each for each in lines if each.resource.kind == "placement-group"]
    assert line.gone
    assert line.proof == f"ec2 DescribePlacementGroups {group['GroupId']}: not found"
    assert rig.cloud.resource_ids() == ()


@pytest.mark.parametrize(
    "settings",
    [replace(CLUSTER, cluster=False), replace(CLUSTER, placement_group="none")],
    ids=["no cluster", "none"],
)
def test_no_group_is_made_where_none_is_wanted(rig: Rig, settings: AwsSettings) -> None:
    up(rig, settings, request(2))
    assert groups(rig) == []


def test_a_group_that_is_there_is_used_and_left(rig: Rig) -> None:
    Aws(rig.cloud.admin_url).ec2("us-east-1").create_placement_group(GroupName="lab", Strategy="cluster")
    up(rig, replace(CLUSTER, placement_group="lab"), request(2))
    assert [each["Placement"]["GroupName"] for each in instances(rig)] == ["lab"] * 2
    rig.provider(CLUSTER).release("t", ReleaseAction.TERMINATE)
    assert [each["GroupName"] for each in groups(rig)] == ["lab"]


def test_a_group_that_is_not_there_is_named_before_anything_is_launched(rig: Rig) -> None:
    with pytest.raises(InputRefusedError, match="us-east-1 has no placement group lab"):
        up(rig, replace(CLUSTER, placement_group="lab"), request(2))
    assert instances(rig) == []


def test_a_name_that_somebody_else_has_is_not_taken(rig: Rig) -> None:
    Aws(rig.cloud.admin_url).ec2("us-east-1").create_placement_group(GroupName=NAME, Strategy="spread")
    with pytest.raises(ProviderError, match="is taken in us-east-1 by a placement group"):
        up(rig, CLUSTER, request(2))


def test_a_type_that_can_be_in_none_is_launched_outside_and_not_offered_into_a_named_one() -> None:
    assert group_name(CLUSTER, "t3.large", NAME) == ""
    offer = Offer(
        provider="aws",
        description="t3.large in us-east-1a, on demand",
        available=True,
        reason="",
        price_usd_per_hour=0.0832,
        key="us-east-1/us-east-1a/t3.large/on-demand",
    )
    assert with_group(CLUSTER, (offer,)) == (offer,)
    (first,) = with_group(replace(CLUSTER, placement_group="lab"), (offer,))
    assert first.reason == "t3.large can be in no cluster placement group: leave `placement_group:` out"


def test_no_room_in_the_group_is_said_with_what_may_have_room(rig: Rig) -> None:
    settings = replace(CLUSTER, zones=("us-east-1a",))
    full = Fault(action="RunInstances", code="InsufficientInstanceCapacity", status=500)
    rig.cloud.inject(full)
    with pytest.raises(CapacityError) as caught:
        up(rig, settings, request(2))
    assert "no capacity in one placement group (InsufficientInstanceCapacity)" in caught.value.cause
    assert "placement_group: none under `aws:`" in caught.value.hint
    rig.cloud.clear_faults()
    rig.cloud.inject(replace(full, when=(("Placement.GroupName", ""),)))
    up(rig, replace(settings, placement_group="none"), request(2))


def test_hosts_that_come_later_are_in_the_zone_of_the_first(rig: Rig) -> None:
    up(rig, replace(CLUSTER, zones=("us-east-1b",)), request(1))
    anywhere = replace(CLUSTER, zones=("us-east-1a", "us-east-1b"), placement_group="none")
    up(rig, anywhere, request(2))
    assert {each["Placement"]["AvailabilityZone"] for each in instances(rig)} == {"us-east-1b"}
    full = Fault(
        action="RunInstances",
        code="InsufficientInstanceCapacity",
        status=500,
        when=(("Placement.AvailabilityZone", "us-east-1b"),),
    )
    rig.cloud.inject(full)
    with pytest.raises(CapacityError) as caught:
        up(rig, anywhere, request(3))
    assert "us-east-1a: the cluster's other hosts are in us-east-1b" in caught.value.cause
    assert "may take another zone for all" in caught.value.hint


def test_hosts_of_two_distributions_are_in_one_zone(rig: Rig) -> None:
    asked = request(2)
    other = HostRequest(name="t-2", distribution="debian-13")
    asked = replace(asked, hosts=(asked.hosts[0], other))
    full = Fault(action="RunInstances", code="InsufficientInstanceCapacity", status=500, times=1)
    rig.cloud.inject(full)
    up(rig, CLUSTER, asked)
    assert len({each["Placement"]["AvailabilityZone"] for each in instances(rig)}) == 1


def test_hosts_of_a_cluster_reach_each_other(rig: Rig) -> None:
    up(rig, CLUSTER, request(2))
    found = Aws(rig.cloud.admin_url).ec2("us-east-1").describe_security_groups()["SecurityGroups"]
    (group,) = [each for each in found if each.get("GroupName") == NAME]
    pairs = [pair for rule in group.get("IpPermissions", []) for pair in rule.get("UserIdGroupPairs", [])]
    assert [pair.get("GroupId") for pair in pairs] == [group.get("GroupId")]


def test_a_plan_says_group_and_adapter(rig: Rig) -> None:
    asked = replace(request(2), offers=rig.provider(CLUSTER).offers(request(2)))
    lines = rig.provider(CLUSTER).makes(asked)
    expected = (
        f"placement group {NAME} (cluster): the hosts are near each other, in one zone, without EFA, which g4dn.8xlarge has:"
        " `efa: true` under `aws:`"
    )
    assert expected in lines
    with_efa = rig.provider(replace(CLUSTER, efa=True)).makes(asked)
    assert (
        f"placement group {NAME} (cluster): the hosts are near each other, in one zone, with EFA" in with_efa
    )
