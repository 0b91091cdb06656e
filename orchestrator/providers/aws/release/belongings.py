"""What a fleet has in a region, kind by kind. Changes nothing.

EC2's index of tags says of which kinds there may be something; it also remembers what is gone, so each kind is described too.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orchestrator.providers.aws import tags
from orchestrator.providers.aws.cloud import Aws, asked
from orchestrator.providers.aws.release import kinds
from orchestrator.providers.aws.release.kinds import LOOKS, Belonging

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import FilterTypeDef

_PREFIXES = {
    "i": kinds.INSTANCE,
    "vol": kinds.VOLUME,
    "eni": kinds.INTERFACE,
    "sir": kinds.SPOT_REQUEST,
    "eipalloc": kinds.ADDRESS,
    "sg": kinds.GROUP,
    "key": kinds.KEY_PAIR,
    "igw": kinds.GATEWAY,
    "subnet": kinds.SUBNET,
    "rtb": kinds.ROUTE_TABLE,
    "vpc": kinds.VPC,
}
"""What an id is, by its beginning. Images and snapshots are not here: what was baked outlives the fleet."""

_OVER = frozenset({"terminated", "deleted", "closed", "cancelled", "failed"})
"""States of what is only remembered."""
_PAGE = 1000
"""The most rows that DescribeTags gives at once."""


@dataclass(frozen=True, slots=True)
class Listed:
    """Ids by kind, as the index of tags has them; some may be of things that are gone."""

    ids: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __contains__(self, kind: str) -> bool:
        return kind in self.ids

    def of(self, kind: str) -> tuple[str, ...]:
        """The ids of a kind."""
        return self.ids.get(kind, ())


def listed(aws: Aws, region: str, fleet: str = "", owner: str = "") -> Listed:
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
    with asked(f"a look at the tags in {region}"):
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
    return Listed(ids)


def kind_of(id_: str) -> str:
    """What an id is of; empty for what no fleet has."""
    return _PREFIXES.get(id_.partition("-")[0], "")


def described(aws: Aws, region: str, kind: str, wanted: "list[FilterTypeDef]") -> tuple[Belonging, ...]:
    """What there is of a kind, by id; what EC2 only remembers is left out. Raises ProviderError."""
    return tuple(each for each in remembered(aws, region, kind, wanted) if each.state not in _OVER)


def remembered(aws: Aws, region: str, kind: str, wanted: "list[FilterTypeDef]") -> tuple[Belonging, ...]:
    """As `described`, with what EC2 still shows for a while after its end. Raises ProviderError."""
    with asked(f"a look at {kind}s in {region}"):
        return tuple(sorted(LOOKS[kind](aws.ec2(region), wanted), key=lambda each: each.id))


def any_of(name: str, ids: Iterable[str]) -> "list[FilterTypeDef]":
    """A filter by id, for a describing call: one that is gone is no error there."""
    return [{"Name": name, "Values": list(ids)}]
