"""Terminate, stop and start the instances of a fleet in a region, and ask again until they are. Touches nothing else."""

from collections.abc import Callable
from dataclasses import dataclass

from orchestrator.errors import CapacityError, NotAuthorizedError, ProviderError, ThrottledError
from orchestrator.models import ReceiptLine
from orchestrator.providers.aws.clients import Aws, aws_errors
from orchestrator.providers.aws.error_translation import no_room_to_start
from orchestrator.providers.aws.network.context import INTERVAL_S, owner_filters
from orchestrator.providers.aws.release import resource_types
from orchestrator.providers.aws.release.receipt import host_line
from orchestrator.providers.aws.release.resource_types import TaggedResource
from orchestrator.providers.aws.release.tagged_resources import (
    any_of,
    describe_resources,
    describe_with_ended,
)
from orchestrator.waiting import DeadlineError, NotYet, wait_for

DEADLINE_S = 300.0
"""EC2 takes half a minute to shut an instance down, and a few for a large one."""

_WILL_RUN = frozenset({"pending", "running"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whose things are meant, and where."""

    aws: Aws
    region: str
    fleet: str
    owner: str

    def there(self, kind: str) -> tuple[TaggedResource, ...]:
        """What there is of a kind. Raises ProviderError."""
        return describe_resources(self.aws, self.region, kind, owner_filters(self.fleet, self.owner))


class Ended:
    """What became of instances that were to be terminated."""

    def __init__(self) -> None:
        self.before: dict[str, TaggedResource] = {}
        """As they were when they were first seen, by id."""
        self.now: dict[str, TaggedResource] = {}
        """As EC2 describes them, by id; those that it does not know any more are not here."""
        self.refused: dict[str, str] = {}
        """Why EC2 would not, by id."""

    @property
    def all_gone(self) -> bool:
        """Whether no instance is left."""
        return all(each.state == "terminated" for each in self.now.values())

    def lines(self) -> tuple[ReceiptLine, ...]:
        """A line for each, by the host's name."""
        return tuple(
            host_line(was, self.now.get(id_), self.refused.get(id_, ""))
            for id_, was in sorted(self.before.items(), key=lambda pair: _order(pair[1]))
        )


def terminate(scope: Scope, ended: Ended) -> None:
    """Terminate every instance of the fleet in one call, and wait until EC2 describes them so; record it in `ended`.

    What shows up only while we wait, because EC2 tells of new instances late, is terminated as well.

    Raises:
        ProviderError: AWS refused to say what there is.
    """
    living = scope.there(resource_types.INSTANCE)
    if not living:
        return
    _end(scope, living, ended)

    def probe() -> bool | NotYet:
        found = describe_with_ended(
            scope.aws, scope.region, resource_types.INSTANCE, owner_filters(scope.fleet, scope.owner)
        )
        ended.now.update({each.id: each for each in found if each.id in ended.before})
        for id_ in ended.before.keys() - {each.id for each in found}:
            ended.now.pop(id_, None)
        late = [each for each in found if each.id not in ended.before and each.state != "terminated"]
        if late:
            _end(scope, tuple(late), ended)
        left = [each for each in ended.now.values() if each.state != "terminated"]
        left = [each for each in left if each.id not in ended.refused]
        return NotYet(", ".join(f"{each.id} is {each.state}" for each in left[:3])) if left or late else True

    _until(f"the end of {scope.fleet}", probe)
    vanished = ended.before.keys() - ended.now.keys()
    if vanished:  # from the list of what has our tags: ask by id, which needs none
        found = describe_with_ended(
            scope.aws, scope.region, resource_types.INSTANCE, any_of("instance-id", sorted(vanished))
        )
        ended.now.update({each.id: each for each in found})


def stop(scope: Scope) -> tuple[ReceiptLine, ...]:
    """Stop what runs, in one call; a line for each. Raises ProviderError."""
    running = [each for each in scope.there(resource_types.INSTANCE) if each.state in _WILL_RUN]
    if not running:
        return ()
    ids = [each.id for each in running]
    with aws_errors(f"to stop the hosts of {scope.fleet} in {scope.region}"):
        scope.aws.ec2(scope.region).stop_instances(InstanceIds=ids)
    return _moved(scope, running, lambda state: state not in _WILL_RUN | {"stopping"})


def start(scope: Scope) -> tuple[ReceiptLine, ...]:
    """Start what is stopped, in one call; a line for each. What is about to stop is waited for. Raises ProviderError."""
    there = [each for each in scope.there(resource_types.INSTANCE) if each.state in {"stopping", "stopped"}]
    if not there:
        return ()
    if any(each.state == "stopping" for each in there):
        _moved(scope, there, lambda state: state != "stopping")
    ids = [each.id for each in there]
    try:
        with aws_errors(f"to start the hosts of {scope.fleet} in {scope.region}"):
            # Once: botocore would take a lack of capacity for a broken server.
            scope.aws.launcher(scope.region).start_instances(InstanceIds=ids)
    except CapacityError as error:
        raise no_room_to_start(error, scope.fleet) from error
    return _moved(scope, there, lambda state: state != "stopped")


def _end(scope: Scope, living: tuple[TaggedResource, ...], ended: Ended) -> None:
    ended.before.update({each.id: each for each in living})
    ended.now.update({each.id: each for each in living})
    ids = [each.id for each in living]
    try:
        _terminate(scope, ids)
    except (NotAuthorizedError, ThrottledError) as error:
        ended.refused.update(dict.fromkeys(ids, error.cause))
    except ProviderError:
        # EC2 takes all or none: one that is protected, or just gone, must not keep the others.
        for id_ in ids:
            try:
                _terminate(scope, [id_])
            except ProviderError as error:
                ended.refused[id_] = error.cause


def _terminate(scope: Scope, ids: list[str]) -> None:
    with aws_errors(f"to terminate hosts of {scope.fleet} in {scope.region}"):
        scope.aws.ec2(scope.region).terminate_instances(InstanceIds=ids)


def _moved(
    scope: Scope, hosts: list[TaggedResource], arrived: Callable[[str], bool]
) -> tuple[ReceiptLine, ...]:
    """Wait until every host has arrived in its state; a line for each, whether it has or not."""
    now: dict[str, TaggedResource] = {}

    def probe() -> bool | NotYet:
        found = describe_with_ended(
            scope.aws, scope.region, resource_types.INSTANCE, owner_filters(scope.fleet, scope.owner)
        )
        now.clear()
        now.update({each.id: each for each in found})
        left = [now[each.id] for each in hosts if each.id in now and not arrived(now[each.id].state)]
        return NotYet(", ".join(f"{each.id} is {each.state}" for each in left[:3])) if left else True

    _until(f"hosts of {scope.fleet}", probe)
    return tuple(host_line(each, now.get(each.id)) for each in sorted(hosts, key=_order))


def _until(what: str, probe: Callable[[], bool | NotYet]) -> None:
    """Wait; what has not come by the deadline is seen in what the probe wrote down."""
    try:
        wait_for(what, probe, timeout_s=DEADLINE_S, interval_s=INTERVAL_S)
    except DeadlineError:
        return


def _order(host: TaggedResource) -> tuple[str, int, str]:
    stem, _, number = host.name.rpartition("-")
    return (stem, int(number) if number.isdigit() else 0, host.id)
