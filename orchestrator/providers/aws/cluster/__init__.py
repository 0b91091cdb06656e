"""Hosts that work together: one zone, one placement group, ports open among themselves."""

from collections.abc import Iterable

from orchestrator.providers.aws.cluster.placement_group import (
    APART,
    ensure_placement_group,
    group_name,
    in_group,
    planned_group,
    with_group,
)
from orchestrator.providers.aws.fleet_instances import FleetInstance
from orchestrator.providers.aws.placement import placement_of
from orchestrator.providers.settings import AwsSettings

__all__ = [
    "APART",
    "ensure_placement_group",
    "group_name",
    "in_group",
    "planned_group",
    "with_group",
    "zone_of",
]


def zone_of(settings: AwsSettings, hosts: Iterable[FleetInstance]) -> str:
    """The zone that a cluster's hosts are in already; empty where it has none, and for hosts that are no cluster.

    Between zones each byte costs money and takes a millisecond, and a placement group holds hosts of one zone alone.
    """
    if not settings.cluster:
        return ""
    places = (placement_of(seen.key) for seen in hosts)
    return next((each.zone for each in places if each is not None and each.zone), "")
