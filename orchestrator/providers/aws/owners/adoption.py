"""Take over what carries another owner's tag, by changing that tag. Stops, starts and removes nothing.

A tag is changed in one call a region, and again where a crash came between two regions.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.errors import InputRefusedError, UsageError
from orchestrator.models import ForeignFleet, Host, Resource
from orchestrator.providers.aws import tags
from orchestrator.providers.aws.clients import Aws, aws_errors
from orchestrator.providers.aws.fleet_instances import describe_instances as instances
from orchestrator.providers.aws.fleet_instances import parse_instance
from orchestrator.providers.aws.network.dns_records import Record, find_marked_records, hand_over
from orchestrator.providers.aws.regions import in_each
from orchestrator.providers.aws.release import resource_types
from orchestrator.providers.aws.release.resource_types import TaggedResource
from orchestrator.providers.aws.release.tagged_resources import describe_resources, tagged_ids
from orchestrator.providers.aws.release.terminate import record_resource
from orchestrator.providers.base import UNMARKED, Intend
from orchestrator.providers.settings import AwsSettings

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import FilterTypeDef

_AT_ONCE = 500
"""Ids that one call takes; EC2 takes a thousand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Of a fleet's owner."""

    fleet: str
    owner: str
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What a region has under a fleet's name, whoever's."""

    region: str
    resources: tuple[TaggedResource, ...]
    hosts: tuple[tuple[str, Host], ...]
    """(Owner, host)."""


def foreign(aws: Aws, settings: AwsSettings, fleet: str, owner: str) -> tuple[ForeignFleet, ...]:
    """See `Provider.foreign`. Raises ProviderError."""
    found = _find_foreign(aws, settings, fleet)
    records = _records(aws, settings, fleet)
    owners = {_owner(each) for region in found for each in region.resources}
    owners |= {each.owner or UNMARKED for each in records}
    return tuple(_of(fleet, whose, found, records) for whose in sorted(owners - {owner}))


def adopt(aws: Aws, settings: AwsSettings, change: Change, intend: Intend) -> tuple[Resource, ...]:
    """See `Provider.adopt`. Raises ProviderError, and UsageError before anything is changed."""
    found = _find_foreign(aws, settings, change.fleet)
    records = tuple(
        each for each in _records(aws, settings, change.fleet) if (each.owner or UNMARKED) == change.owner
    )
    theirs = _of(change.fleet, change.owner, found, records)
    if not theirs.resources:
        raise UsageError(
            f"owner {change.owner} has nothing of a fleet {change.fleet} in {', '.join(settings.regions)}",
            "`orchestrate gc`, with the regions where it may be",
        )
    _refuse_doubles(theirs, _of(change.fleet, change.to, found, ()))
    for region in found:
        ids = [each.id for each in region.resources if _owner(each) == change.owner]
        for some in _several(ids):
            intend("owner", f"{', '.join(some)} in {region.region}")
            with aws_errors(f"to tag {len(some)} things of fleet {change.fleet} in {region.region}"):
                aws.ec2(region.region).create_tags(
                    Resources=some, Tags=[{"Key": tags.OWNER, "Value": change.to}]
                )
    hand_over(aws, records, change.to)
    return theirs.resources


def _refuse_doubles(theirs: ForeignFleet, ours: ForeignFleet) -> None:
    """Two hosts of one name could not be told apart."""
    names = {host.name for host in theirs.hosts}
    for host in ours.hosts:
        if host.name in names:
            raise UsageError(
                f"fleet {ours.fleet} has a {host.name} of your own already: {host.provider_id}",
                f"`orchestrate down --name {ours.fleet}`, then `orchestrate adopt {ours.fleet}`",
            )


def _find_foreign(aws: Aws, settings: AwsSettings, fleet: str) -> tuple[_Found, ...]:
    """What carries the fleet's tag, whoever's."""

    def within(region: str) -> _Found:
        there = tagged_ids(aws, region)
        wanted = [kind for kind in resource_types.KINDS if kind == resource_types.INSTANCE or kind in there]
        tagged: list[FilterTypeDef] = [{"Name": f"tag:{tags.FLEET}", "Values": [fleet]}]
        things = tuple(each for kind in wanted for each in describe_resources(aws, region, kind, tagged))
        seen = (
            parse_instance(each, region, private=settings.private)
            for each in instances(aws, region, {tags.FLEET: fleet})
        )
        hosts = tuple((each.owner or UNMARKED, each.host) for each in seen if each and each.alive)
        return _Found(region=region, resources=things, hosts=hosts)

    return in_each(aws, settings.regions, within).all


def _records(aws: Aws, settings: AwsSettings, fleet: str) -> tuple[Record, ...]:
    if not settings.dns_name:
        return ()
    try:
        return tuple(each for each in find_marked_records(aws, settings.dns_name) if each.fleet == fleet)
    except InputRefusedError:  # no hosted zone, so no names
        return ()


def _of(fleet: str, whose: str, found: Iterable[_Found], records: Iterable[Record]) -> ForeignFleet:
    found = tuple(found)
    theirs = (host for region in found for owner, host in region.hosts if owner == whose)
    hosts = tuple(sorted(theirs, key=lambda host: host.name))
    started = sorted(host.started_at for host in hosts if host.started_at)
    things = (each.resource for region in found for each in region.resources if _owner(each) == whose)
    names = (record_resource(each) for each in records if (each.owner or UNMARKED) == whose)
    return ForeignFleet(
        fleet=fleet,
        owner=whose,
        hosts=hosts,
        resources=(*things, *names),
        since=started[0] if started else None,
    )


def _owner(thing: TaggedResource) -> str:
    return thing.marks.get(tags.OWNER) or UNMARKED


def _several(ids: list[str]) -> Iterator[list[str]]:
    for first in range(0, len(ids), _AT_ONCE):
        yield ids[first : first + _AT_ONCE]
