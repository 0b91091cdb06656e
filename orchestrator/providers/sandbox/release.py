"""Stop, start and remove what a fleet has in the engine, and ask again afterwards. Makes nothing."""

from contextlib import suppress

from orchestrator.errors import EngineMissingError, ProviderError
from orchestrator.models import HostState, ReceiptLine, Resource
from orchestrator.providers.sandbox.census import hosts_of, others_are_here, resources_of, state_of
from orchestrator.providers.sandbox.engine import Container, Engine
from orchestrator.providers.sandbox.refusals import NotThereError, RemovalRunsError
from orchestrator.waiting import for_each

_STOP_GRACE_S = 20
_REMOVE_TIMEOUT_S = 300.0
"""A trained host's layer holds gigabytes in small files; a slow disk takes its time."""

_REMOVE_FLAGS = {"container": ("--force", "--volumes"), "image": (), "network": ()}


def stop(engine: Engine, fleet: str) -> tuple[ReceiptLine, ...]:
    """Halt every host that runs, in parallel."""

    def one(seen: Container) -> ReceiptLine:
        if seen.status == "paused":
            engine.call("unpause", seen.id)  # a paused systemd cannot halt
        engine.call("stop", "-t", str(_STOP_GRACE_S), seen.id)
        return _asked_again(engine, seen)

    running = [seen for seen in hosts_of(engine, fleet) if seen.status in {"running", "paused"}]
    return for_each(running, one)


def start(engine: Engine, fleet: str) -> tuple[ReceiptLine, ...]:
    """Start every host that was stopped, in parallel."""

    def one(seen: Container) -> ReceiptLine:
        wake(engine, seen)
        return _asked_again(engine, seen)

    stopped = [seen for seen in hosts_of(engine, fleet) if state_of(seen) is HostState.STOPPED]
    return for_each(stopped, one)


def terminate(engine: Engine, fleet: str) -> tuple[ReceiptLine, ...]:
    """Remove everything the fleet owns: containers in parallel, then what they used."""
    resources = resources_of(engine, fleet)
    containers = [resource for resource in resources if resource.kind == "container"]
    lines = for_each(containers, lambda resource: _take_away(engine, resource))
    used = [_take_away(engine, resource) for resource in resources[len(containers) :]]
    return (
        *lines,
        *(line for line in used if line.gone or not _is_anothers_now(engine, fleet, line.resource)),
    )


def wake(engine: Engine, seen: Container) -> None:
    """Make a stopped or paused container run again."""
    engine.call("unpause" if seen.status == "paused" else "start", seen.id)


def remove(engine: Engine, kind: str, id_: str) -> None:
    """Remove a container, image or network. Gone already, or being removed by somebody else, is success."""
    with suppress(NotThereError, RemovalRunsError):
        engine.call(kind, "rm", *_REMOVE_FLAGS[kind], id_, timeout_s=_REMOVE_TIMEOUT_S)


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


def _is_anothers_now(engine: Engine, fleet: str, resource: Resource) -> bool:
    """An image that a fleet took into use while this one went belongs to that fleet; its `down` takes it along."""
    return resource.kind == "image" and others_are_here(engine, fleet)


def _asked_again(engine: Engine, seen: Container) -> ReceiptLine:
    now = engine.container(seen.id)
    status = now.status if now else "no such container"
    return ReceiptLine(
        resource=Resource(kind="container", id=seen.id, name=seen.name, state=status),
        gone=now is None,
        proof=f"{engine.facts.program} container inspect {seen.name}: {status}",
    )
