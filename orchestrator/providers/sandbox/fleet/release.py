"""Stop, start and remove what an owner has of a fleet, and ask again afterwards. Makes nothing."""

from orchestrator.errors import EngineMissingError, ProviderError
from orchestrator.models import HostState, ReceiptLine, Resource
from orchestrator.providers.sandbox.engine import Engine
from orchestrator.providers.sandbox.engine_errors import NotThereError, RemovalRunsError
from orchestrator.providers.sandbox.fleet.objects import FleetObjects, state_of
from orchestrator.providers.sandbox.inspect_output import Container
from orchestrator.waiting import DeadlineError, NotYet, for_each, wait_for

_STOP_GRACE_S = 20
_REMOVE_TIMEOUT_S = 300.0
"""A trained host's layer holds gigabytes in small files; a slow disk takes its time."""

_REMOVE_FLAGS = {"container": ("--force", "--volumes"), "image": (), "network": (), "volume": ()}


def stop(engine: Engine, hosts: tuple[Container, ...]) -> tuple[ReceiptLine, ...]:
    """Halt every host that runs, in parallel."""

    def one(seen: Container) -> ReceiptLine:
        if seen.status == "paused":
            engine.call("unpause", seen.id)  # a paused systemd cannot halt
        engine.call("stop", "-t", str(_STOP_GRACE_S), seen.id)
        return _asked_again(engine, seen)

    running = [seen for seen in hosts if seen.status in {"running", "paused"}]
    return for_each(running, one)


def start(engine: Engine, hosts: tuple[Container, ...]) -> tuple[ReceiptLine, ...]:
    """Start every host that was stopped, in parallel."""

    def one(seen: Container) -> ReceiptLine:
        wake(engine, seen)
        return _asked_again(engine, seen)

    stopped = [seen for seen in hosts if state_of(seen) is HostState.STOPPED]
    return for_each(stopped, one)


def terminate(engine: Engine, fleet_objects: FleetObjects) -> tuple[ReceiptLine, ...]:
    """Remove everything of the fleet: containers in parallel, then what they used.

    What was adopted is known by its record alone, which therefore stays until all else is gone.
    """
    resources = fleet_objects.resources
    containers = [each for each in resources if each.kind == "container"]
    used = [each for each in resources if each.kind in {"image", "network"}]
    lines = [*for_each(containers, lambda each: _take_away(engine, each))]
    lines += [_take_away(engine, each) for each in used]
    lines = [line for line in lines if line.gone or not _is_used(engine, line.resource)]
    for each in resources:
        if each.kind == "volume" and all(line.gone for line in lines):
            lines.append(_take_away(engine, each))
    return tuple(lines)


def wake(engine: Engine, seen: Container) -> None:
    """Make a stopped or paused container run again."""
    engine.call("unpause" if seen.status == "paused" else "start", seen.id)


def remove(engine: Engine, kind: str, id_: str) -> None:
    """Remove a container, image, network or volume. Gone already is success; what another call removes is waited for.

    Raises:
        ProviderError: the engine refuses, or does not come to an end.
    """
    try:
        engine.call(kind, "rm", *_REMOVE_FLAGS[kind], id_, timeout_s=_REMOVE_TIMEOUT_S)
    except NotThereError:
        return
    except RemovalRunsError as error:
        # Until it is gone, the image and the network that it uses cannot be removed.
        def removed() -> NotYet | bool:
            return NotYet("still there") if engine.exists(kind, id_) else True

        try:
            wait_for(f"the removal of {id_}", removed, timeout_s=_REMOVE_TIMEOUT_S, interval_s=0.1)
        except DeadlineError:
            raise error from None


def _take_away(engine: Engine, resource: Resource) -> ReceiptLine:
    refusal = "still there"
    try:
        remove(engine, resource.kind, resource.id)
    except EngineMissingError:
        raise
    except ProviderError as error:  # it stays, and the receipt says why
        refusal = error.cause
    gone = not engine.exists(resource.kind, resource.id)
    answer = f"no such {resource.kind}" if gone else refusal
    asked = f"{engine.facts.program} {resource.kind} inspect {resource.name}"
    return ReceiptLine(resource=resource, gone=gone, proof=f"{asked}: {answer}")


def _is_used(engine: Engine, resource: Resource) -> bool:
    """An image that another fleet took into use meanwhile belongs to that fleet; its `down` takes it along."""
    return resource.kind == "image" and bool(
        engine.call("ps", "--all", "--quiet", "--filter", f"ancestor={resource.name}")
    )


def _asked_again(engine: Engine, seen: Container) -> ReceiptLine:
    now = engine.container(seen.id)
    status = now.status if now else "no such container"
    return ReceiptLine(
        resource=Resource(kind="container", id=seen.id, name=seen.name, state=status),
        gone=now is None,
        proof=f"{engine.facts.program} container inspect {seen.name}: {status}",
    )
