"""What a fleet has in all of its regions, which fleets an account has, and stopping and starting them. Removes nothing."""

from orchestrator.errors import InputRefusedError, UsageError
from orchestrator.models import ReceiptLine, Resource
from orchestrator.providers.aws import tags
from orchestrator.providers.aws.clients import Aws
from orchestrator.providers.aws.cluster.controller_role import fleets_with_role, roles_of
from orchestrator.providers.aws.network.dns_records import find_marked_records
from orchestrator.providers.aws.regions import Answers, in_each, not_asked_lines
from orchestrator.providers.aws.release import resource_types
from orchestrator.providers.aws.release.hosts import Scope
from orchestrator.providers.aws.release.hosts import start as start_hosts
from orchestrator.providers.aws.release.hosts import stop as stop_hosts
from orchestrator.providers.aws.release.resource_types import TaggedResource
from orchestrator.providers.aws.release.tagged_resources import describe_resources, tagged_ids
from orchestrator.providers.aws.release.terminate import record_resource, records_of
from orchestrator.providers.base import UNMARKED
from orchestrator.providers.settings import AwsSettings
from orchestrator.waiting import for_each


def resources(aws: Aws, settings: AwsSettings, fleet: str, owner: str) -> tuple[Resource, ...]:
    """Everything the fleet has in the regions of the settings, by region and kind; what is gone is not in it.

    Raises:
        ProviderError: AWS refused.
    """

    def within(region: str) -> tuple[Resource, ...]:
        scope = Scope(aws=aws, region=region, fleet=fleet, owner=owner)
        found = tagged_ids(aws, region, fleet, owner)
        wanted = [kind for kind in resource_types.KINDS if kind == resource_types.INSTANCE or kind in found]
        return tuple(each.resource for kind in wanted for each in scope.there(kind))

    several = in_each(aws, settings.regions, within).all
    records = records_of(aws, settings, fleet, owner)
    roles = roles_of(aws, settings, fleet, owner)
    return (*(each for found in several for each in found), *roles, *map(record_resource, records))


def fleets(aws: Aws, settings: AwsSettings) -> tuple[tuple[str, str], ...]:
    """(Fleet, owner) of all that has anything in the regions of the settings, whoever made it, by name.

    Raises:
        ProviderError: AWS refused.
    """

    def within(region: str) -> set[tuple[str, str]]:
        found = tagged_ids(aws, region)
        wanted = [kind for kind in resource_types.KINDS if kind == resource_types.INSTANCE or kind in found]
        return {
            (each.marks[tags.FLEET], each.marks.get(tags.OWNER) or UNMARKED)
            for kind in wanted
            for each in describe_resources(aws, region, kind, [{"Name": "tag-key", "Values": [tags.FLEET]}])
            if tags.FLEET in each.marks
        }

    there = {pair for several in in_each(aws, settings.regions, within).all for pair in several}
    there |= fleets_with_role(aws, settings)
    if settings.dns_name:
        try:
            there |= {(each.fleet, each.owner) for each in find_marked_records(aws, settings.dns_name)}
        except InputRefusedError:  # no hosted zone, so no names
            return tuple(sorted(there))
    return tuple(sorted(there))


def stop(aws: Aws, settings: AwsSettings, fleet: str, owner: str) -> tuple[ReceiptLine, ...]:
    """Stop every host that runs, all of a region in one call; a line for each, with the state it came to.

    Raises:
        UsageError: a host is a spot host: EC2 stops none that was asked for once. Then none is stopped.
        ProviderError: AWS refused.
    """
    answers = _hosts(aws, settings, fleet, owner)
    spot = sorted(each.name for found in answers.all for each in found if each.spot)
    if spot:
        raise UsageError(
            f"{', '.join(spot)}: a spot host cannot be stopped, only terminated",
            "`orchestrate down`; for hosts that can be stopped: `market: on-demand` under `aws:`",
        )
    scopes = _scopes(aws, answers, fleet, owner)
    lines = tuple(line for lines in for_each(scopes, stop_hosts) for line in lines)
    return (*lines, *not_asked_lines(settings, fleet, answers.left_out))


def start(aws: Aws, settings: AwsSettings, fleet: str, owner: str) -> tuple[ReceiptLine, ...]:
    """Start every host that is stopped, all of a region in one call; a line for each, with the state it came to.

    Raises:
        CapacityError: there is no room for them now.
        ProviderError: AWS refused.
    """
    answers = _hosts(aws, settings, fleet, owner)
    scopes = _scopes(aws, answers, fleet, owner)
    lines = tuple(line for lines in for_each(scopes, start_hosts) for line in lines)
    return (*lines, *not_asked_lines(settings, fleet, answers.left_out))


def _hosts(aws: Aws, settings: AwsSettings, fleet: str, owner: str) -> Answers[tuple[TaggedResource, ...]]:
    def within(region: str) -> tuple[TaggedResource, ...]:
        return Scope(aws=aws, region=region, fleet=fleet, owner=owner).there(resource_types.INSTANCE)

    return in_each(aws, settings.regions, within)


def _scopes(
    aws: Aws, answers: Answers[tuple[TaggedResource, ...]], fleet: str, owner: str
) -> tuple[Scope, ...]:
    """Where there are hosts."""
    there = (region for region, hosts in answers.by_region.items() if hosts)
    return tuple(Scope(aws=aws, region=region, fleet=fleet, owner=owner) for region in there)
