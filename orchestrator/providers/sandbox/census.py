"""What of a fleet is in the engine now, read from labels and names alone. Changes nothing."""

from orchestrator.models import Connection, Host, HostState, Resource
from orchestrator.providers.sandbox import blueprint
from orchestrator.providers.sandbox.engine import Container, Engine
from orchestrator.providers.sandbox.image.recipe import REPOSITORY

_STATES = {
    "running": HostState.RUNNING,
    "restarting": HostState.PENDING,
    "paused": HostState.STOPPED,
    "exited": HostState.STOPPED,
    "stopped": HostState.STOPPED,
    "stopping": HostState.STOPPED,
}
"""The engine's words. With the others (`created`, `dead`, `removing` …) a host will not come up as it is: one that was
never started may lack its keys."""


ANOTHER = "another state folder"


def state_of(seen: Container) -> HostState:
    """The container's status in the contract's words."""
    return _STATES.get(seen.status, HostState.BROKEN)


def host_of(seen: Container) -> Host:
    """The host that a container of ours is."""
    state = state_of(seen)
    running = state is HostState.RUNNING
    return Host(
        name=seen.labels[blueprint.HOST],
        fleet=seen.labels[blueprint.FLEET],
        provider_id=seen.id,
        distribution=seen.labels[blueprint.DISTRIBUTION],
        state=state,
        connection=Connection.SSH,
        address="127.0.0.1" if running else "",
        port=seen.ssh_port if running else 0,
        user=seen.labels[blueprint.USER],
        host_key=seen.labels[blueprint.HOST_KEY],
    )


def hosts_of(engine: Engine, fleet: str) -> tuple[Container, ...]:
    """The fleet's containers that are hosts, by name."""
    return tuple(seen for seen in _containers(engine, fleet) if blueprint.HOST in seen.labels)


def resources_of(engine: Engine, fleet: str) -> tuple[Resource, ...]:
    """Everything the fleet owns, in an order in which it can be removed: users before what they use."""
    containers = tuple(
        Resource(kind="container", id=seen.id, name=seen.name, state=seen.status)
        for seen in _containers(engine, fleet)
    )
    networks = tuple(_present("network", name) for name in engine.networks(f"{blueprint.FLEET}={fleet}"))
    if not containers and not networks:
        return ()
    return (*containers, *_images(engine, fleet), *networks)


def fleets_in(engine: Engine, owner: str) -> tuple[tuple[str, str], ...]:
    """(Fleet, owner) of all that has anything in the engine; what another state folder made is another's.

    A fleet's network is its first thing and its last.
    """
    ours = engine.networks(f"{blueprint.OWNER}={owner}") if owner else ()
    prefix = blueprint.network_name("")
    return tuple(
        (name.removeprefix(prefix), owner if name in ours or not owner else ANOTHER)
        for name in engine.networks(blueprint.FLEET)
    )


def others_are_here(engine: Engine, fleet: str) -> bool:
    """Whether another fleet has anything in the engine: its network is the first that it makes and the last to go."""
    return bool(set(engine.networks(blueprint.FLEET)) - {blueprint.network_name(fleet)})


def _containers(engine: Engine, fleet: str) -> tuple[Container, ...]:
    return engine.containers(f"{blueprint.FLEET}={fleet}")


def _images(engine: Engine, fleet: str) -> tuple[Resource, ...]:
    """Our images, unless another fleet is here, which may be about to use one. The last fleet takes them along."""
    if others_are_here(engine, fleet):
        return ()
    return tuple(_present("image", name) for name in engine.images(REPOSITORY))


def _present(kind: str, name: str) -> Resource:
    return Resource(kind=kind, id=name, name=name, state="present")
