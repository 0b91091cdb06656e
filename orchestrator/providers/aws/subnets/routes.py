"""Which zones have a subnet that hosts can be launched in, and whether a route leads there from the internet. Changes nothing."""

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from orchestrator.errors import NotAuthorizedError, ProviderError
from orchestrator.models import Offer
from orchestrator.providers.aws.clients import Aws, aws_errors
from orchestrator.providers.aws.placement import Placement, placement_of
from orchestrator.providers.settings import AwsSettings
from orchestrator.waiting import for_each

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import FilterTypeDef, RouteTableTypeDef, SubnetTypeDef


def with_subnets(aws: Aws, settings: AwsSettings, offers: tuple[Offer, ...]) -> tuple[Offer, ...]:
    """The offers, where those in zones without a subnet, or with one that nobody reaches, are not available and say why.

    Asks nothing where the network is the fleet's own: that has what is needed. Of the account's default network only the subnets
    are asked for: its routes are as EC2 made them unless somebody removed one, which `missing_route` sees.

    Raises:
        ProviderError: AWS refused.
    """
    if not settings.subnets and settings.vpc == "own":
        return offers
    places = {offer.key: placement_of(offer.key) for offer in offers if offer.available}
    regions = tuple(dict.fromkeys(each.region for each in places.values() if each is not None))

    def reasons_in(region: str) -> dict[str, str] | None:
        try:
            return _reasons(aws, settings, region)
        except NotAuthorizedError:
            if not _is_default(settings):
                raise
            return None  # the launch sees it

    reasons = dict(zip(regions, for_each(regions, reasons_in), strict=True))

    def judged(offer: Offer) -> Offer:
        place = places.get(offer.key)
        known = reasons[place.region] if place is not None else None
        if not offer.available or place is None or known is None:
            return offer
        why = known.get(place.zone, _missing(settings, place))
        return replace(offer, available=False, reason=why) if why else offer

    return tuple(judged(offer) for offer in offers)


def missing_route(aws: Aws, region: str, instance_id: str) -> str:
    """Why nobody reaches the public address of an instance; empty where a route leads there, or where that may not be asked."""
    with suppress(ProviderError):
        with aws_errors(f"a look at {instance_id} in {region}"):
            described = aws.ec2(region).describe_instances(InstanceIds=[instance_id])["Reservations"]
        subnets = [each.get("SubnetId", "") for held in described for each in held.get("Instances", [])]
        with aws_errors(f"a look at the subnets in {region}"):
            found = aws.ec2(region).describe_subnets(SubnetIds=subnets)["Subnets"]
        tables = _tables(aws, region, [each.get("VpcId", "") for each in found])
        return "; ".join(_closed(each) for each in found if not _is_public(each, tables))
    return ""


def _is_default(settings: AwsSettings) -> bool:
    return not settings.subnets and settings.vpc == "default"


def _missing(settings: AwsSettings, place: Placement) -> str:
    """Of a zone without a subnet."""
    if not _is_default(settings):
        return f"there is no subnet of `{'subnets' if settings.subnets else 'vpc'}:` in that zone"
    return (
        f"the zone has no default subnet: aws ec2 create-default-subnet --region {place.region} --availability-zone {place.zone};"
        " or `vpc: own` or `subnets:` under `aws:`"
    )


def _reasons(aws: Aws, settings: AwsSettings, region: str) -> dict[str, str]:
    """By zone that has a subnet: why no host could be reached there; empty where nothing is against it."""
    named: FilterTypeDef = {"Name": "subnet-id", "Values": list(settings.subnets)}
    of_vpc: FilterTypeDef = {"Name": "vpc-id", "Values": [settings.vpc]}
    if _is_default(settings):
        of_vpc = {"Name": "default-for-az", "Values": ["true"]}
    with aws_errors(f"a look at the subnets in {region}"):
        pages = aws.ec2(region).get_paginator("describe_subnets")
        found = [
            each
            for page in pages.paginate(Filters=[named if settings.subnets else of_vpc])
            for each in page["Subnets"]
        ]
    chosen = _by_zone(found, settings)
    if settings.private or not chosen or _is_default(settings):
        return dict.fromkeys(chosen, "")
    tables = _tables(aws, region, [each.get("VpcId", "") for each in chosen.values()])
    return {zone: "" if _is_public(each, tables) else _closed(each) for zone, each in chosen.items()}


def _tables(aws: Aws, region: str, vpcs: list[str]) -> "list[RouteTableTypeDef]":
    with aws_errors(f"a look at the route tables in {region}"):
        return aws.ec2(region).describe_route_tables(
            Filters=[{"Name": "vpc-id", "Values": sorted(set(vpcs))}]
        )["RouteTables"]


def _by_zone(found: "list[SubnetTypeDef]", settings: AwsSettings) -> "dict[str, SubnetTypeDef]":
    """The subnet that a launch takes in each zone: see `network.vpc`."""
    order = {id_: index for index, id_ in enumerate(settings.subnets)}
    found = sorted(
        found,
        key=lambda each: (
            order.get(each.get("SubnetId", ""), 0),
            not each.get("DefaultForAz"),
            each.get("SubnetId", ""),
        ),
    )
    by_zone: dict[str, SubnetTypeDef] = {}
    for each in found:
        by_zone.setdefault(each.get("AvailabilityZone", ""), each)
    return by_zone


def _is_public(subnet: "SubnetTypeDef", tables: "list[RouteTableTypeDef]") -> bool:
    """Whether its route table, or its VPC's main one, leads anywhere through an internet gateway."""
    own = [each for each in tables if subnet.get("SubnetId") in _associated(each)]
    main = [
        each
        for each in tables
        if each.get("VpcId") == subnet.get("VpcId")
        and any(tie.get("Main") for tie in each.get("Associations", []))
    ]
    return any(
        route.get("GatewayId", "").startswith("igw-") and route.get("State") != "blackhole"
        for table in own or main
        for route in table.get("Routes", [])
    )


def _associated(table: "RouteTableTypeDef") -> set[str]:
    return {tie.get("SubnetId", "") for tie in table.get("Associations", [])} - {""}


def _closed(subnet: "SubnetTypeDef") -> str:
    return (
        f"{subnet.get('SubnetId', '')} has no route to an internet gateway, so a public address would not be reached:"
        " another under `subnets:`, or `private: true` with a VPN"
    )
