"""A plan offers zones where hosts can be launched and reached, and says of the others why not."""

import pytest

from orchestrator.providers.aws.clients import Aws
from orchestrator.providers.settings import AwsSettings
from orchestrator.rehearsal import Cloud
from tests.unit.providers.aws.rig import Rig, request

pytestmark = pytest.mark.served


def network(cloud: Cloud, *, routed: bool) -> tuple[str, str]:
    """A VPC with one subnet, in us-east-1b, with or without a way to the internet."""
    ec2 = Aws(cloud.admin_url).ec2("us-east-1")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"].get("VpcId", "")
    made = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.0.0/20", AvailabilityZone="us-east-1b")
    subnet = made["Subnet"].get("SubnetId", "")
    if routed:
        gateway = ec2.create_internet_gateway()["InternetGateway"].get("InternetGatewayId", "")
        ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        table = ec2.create_route_table(VpcId=vpc)["RouteTable"].get("RouteTableId", "")
        ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
        ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    return vpc, subnet


def offered(rig: Rig, settings: AwsSettings) -> tuple[list[str], set[str]]:
    """The zones that can be had, and why the others cannot."""
    found = rig.provider(settings).offers(request())
    return (
        [each.key.split("/")[1] for each in found if each.available],
        {each.reason for each in found if not each.available},
    )


def test_a_subnet_without_a_route_to_the_internet_is_refused_by_the_plan(rig: Rig, cloud: Cloud) -> None:
    vpc, subnet = network(cloud, routed=False)
    for settings in (AwsSettings(subnets=(subnet,)), AwsSettings(vpc=vpc)):
        zones, reasons = offered(rig, settings)
        assert zones == []
        assert any(f"{subnet} has no route to an internet gateway" in reason for reason in reasons)


def test_only_zones_with_a_subnet_are_offered(rig: Rig, cloud: Cloud) -> None:
    vpc, subnet = network(cloud, routed=True)
    assert offered(rig, AwsSettings(subnets=(subnet,)))[0] == ["us-east-1b"]
    zones, reasons = offered(rig, AwsSettings(vpc=vpc))
    assert (zones, reasons) == (["us-east-1b"], {"there is no subnet of `vpc:` in that zone"})


def test_private_hosts_need_a_subnet_and_no_route(rig: Rig, cloud: Cloud) -> None:
    vpc, _ = network(cloud, routed=False)
    assert offered(rig, AwsSettings(vpc=vpc, private=True))[0] == ["us-east-1b"]
