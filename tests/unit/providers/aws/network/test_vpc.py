"""The network that hosts are put into."""

from dataclasses import replace

import pytest

from orchestrator.errors import InputRefusedError, ProviderError
from orchestrator.providers.aws.release import resources, terminate
from orchestrator.providers.settings import AwsSettings
from orchestrator.rehearsal import Fault
from tests.unit.providers.aws.network.accounts import OWNER, REGION, Account, account, launch, request

pytestmark = pytest.mark.served

OWN = AwsSettings(vpc="own")
PARTS = ["internet-gateway", "route-table", "subnet", "subnet", "vpc"]


def parts(there: Account) -> list[str]:
    found = resources(there.aws, there.settings, "train", OWNER)
    return sorted(each.kind for each in found if each.kind not in {"security-group", "key-pair"})


def test_an_own_network_has_a_subnet_for_each_zone_and_a_way_out() -> None:
    with account(OWN) as there:
        prerequisites = there.prerequisites()
        assert sorted(prerequisites.subnets) == ["us-east-1a", "us-east-1b"]
        assert parts(there) == PARTS
        ec2 = there.admin.ec2(REGION)
        table = ec2.describe_route_tables(Filters=[{"Name": "tag:orchestrate:fleet", "Values": ["train"]}])
        assert "igw-" in str(table["RouteTables"][0].get("Routes"))
        tied = {each.get("SubnetId") for each in table["RouteTables"][0].get("Associations", [])}
        assert tied >= set(prerequisites.subnets.values())
        kinds = [kind for kind, _name in there.intended]
        assert kinds == [
            "vpc",
            "internet-gateway",
            "route-table",
            "subnet",
            "subnet",
            "security-group",
            "key-pair",
        ]


def test_the_second_time_it_is_the_same_network() -> None:
    with account(OWN) as there:
        first = there.prerequisites()
        there.cloud.clear_calls()
        assert there.prerequisites() == first
        assert [
            each for each in there.called() if each.startswith(("CreateV", "CreateSub", "CreateI", "CreateR"))
        ] == []


@pytest.mark.parametrize(
    "call",
    [
        "CreateInternetGateway",
        "AttachInternetGateway",
        "CreateRouteTable",
        "CreateRoute",
        "CreateSubnet",
        "AssociateRouteTable",
        "CreateSecurityGroup",
    ],
)
def test_a_network_that_was_left_half_made_is_finished(call: str) -> None:
    with account(OWN) as there:
        there.cloud.inject(Fault(action=call, code="UnauthorizedOperation", times=1))
        with pytest.raises(ProviderError):
            there.prerequisites()
        there.prerequisites()
        assert parts(there) == PARTS


def test_it_is_taken_down_in_order_with_a_host_in_it() -> None:
    with account(OWN) as there:
        launch(there, there.prerequisites(), request(hosts=2))
        lines = terminate(there.aws, there.settings, "train", OWNER)
        assert [line for line in lines if not line.gone] == []
        assert {line.resource.kind for line in lines} >= {"vpc", "subnet", "internet-gateway", "route-table"}
        assert resources(there.aws, there.settings, "train", OWNER) == ()


def test_a_vpc_that_exists_lends_its_subnets_by_zone() -> None:
    with account() as there:
        vpc = there.admin.ec2(REGION).describe_vpcs()["Vpcs"][0].get("VpcId", "")
        there.settings = replace(there.settings, vpc=vpc)
        prerequisites = there.prerequisites()
        assert prerequisites.vpc_id == vpc
        assert prerequisites.subnets["us-east-1a"].startswith("subnet-")


def test_given_subnets_are_taken_and_their_vpc_has_the_group() -> None:
    with account() as there:
        subnet = there.admin.ec2(REGION).describe_subnets()["Subnets"][0]
        there.settings = replace(there.settings, subnets=(subnet.get("SubnetId", ""),))
        prerequisites = there.prerequisites()
        assert prerequisites.vpc_id == subnet.get("VpcId")
        assert prerequisites.subnets == {subnet.get("AvailabilityZone"): subnet.get("SubnetId")}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (AwsSettings(subnets=("subnet-0abc",)), "the subnets subnet-0abc do not exist in us-east-1"),
        (AwsSettings(vpc="vpc-0abc"), "there is no vpc-0abc with subnets in us-east-1"),
    ],
)
def test_a_network_that_is_not_there_is_named(settings: AwsSettings, said: str) -> None:
    with account(settings) as there, pytest.raises(InputRefusedError, match=said):
        there.prerequisites()
