"""Which zones have a subnet of those that the fleet file names, and whether a route leads there from the internet. Changes nothing."""

from dataclasses import replace
from typing import TYPE_CHECKING

from orchestrator.models import Offer
from orchestrator.providers.aws.cloud import Aws, asked
from orchestrator.providers.aws.placement import placement_of
from orchestrator.providers.settings import AwsSettings
from orchestrator.waiting import for_each

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import FilterTypeDef, RouteTableTypeDef, SubnetTypeDef


def with_subnets(aws: Aws, settings: AwsSettings, offers: tuple[Offer, ...]) -> tuple[Offer, ...]:
    """The offers, where those in zones without a subnet, or with one that nobody reaches, are not available and say why.

    Asks nothing where the network is the account's default or the fleet's own: those have what is needed.

    Raises:
        ProviderError: AWS refused.
    """
    if not settings.subnets and not settings.vpc.startswith("vpc-"):
        return offers
    places = {offer.key: placement_of(offer.key) for offer in offers if offer.available}
    regions = tuple(dict.fromkeys(each.region for each in places.values() if each is not None))
    reasons = dict(
        zip(regions, for_each(regions, lambda region: _reasons(aws, settings, region)), strict=True)
    )

    def judged(offer: Offer) -> Offer:
        place = places.get(offer.key)
        if not offer.available or place is None:
            return offer
        where = f"`{'subnets' if settings.subnets else 'vpc'}:`"
        why = reasons[place.region].get(place.zone, f"there is no subnet of {where} in that zone")
        return replace(offer, available=False, reason=why) if why else offer

    return tuple(judged(offer) for offer in offers)


def _reasons(aws: Aws, settings: AwsSettings, region: str) -> dict[str, str]:
    """By zone that has a subnet: why no host could be reached there; empty where nothing is against it."""
    named: FilterTypeDef = {"Name": "subnet-id", "Values": list(settings.subnets)}
    of_vpc: FilterTypeDef = {"Name": "vpc-id", "Values": [settings.vpc]}
    with asked(f"a look at the subnets in {region}"):
        pages = aws.ec2(region).get_paginator("describe_subnets")
        found = [
            each
            for page in pages.paginate(Filters=[named if settings.subnets else of_vpc])
            for each in page["Subnets"]
        ]
    chosen = _by_zone(found, settings)
    if settings.private or not chosen:
        return dict.fromkeys(chosen, "")
    vpcs = sorted({each.get("VpcId", "") for each in chosen.values()})
    with asked(f"a look at the route tables in {region}"):
        tables = aws.ec2(region).describe_route_tables(Filters=[{"Name": "vpc-id", "Values": vpcs}])[
            "RouteTables"
        ]
    return {zone: "" if _is_public(each, tables) else _closed(each) for zone, each in chosen.items()}


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
