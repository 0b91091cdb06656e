"""An Elastic Fabric Adapter for each host: which types have one, what is asked of EC2, what is left behind."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from orchestrator.models import Offer
from orchestrator.providers.aws.clients import Aws
from orchestrator.providers.aws.efa import cards, with_efa
from orchestrator.providers.aws.launch.request import parameters
from orchestrator.providers.aws.policy import policy
from orchestrator.providers.base import ReleaseAction
from orchestrator.providers.settings import AwsSettings
from orchestrator.rehearsal import Cloud
from tests.unit.providers.aws.launch.orders import order
from tests.unit.providers.aws.rig import Rig, request

pytestmark = pytest.mark.served

EFA = AwsSettings(efa=True, instance_types=("g4dn.8xlarge",), zones=("us-east-1a",))


@pytest.fixture
def rig() -> Iterator[Rig]:
    with Cloud(settle_s=0) as cloud:
        yield Rig(cloud=cloud)


def group(rig: Rig) -> dict[str, Any]:
    """The fleet's security group, as EC2 shows it."""
    found = Aws(rig.cloud.admin_url).ec2("us-east-1").describe_security_groups()["SecurityGroups"]
    return next(dict(each) for each in found if each.get("GroupName", "").startswith("orchestrate-"))


def to_itself(permissions: list[dict[str, Any]], group_id: str) -> int:
    """How many rules for all traffic with the group itself there are."""
    pairs = [pair for each in permissions if each["IpProtocol"] == "-1" for pair in each["UserIdGroupPairs"]]
    return sum(pair["GroupId"] == group_id for pair in pairs)


@pytest.mark.parametrize(
    ("instance_type", "expected"),
    [("g4dn.xlarge", 0), ("g4dn.8xlarge", 1), ("p4d.24xlarge", 4), ("p5.48xlarge", 32), ("x9.huge", 0)],
)
def test_a_type_has_as_many_as_ec2_says(instance_type: str, expected: int) -> None:
    assert cards(instance_type) == expected


def test_a_type_without_one_is_refused_with_those_of_its_family_that_have_it(rig: Rig) -> None:
    settings = replace(EFA, instance_types=("g4dn.xlarge", "g4dn.8xlarge"))
    small, large = rig.provider(settings).offers(request())
    assert small.reason == (
        "g4dn.xlarge has no EFA: g4dn.8xlarge, g4dn.12xlarge, g4dn.16xlarge, g4dn.metal have it; or leave `efa:` out"
    )
    assert (small.available, large.available) == (False, True)
    assert large.description.endswith(", EFA")


def test_a_type_with_several_network_cards_says_that_one_is_used() -> None:
    offer = Offer(
        provider="aws",
        description="p5.48xlarge in us-east-1a, on demand",
        available=True,
        reason="",
        price_usd_per_hour=55.04,
        key="us-east-1/us-east-1a/p5.48xlarge/on-demand",
    )
    (judged,) = with_efa(EFA, (offer,))
    assert judged.description == "p5.48xlarge in us-east-1a, on demand, EFA on 1 of 32 network cards"
    assert with_efa(AwsSettings(), (offer,)) == (offer,)


def test_the_one_interface_is_asked_for_as_an_adapter_with_its_public_address() -> None:
    (interface,) = parameters(order(settings=EFA))["NetworkInterfaces"]
    assert (interface.get("InterfaceType"), interface.get("AssociatePublicIpAddress")) == ("efa", True)
    (ordinary,) = parameters(order(settings=AwsSettings()))["NetworkInterfaces"]
    assert "InterfaceType" not in ordinary


def test_hosts_may_reach_each_other_once_and_everything_goes_with_down(rig: Rig) -> None:
    asked = replace(request(2), offers=rig.provider(EFA).offers(request(2)))
    rig.provider(EFA).launch(asked, rig.intend)
    rig.provider(EFA).launch(asked, rig.intend)
    found = group(rig)
    assert to_itself(found["IpPermissions"], found["GroupId"]) == 1
    assert to_itself(found["IpPermissionsEgress"], found["GroupId"]) == 1
    rig.provider(EFA).release("t", ReleaseAction.TERMINATE)
    assert rig.cloud.resource_ids() == ()


def test_an_ordinary_fleet_gets_no_such_rule(rig: Rig) -> None:
    settings = replace(EFA, efa=False)
    rig.provider(settings).launch(
        replace(request(), offers=rig.provider(settings).offers(request())), rig.intend
    )
    found = group(rig)
    assert to_itself(found["IpPermissions"], found["GroupId"]) == 0


def test_the_policy_has_the_rule_of_the_way_out_only_where_it_is_needed() -> None:
    assert "AuthorizeSecurityGroupEgress" in json.dumps(policy(EFA))
    assert "AuthorizeSecurityGroupEgress" not in json.dumps(policy(AwsSettings()))
