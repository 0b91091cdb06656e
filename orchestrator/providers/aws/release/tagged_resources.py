"""The resources of a fleet in a region, found by their tags, kind by kind. Changes nothing.

EC2's index of tags says of which kinds there may be something; it also remembers what is gone, so each kind is described too.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orchestrator.providers.aws import tags
from orchestrator.providers.aws.clients import Aws, aws_errors
from orchestrator.providers.aws.release import resource_types
from orchestrator.providers.aws.release.resource_types import DESCRIBERS, TaggedResource

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import FilterTypeDef

_PREFIXES = {
    "i": resource_types.INSTANCE,
    "vol": resource_types.VOLUME,
    "eni": resource_types.INTERFACE,
    "sir": resource_types.SPOT_REQUEST,
    "eipalloc": resource_types.ADDRESS,
    "sg": resource_types.GROUP,
    "key": resource_types.KEY_PAIR,
    "pg": resource_types.PLACEMENT_GROUP,
    "igw": resource_types.GATEWAY,
    "subnet": resource_types.SUBNET,
    "rtb": resource_types.ROUTE_TABLE,
    "vpc": resource_types.VPC,
}
"""What an id is, by its beginning. Images and snapshots are not here: what was baked outlives the fleet."""

_OVER = frozenset({"terminated", "deleted", "closed", "cancelled", "failed"})
"""States of what is only remembered."""
_PAGE = 1000
"""The most rows that DescribeTags gives at once."""


@dataclass(frozen=True, slots=True)
class TaggedIds:
    """Ids by kind, as the index of tags has them; some may be of things that are gone."""

    ids: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __contains__(self, kind: str) -> bool:
        return kind in self.ids

    def of(self, kind: str) -> tuple[str, ...]:
        """The ids of a kind."""
        return self.ids.get(kind, ())


def tagged_ids(aws: Aws, region: str, fleet: str = "", owner: str = "") -> TaggedIds:
    """What carries the tags of a fleet and its owner; without a fleet, what carries those of any.

    Raises:
        ProviderError: AWS refused.
    """
    wanted: list[FilterTypeDef] = [{"Name": "key", "Values": [tags.FLEET]}]
    if fleet:
        # One row for each tag: both rows have to be there, whatever else these filters let through.
        wanted = [
            {"Name": "key", "Values": [tags.FLEET, tags.OWNER]},
            {"Name": "value", "Values": [fleet, owner]},
        ]
    rows: dict[str, dict[str, str]] = {}
    with aws_errors(f"a look at the tags in {region}"):
        pages = aws.ec2(region).get_paginator("describe_tags")
        for page in pages.paginate(Filters=wanted, PaginationConfig={"PageSize": _PAGE}):
            for row in page["Tags"]:
                rows.setdefault(row.get("ResourceId", ""), {})[row.get("Key", "")] = row.get("Value", "")
    ids: dict[str, tuple[str, ...]] = {}
    for id_, marks in sorted(rows.items()):
        kind = kind_of(id_)
        ours = not fleet or (marks.get(tags.FLEET) == fleet and marks.get(tags.OWNER) == owner)
        if kind and ours:
            ids[kind] = (*ids.get(kind, ()), id_)
    return TaggedIds(ids)


def kind_of(id_: str) -> str:
    """What an id is of; empty for what no fleet has."""
    return _PREFIXES.get(id_.partition("-")[0], "")


def describe_resources(
    aws: Aws, region: str, kind: str, wanted: "list[FilterTypeDef]"
) -> tuple[TaggedResource, ...]:
    """What there is of a kind, by id; what EC2 only remembers is left out. Raises ProviderError."""
    return tuple(each for each in describe_with_ended(aws, region, kind, wanted) if each.state not in _OVER)


def describe_with_ended(
    aws: Aws, region: str, kind: str, wanted: "list[FilterTypeDef]"
) -> tuple[TaggedResource, ...]:
    """As `describe_resources`, with what EC2 still shows for a while after its end. Raises ProviderError."""
    with aws_errors(f"a look at {kind}s in {region}"):
        return tuple(sorted(DESCRIBERS[kind](aws.ec2(region), wanted), key=lambda each: each.id))


def any_of(name: str, ids: Iterable[str]) -> "list[FilterTypeDef]":
    """A filter by id, for a describing call: one that is gone is no error there."""
    return [{"Name": name, "Values": list(ids)}]
