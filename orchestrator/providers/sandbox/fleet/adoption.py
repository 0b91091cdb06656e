"""Take over what carries another owner's mark: a record in the engine, and a new key in the hosts. Stops and starts nothing."""

from dataclasses import dataclass
from datetime import UTC, datetime
from secrets import token_hex

from orchestrator.errors import ProviderError, UsageError
from orchestrator.models import ForeignFleet, Resource
from orchestrator.providers.base import Intend
from orchestrator.providers.sandbox import container_spec
from orchestrator.providers.sandbox.engine import Engine
from orchestrator.providers.sandbox.fleet.objects import EngineObjects, host_of
from orchestrator.providers.sandbox.inspect_output import Container
from orchestrator.waiting import for_each


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Of owner."""

    owner: str
    to: str


def foreign(objects: EngineObjects, fleet: str, owner: str) -> tuple[ForeignFleet, ...]:
    """See `Provider.foreign`."""
    return tuple(_foreign(objects, fleet, whose) for whose in objects.others_of(fleet, owner))


def adopt(engine: Engine, fleet: str, change: Change, intend: Intend) -> tuple[Resource, ...]:
    """See `Provider.adopt`. One record names everything, so that all of it changes hands at once."""
    objects = EngineObjects(engine)
    theirs = objects.of(fleet, change.owner)
    if not theirs.ids:
        raise UsageError(f"owner {change.owner} has nothing of a fleet {fleet} here", "orchestrate gc")
    refuse_doubles(objects, fleet, change)
    name = f"{container_spec.network_name(change.to, fleet)}-adopted-{token_hex(3)}"
    facts = {
        container_spec.ADOPTED: ",".join(theirs.ids),
        container_spec.ADOPTED_AT: datetime.now(UTC).isoformat(),
    }
    flags = (word for key, value in facts.items() for word in ("--label", f"{key}={value}"))
    intend("volume", name)
    engine.call("volume", "create", *container_spec.label_flags(change.to, fleet), *flags, name)
    return theirs.resources


def refuse_doubles(objects: EngineObjects, fleet: str, change: Change) -> None:
    """Two hosts of one name could not be told apart."""
    theirs = {each.labels[container_spec.HOST] for each in objects.hosts(fleet, change.owner)}
    for seen in objects.hosts(fleet, change.to):
        if seen.labels[container_spec.HOST] in theirs:
            raise UsageError(
                f"fleet {fleet} has a {seen.labels[container_spec.HOST]} of your own already: {seen.name}",
                f"`orchestrate down --name {fleet}`, then `orchestrate adopt {fleet}`",
            )


def admit(engine: Engine, hosts: tuple[Container, ...], authorized_key: str) -> None:
    """Replace what lets in the operator, in hosts that run and in those that are halted."""

    def one(seen: Container) -> None:
        user = seen.labels.get(container_spec.USER)
        if not user:
            raise ProviderError(
                f"{seen.name} does not say whose login it has",
                f"orchestrate down --name {host_of(seen).fleet}",
            )
        files = container_spec.tar_stream(container_spec.login_files(user, authorized_key))
        engine.call(*container_spec.copy_argv(engine.facts, seen.id), stdin=files)

    for_each(hosts, one)


def _foreign(objects: EngineObjects, fleet: str, whose: str) -> ForeignFleet:
    hosts = objects.hosts(fleet, whose)
    made = sorted(datetime.fromisoformat(f"{seen.created[:19]}+00:00") for seen in hosts if seen.created)
    return ForeignFleet(
        fleet=fleet,
        owner=whose,
        hosts=tuple(sorted(map(host_of, hosts), key=lambda host: host.name)),
        resources=objects.of(fleet, whose).resources,
        since=made[0] if made else None,
    )
