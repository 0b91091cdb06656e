"""The network that hosts are put into: the default VPC, one that exists, given subnets, or one made for the fleet.

What is made for a fleet is looked up by its tags first, so a call that was killed anywhere is finished by the next one. What
exists already is never changed.
"""

from collections.abc import Callable, Iterable
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from orchestrator.errors import InputRefusedError
from orchestrator.providers.aws.clients import aws_errors
from orchestrator.providers.aws.network.context import NetworkContext, call_until_consistent
from orchestrator.providers.settings import AwsSettings

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import FilterTypeDef, SubnetTypeDef

OWN_CIDR = IPv4Network("10.79.0.0/16")
"""Of a fleet's own VPC: nothing is connected to it, so any private range does. A /20 for each zone holds 4091 hosts."""
_SUBNET_PREFIX = 20
_WORLD = "0.0.0.0/0"


def network_of(
    context: NetworkContext, settings: AwsSettings, zones: Iterable[str]
) -> tuple[str, dict[str, str]]:
    """(VPC, subnet by zone) in the region; both empty for the default VPC, where EC2 chooses and nothing is asked.

    Args:
        context: which fleet, and where.
        settings: say which network.
        zones: where hosts may be launched. Only an own VPC needs to know.

    Raises:
        InputRefusedError: the VPC or subnets are not in the region, or do not fit together.
        ProviderError: AWS refused.
    """
    if settings.subnets:
        return _given(context, settings)
    if settings.vpc == "own":
        return _own(context, tuple(dict.fromkeys(zones)))
    if settings.vpc == "default":
        return "", {}
    found = _subnets(context, [{"Name": "vpc-id", "Values": [settings.vpc]}])
    if not found:
        raise InputRefusedError(
            f"there is no {settings.vpc} with subnets in {context.region}",
            f"aws ec2 describe-subnets --region {context.region} shows what there is",
        )
    return settings.vpc, _first_by_zone(found)


def _given(context: NetworkContext, settings: AwsSettings) -> tuple[str, dict[str, str]]:
    found = _subnets(context, [{"Name": "subnet-id", "Values": list(settings.subnets)}])
    vpcs = sorted({each.get("VpcId", "") for each in found})
    if len(vpcs) != 1:
        said = f"are in {' and '.join(vpcs)}" if vpcs else "do not exist"
        raise InputRefusedError(
            f"the subnets {', '.join(settings.subnets)} {said} in {context.region}",
            "subnets of one VPC in each region, under `subnets:`",
        )
    if settings.vpc.startswith("vpc-") and settings.vpc != vpcs[0]:
        raise InputRefusedError(
            f"the subnets {', '.join(settings.subnets)} are in {vpcs[0]}, not in {settings.vpc}",
            f"vpc: {vpcs[0]} under `aws:`, or leave it out",
        )
    found.sort(key=lambda each: settings.subnets.index(each.get("SubnetId", "")))
    by_zone: dict[str, str] = {}
    for each in found:
        by_zone.setdefault(each.get("AvailabilityZone", ""), each.get("SubnetId", ""))
    return vpcs[0], by_zone


def _first_by_zone(subnets: "list[SubnetTypeDef]") -> dict[str, str]:
    """The default subnet of each zone, else the first by its id."""
    by_zone: dict[str, str] = {}
    for each in sorted(subnets, key=lambda each: (not each.get("DefaultForAz"), each.get("SubnetId", ""))):
        by_zone.setdefault(each.get("AvailabilityZone", ""), each.get("SubnetId", ""))
    return by_zone


def _subnets(context: NetworkContext, filters: "list[FilterTypeDef]") -> "list[SubnetTypeDef]":
    with aws_errors(f"a look at the subnets in {context.region}"):
        pages = context.ec2.get_paginator("describe_subnets").paginate(Filters=filters)
        return [each for page in pages for each in page["Subnets"]]


def _own(context: NetworkContext, zones: tuple[str, ...]) -> tuple[str, dict[str, str]]:
    if not zones:
        raise InputRefusedError(
            f"no zone of {context.region} is known to make a subnet in",
            "`orchestrate plan` shows the offers; or name `zones:` under `aws:`",
        )
    vpc = _the_vpc(context)
    gateway = _the_gateway(context, vpc)
    table = _the_route_table(context, vpc, gateway)
    there = _subnets(context, [*context.filters, {"Name": "vpc-id", "Values": [vpc]}])
    by_zone = _first_by_zone(there)
    taken = {each.get("CidrBlock", "") for each in there}
    free = (each for each in map(str, OWN_CIDR.subnets(new_prefix=_SUBNET_PREFIX)) if each not in taken)
    routed = _routed(context, table)
    for zone in zones:
        if zone not in by_zone:
            by_zone[zone] = _make_subnet(context, vpc, zone, next(free))
        if by_zone[zone] not in routed:
            _associate(context, table, by_zone[zone])
    return vpc, by_zone


def _the_vpc(context: NetworkContext) -> str:
    with aws_errors(f"a look at the VPCs in {context.region}"):
        there = context.ec2.describe_vpcs(Filters=context.filters)["Vpcs"]
    if there:
        return min(each.get("VpcId", "") for each in there)
    context.intend("vpc", context.name)
    with aws_errors(f"a VPC in {context.region}"):
        # Once: a lost answer that is asked for again makes a second one.
        made = context.aws.launcher(context.region).create_vpc(
            CidrBlock=str(OWN_CIDR), TagSpecifications=context.marks("vpc")
        )
    return made["Vpc"].get("VpcId", "")


def _the_gateway(context: NetworkContext, vpc: str) -> str:
    with aws_errors(f"a look at the internet gateways in {context.region}"):
        there = context.ec2.describe_internet_gateways(Filters=context.filters)["InternetGateways"]
    if there:
        found = min(there, key=lambda each: each.get("InternetGatewayId", ""))
    else:
        context.intend("internet-gateway", context.name)
        with aws_errors(f"an internet gateway in {context.region}"):
            found = context.aws.launcher(context.region).create_internet_gateway(
                TagSpecifications=context.marks("internet-gateway")
            )["InternetGateway"]
    id_ = found.get("InternetGatewayId", "")
    if vpc not in {each.get("VpcId") for each in found.get("Attachments", [])}:
        _once_known(
            f"to attach {id_} to {vpc}",
            lambda: context.ec2.attach_internet_gateway(InternetGatewayId=id_, VpcId=vpc),
        )
    return id_


def _the_route_table(context: NetworkContext, vpc: str, gateway: str) -> str:
    filters: list[FilterTypeDef] = [*context.filters, {"Name": "vpc-id", "Values": [vpc]}]
    with aws_errors(f"a look at the route tables in {context.region}"):
        there = context.ec2.describe_route_tables(Filters=filters)["RouteTables"]
    if there:
        found = min(there, key=lambda each: each.get("RouteTableId", ""))
    else:
        context.intend("route-table", context.name)
        with aws_errors(f"a route table in {context.region}"):
            found = context.aws.launcher(context.region).create_route_table(
                VpcId=vpc, TagSpecifications=context.marks("route-table")
            )["RouteTable"]
    id_ = found.get("RouteTableId", "")
    if _WORLD not in {each.get("DestinationCidrBlock") for each in found.get("Routes", [])}:
        _once_known(
            f"a route from {id_} to {gateway}",
            lambda: context.ec2.create_route(
                RouteTableId=id_, DestinationCidrBlock=_WORLD, GatewayId=gateway
            ),
        )
    return id_


def _routed(context: NetworkContext, table: str) -> frozenset[str]:
    with aws_errors(f"a look at {table} in {context.region}"):
        tables = context.ec2.describe_route_tables(Filters=[{"Name": "route-table-id", "Values": [table]}])[
            "RouteTables"
        ]
    return frozenset(each.get("SubnetId", "") for found in tables for each in found.get("Associations", []))


def _make_subnet(context: NetworkContext, vpc: str, zone: str, cidr: str) -> str:
    context.intend("subnet", f"{context.name} in {zone}")
    with aws_errors(f"a subnet in {zone}"):
        made = context.ec2.create_subnet(
            VpcId=vpc,
            AvailabilityZone=zone,
            CidrBlock=cidr,
            TagSpecifications=context.marks("subnet"),
        )
    return made["Subnet"].get("SubnetId", "")


def _associate(context: NetworkContext, table: str, subnet: str) -> None:
    _once_known(
        f"to route {subnet} by {table}",
        lambda: context.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet),
    )


def _once_known(what: str, call: Callable[[], object]) -> None:
    """Make a call about things that were made a moment ago."""

    def attempt() -> None:
        with aws_errors(what):
            call()

    call_until_consistent(what, attempt, *_UNKNOWN_YET)


_UNKNOWN_YET = (
    "InvalidVpcID.NotFound",
    "InvalidVpcId.NotFound",
    "InvalidInternetGatewayID.NotFound",
    "InvalidInternetGatewayId.NotFound",
    "InvalidRouteTableID.NotFound",
    "InvalidRouteTableId.NotFound",
    "InvalidSubnetID.NotFound",
    "InvalidGatewayID.NotFound",
)
"""EC2 spells them both ways."""
