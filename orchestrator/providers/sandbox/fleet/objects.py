"""What of a fleet is in the engine now, and whose it is, read from labels and names alone. Changes nothing.

Whose a thing is, its label says, unless somebody has adopted it since. Labels cannot be changed, so an adoption is on record
as a volume that holds nothing: its labels say of which ids it is, and who has them now. The newest record counts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from orchestrator.models import Connection, Host, HostState, Resource
from orchestrator.providers.base import UNMARKED
from orchestrator.providers.sandbox import container_spec
from orchestrator.providers.sandbox.engine import Engine
from orchestrator.providers.sandbox.image.recipe import REPOSITORY, owner_of
from orchestrator.providers.sandbox.inspect_output import Container, Labelled

Thing = TypeVar("Thing", bound=Labelled)

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


def state_of(seen: Container) -> HostState:
    """The container's status in the contract's words."""
    return _STATES.get(seen.status, HostState.BROKEN)


def host_of(seen: Container) -> Host:
    """The host that a container of ours is."""
    state = state_of(seen)
    running = state is HostState.RUNNING
    return Host(
        name=seen.labels[container_spec.HOST],
        fleet=seen.labels[container_spec.FLEET],
        provider_id=seen.id,
        distribution=seen.labels.get(container_spec.DISTRIBUTION, ""),
        state=state,
        connection=Connection.SSH,
        address="127.0.0.1" if running else "",
        port=seen.ssh_port if running else 0,
        user=seen.labels.get(container_spec.USER, ""),
        host_key=seen.labels.get(container_spec.HOST_KEY, ""),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetObjects:
    """What one owner has of a fleet, each kind by name."""

    containers: tuple[Container, ...] = ()
    networks: tuple[Labelled, ...] = ()
    records: tuple[Labelled, ...] = ()
    """Volumes: of adoptions."""
    volumes: tuple[Labelled, ...] = ()
    """Those that hold what hosts share."""
    images: tuple[str, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """Of everything. An image's is its name."""
        things = (*self.containers, *self.networks, *self.volumes, *self.records)
        return (*(each.id for each in things), *self.images)

    @property
    def resources(self) -> tuple[Resource, ...]:
        """Everything, in an order in which it can be removed: users before what they use."""
        return (
            *(
                Resource(kind="container", id=each.id, name=each.name, state=each.status)
                for each in self.containers
            ),
            *(_present("image", name, name) for name in self.images),
            *(_present("network", each.id, each.name) for each in self.networks),
            *(_present("volume", each.id, each.name) for each in (*self.volumes, *self.records)),
        )


class EngineObjects:
    """One look at everything of orchestrate's in the engine. What changes afterwards, it does not know."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def hosts(self, fleet: str, owner: str) -> tuple[Container, ...]:
        """The owner's containers that are hosts of the fleet, by name of the host; another container makes an image."""
        ours = self._whose(self._containers, fleet, owner)
        found = (seen for seen in ours if container_spec.HOST in seen.labels)
        return tuple(sorted(found, key=lambda seen: seen.labels[container_spec.HOST]))

    def networks(self, fleet: str, owner: str) -> tuple[Labelled, ...]:
        """The owner's networks for the fleet: one, or another besides that was adopted."""
        return self._whose(self._networks, fleet, owner)

    def volumes(self, fleet: str, owner: str) -> tuple[Labelled, ...]:
        """The owner's volumes that hosts of the fleet share: none, one, or another besides that was adopted."""
        return self._whose(self._volumes, fleet, owner)

    def of(self, fleet: str, owner: str) -> FleetObjects:
        """What the owner has of the fleet; with its last fleet an owner's images go too."""
        containers = self._whose(self._containers, fleet, owner)
        networks = self.networks(fleet, owner)
        volumes = self.volumes(fleet, owner)
        records = self._whose(self._records, fleet, owner)
        if not (containers or networks or volumes or records):
            return FleetObjects()
        adopted = {id_ for each in records for id_ in _ids(each)}
        last = not any(each for each, whose in self.fleets if whose == owner and each != fleet)
        images = tuple(
            name
            for name in self._images
            if name in adopted or (last and self._adopted.get(name, owner_of(name) or UNMARKED) == owner)
        )
        return FleetObjects(
            containers=containers, networks=networks, volumes=volumes, records=records, images=images
        )

    @cached_property
    def fleets(self) -> tuple[tuple[str, str], ...]:
        """(Fleet, owner) of all that has anything here, by name."""
        things = (*self._containers, *self._networks, *self._volumes, *self._records)
        return tuple(
            sorted({(each.labels.get(container_spec.FLEET, ""), self.owner_of(each)) for each in things})
        )

    def others_of(self, fleet: str, owner: str) -> tuple[str, ...]:
        """Who else has something of a fleet with that name."""
        return tuple(whose for each, whose in self.fleets if each == fleet and whose != owner)

    def owner_of(self, thing: Labelled) -> str:
        """Whose it is now."""
        return self._adopted.get(thing.id) or thing.labels.get(container_spec.OWNER) or UNMARKED

    @cached_property
    def _adopted(self) -> Mapping[str, str]:
        """Who has an id now, where somebody adopted it."""
        in_order = sorted(self._records, key=lambda each: each.labels.get(container_spec.ADOPTED_AT, ""))
        return {id_: each.labels.get(container_spec.OWNER, "") for each in in_order for id_ in _ids(each)}

    @cached_property
    def _containers(self) -> tuple[Container, ...]:
        return self._engine.containers(container_spec.FLEET)

    @cached_property
    def _networks(self) -> tuple[Labelled, ...]:
        return self._engine.networks(container_spec.FLEET)

    @cached_property
    def _volumes(self) -> tuple[Labelled, ...]:
        return self._engine.volumes(container_spec.SHARED)

    @cached_property
    def _records(self) -> tuple[Labelled, ...]:
        return self._engine.volumes(container_spec.ADOPTED)

    @cached_property
    def _images(self) -> tuple[str, ...]:
        return self._engine.images(REPOSITORY)

    def _whose(self, things: Iterable[Thing], fleet: str, owner: str) -> tuple[Thing, ...]:
        return tuple(
            each
            for each in things
            if each.labels.get(container_spec.FLEET) == fleet and self.owner_of(each) == owner
        )


def _ids(record: Labelled) -> tuple[str, ...]:
    return tuple(id_ for id_ in record.labels[container_spec.ADOPTED].split(",") if id_)


def _present(kind: str, id_: str, name: str) -> Resource:
    return Resource(kind=kind, id=id_, name=name, state="present")
