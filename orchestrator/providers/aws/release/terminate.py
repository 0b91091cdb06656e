"""`down`: names, hosts, what hung on them, then what they hung on. What cannot be removed stays on the receipt.

What has not both the fleet's tag and the owner's is never touched.
"""

from orchestrator.errors import InputRefusedError, ProviderError
from orchestrator.models import ReceiptLine, Resource
from orchestrator.providers.aws.clients import Aws
from orchestrator.providers.aws.cluster.controller_role import remove_role
from orchestrator.providers.aws.network.dns_records import Record, find_marked_records, remove_names
from orchestrator.providers.aws.regions import in_each, not_asked_lines
from orchestrator.providers.aws.release import resource_types
from orchestrator.providers.aws.release.delete import (
    cancel_spot_requests,
    delete_resources,
    group_of,
    wait_until_closed,
    wait_until_deleted,
)
from orchestrator.providers.aws.release.hosts import Ended, Scope
from orchestrator.providers.aws.release.hosts import terminate as end_hosts
from orchestrator.providers.aws.release.tagged_resources import TaggedIds, tagged_ids
from orchestrator.providers.settings import AwsSettings
from orchestrator.waiting import for_each

RECORD = "record"
_ROUNDS = 3
"""Each begins with a host that EC2 did not show before: there are no more than a launch or two that were killed."""
_NETWORK = (resource_types.GATEWAY, resource_types.ROUTE_TABLE, resource_types.SUBNET, resource_types.VPC)


def terminate(aws: Aws, settings: AwsSettings, fleet: str, owner: str) -> tuple[ReceiptLine, ...]:
    """Remove everything the fleet has in the regions of the settings; a line for each thing, proved by describing it again.

    Gone already is success, and has no line. In one region, whatever the number of hosts: ten calls of EC2, and one more for
    each look at instances that take their time.

    Raises:
        ProviderError: AWS refused to say what there is. Nothing is lost: the same again goes on.
    """
    # First the names: they must not point at addresses that others are given next.
    records = _remove_records(aws, settings, fleet, owner)
    answers = in_each(aws, settings.regions, lambda region: tagged_ids(aws, region, fleet, owner))
    lines = for_each(
        tuple(answers.by_region),
        lambda region: _within(
            Scope(aws=aws, region=region, fleet=fleet, owner=owner), answers.by_region[region]
        ),
    )
    skipped_regions = not_asked_lines(settings, fleet, answers.left_out)
    roles = remove_role(aws, settings, fleet, owner)
    return (*(line for several in lines for line in several), *roles, *records, *skipped_regions)


def records_of(aws: Aws, settings: AwsSettings, fleet: str, owner: str) -> tuple[Record, ...]:
    """The fleet's names in Route 53; none where no name is asked for. Raises ProviderError."""
    if not settings.dns_name:
        return ()
    try:
        found = find_marked_records(aws, settings.dns_name)
    except InputRefusedError:  # a hosted zone that is gone holds nothing
        return ()
    return tuple(each for each in found if (each.fleet, each.owner) == (fleet, owner))


def record_resource(record: Record) -> Resource:
    """A name, as receipts and listings have it."""
    return Resource(kind=RECORD, id=record.name, name=record.name, state=record.address)


def _within(scope: Scope, found: TaggedIds) -> tuple[ReceiptLine, ...]:
    """Everything in one region, from the beginning again where a host came to light that was launched just before."""
    lines: dict[tuple[str, str], ReceiptLine] = {}
    for _round in range(_ROUNDS):
        made = _once(scope, found)
        lines.update({(each.resource.kind, each.resource.id): each for each in made})
        held = any(each.resource.kind == resource_types.GROUP and not each.gone for each in made)
        ended = all(each.gone for each in made if each.resource.kind == resource_types.INSTANCE)
        if not (held and ended and scope.there(resource_types.INSTANCE)):
            break
        found = tagged_ids(scope.aws, scope.region, scope.fleet, scope.owner)
    return tuple(lines.values())


def _once(scope: Scope, found: TaggedIds) -> tuple[ReceiptLine, ...]:
    requests = scope.there(resource_types.SPOT_REQUEST) if resource_types.SPOT_REQUEST in found else ()
    refused = cancel_spot_requests(scope, requests)
    ended = Ended()
    end_hosts(scope, ended)
    patient = ended.all_gone
    lines = list(ended.lines())
    for kind in (resource_types.VOLUME, resource_types.INTERFACE):
        if kind in found:
            lines += wait_until_deleted(scope, kind, ended.before.values(), patient=patient)
    if requests:
        lines += wait_until_closed(scope, requests, refused)
    if resource_types.ADDRESS in found:
        lines += delete_resources(
            scope, resource_types.ADDRESS, scope.there(resource_types.ADDRESS), patient=patient
        )
    lines += delete_resources(scope, resource_types.GROUP, group_of(scope, found), patient=patient)
    for kind in (resource_types.KEY_PAIR, resource_types.PLACEMENT_GROUP, *_NETWORK):
        if kind in found:
            lines += delete_resources(scope, kind, scope.there(kind), patient=patient)
    return tuple(lines)


def _remove_records(aws: Aws, settings: AwsSettings, fleet: str, owner: str) -> tuple[ReceiptLine, ...]:
    was = records_of(aws, settings, fleet, owner)
    if not was:
        return ()
    refusal = ""
    try:
        remove_names(aws, was)
    except ProviderError as error:
        refusal = f": {error.cause}"
    left = {each.name for each in records_of(aws, settings, fleet, owner)}
    return tuple(
        ReceiptLine(
            resource=record_resource(each),
            gone=each.name not in left,
            proof=f"route53 ListResourceRecordSets {each.name}: "
            + (f"still there{refusal}" if each.name in left else "not found"),
        )
        for each in was
    )
