"""A cloud in memory that keeps the provider contract, faults included. For tests that need a provider, not a computer."""

from dataclasses import dataclass, field, replace

from orchestrator.errors import ProviderError, UsageError
from orchestrator.models import (
    Connection,
    ForeignFleet,
    Host,
    HostState,
    InstanceStatus,
    LaunchRequest,
    Offer,
    ReceiptLine,
    Resource,
)
from orchestrator.providers.base import UNMARKED, FirstKey, Intend, ReleaseAction

KINDS = ("debian-12", "debian-13")


@dataclass(slots=True)
class _Cloud:
    """What exists. Outlives every provider that looks at it, as a real cloud does."""

    hosts: dict[tuple[str, str], Host] = field(default_factory=dict)
    """By owner and name."""
    occupied: set[str] = field(default_factory=set)
    admitted: dict[str, str] = field(default_factory=dict)
    """Keys that were put in later, by the host's id."""


class MemoryProvider:
    """Hosts that are entries in a dictionary."""

    name = "memory"
    first_key = FirstKey.SEALED

    def __init__(self, cloud: _Cloud | None = None, owner: str = "me") -> None:
        self.cloud = cloud or _Cloud()
        self.owner = owner

    def offers(self, request: LaunchRequest) -> tuple[Offer, ...]:
        """See `Provider.offers`."""
        return tuple(_offer(kind) for kind in dict.fromkeys(host.distribution for host in request.hosts))

    def makes(self, request: LaunchRequest) -> tuple[str, ...]:
        """See `Provider.makes`."""
        return tuple(f"host {host.name}" for host in request.hosts if host.name not in self._ours)

    def launch(self, request: LaunchRequest, intend: Intend) -> tuple[Host, ...]:
        """See `Provider.launch`."""
        refused = [offer.reason for offer in self.offers(request) if not offer.available]
        if refused:
            raise ProviderError(refused[0], f"take one of {', '.join(KINDS)}")
        for wanted in request.hosts:
            if wanted.name in self.cloud.occupied:
                raise ProviderError(f"the name {wanted.name} is taken", "take another")
            seen = self._ours.get(wanted.name)
            if seen is None or seen.state is HostState.BROKEN:
                intend("host", wanted.name)
                host_key = request.identities[wanted.name].public_key
                seen = replace(
                    _host(wanted.name, request, wanted.distribution, host_key),
                    provider_id=f"{self.owner}-{wanted.name}",
                )
            self.cloud.hosts[self.owner, wanted.name] = replace(seen, state=HostState.RUNNING)
        return tuple(self._ours[wanted.name] for wanted in request.hosts)

    def explain(self, host: Host) -> str:
        """See `Provider.explain`."""
        return "" if host.name in self._ours else "it was taken away"

    def find(self, fleet: str) -> tuple[Host, ...]:
        """See `Provider.find`."""
        return tuple(host for _, host in sorted(self._ours.items()) if host.fleet == fleet)

    def instances(self, _fleet: str) -> tuple[InstanceStatus, ...]:
        """See `Provider.instances`."""
        return ()

    def release(self, fleet: str, action: ReleaseAction) -> tuple[ReceiptLine, ...]:
        """See `Provider.release`."""
        touched = self.find(fleet)
        for host in touched:
            if action is ReleaseAction.TERMINATE:
                del self.cloud.hosts[self.owner, host.name]
            else:
                state = HostState.STOPPED if action is ReleaseAction.STOP else HostState.RUNNING
                self.cloud.hosts[self.owner, host.name] = replace(host, state=state)
        return tuple(self._line(host) for host in touched)

    def resources(self, fleet: str) -> tuple[Resource, ...]:
        """See `Provider.resources`."""
        return tuple(_resource(host) for host in self.find(fleet))

    def foreign(self, fleet: str) -> tuple[ForeignFleet, ...]:
        """See `Provider.foreign`."""
        return tuple(
            _foreign(fleet, owner, self._of(owner, fleet))
            for each, owner in self.fleets()
            if each == fleet and owner != self.owner
        )

    def adopt(self, fleet: str, owner: str, _intend: Intend) -> tuple[Resource, ...]:
        """See `Provider.adopt`."""
        theirs = self._of(owner, fleet)
        if not theirs:
            raise UsageError(f"{owner} has nothing of {fleet}", "orchestrate gc")
        if any(host.name in self._ours for host in theirs):
            raise UsageError("there is a host of your own of that name", f"orchestrate down --name {fleet}")
        for host in theirs:
            self.cloud.hosts[self.owner, host.name] = self.cloud.hosts.pop((_mark(owner), host.name))
        return tuple(map(_resource, theirs))

    def admit(self, fleet: str, authorized_key: str) -> None:
        """See `Provider.admit`."""
        self.cloud.admitted |= {host.provider_id: authorized_key for host in self.find(fleet)}

    def skipped_regions(self) -> dict[str, str]:
        """See `Provider.skipped_regions`. There is one place."""
        return {}

    def fleets(self) -> tuple[tuple[str, str], ...]:
        """See `Provider.fleets`."""
        return tuple(
            sorted({(host.fleet, owner or UNMARKED) for (owner, _), host in self.cloud.hosts.items()})
        )

    def half_make(self, name: str, request: LaunchRequest) -> None:
        """Leave the named host as a launch that was killed would."""
        born = _host(name, request, KINDS[0], "")
        self.cloud.hosts[self.owner, name] = replace(born, provider_id=f"half-{name}", state=HostState.BROKEN)

    def make_unmarked(self, request: LaunchRequest) -> str:
        """See `bench.Maker.make_unmarked`."""
        name = request.hosts[0].name
        return repr(self.cloud.hosts.setdefault(("", name), _host(name, request, KINDS[0], "")))

    def _of(self, owner: str, fleet: str) -> tuple[Host, ...]:
        there = sorted(self.cloud.hosts.items())
        return tuple(host for (whose, _), host in there if whose == _mark(owner) and host.fleet == fleet)

    @property
    def _ours(self) -> dict[str, Host]:
        return {name: host for (owner, name), host in self.cloud.hosts.items() if owner == self.owner}

    def _line(self, host: Host) -> ReceiptLine:
        now = self._ours.get(host.name)
        proof = f"asked again: {now.state if now else 'no such host'}"
        return ReceiptLine(resource=_resource(now or host), gone=now is None, proof=proof)


def _mark(owner: str) -> str:
    return "" if owner == UNMARKED else owner


def _foreign(fleet: str, owner: str, hosts: tuple[Host, ...]) -> ForeignFleet:
    return ForeignFleet(
        fleet=fleet, owner=owner, hosts=hosts, resources=tuple(map(_resource, hosts)), since=None
    )


def _offer(kind: str) -> Offer:
    reason = "" if kind in KINDS else f"no image of {kind}"
    return Offer(
        provider="memory", description=kind, available=not reason, reason=reason, price_usd_per_hour=0.0
    )


def _host(name: str, request: LaunchRequest, distribution: str, host_key: str) -> Host:
    return Host(
        name=name,
        fleet=request.fleet,
        provider_id=f"id-{name}",
        distribution=distribution,
        state=HostState.PENDING,
        connection=Connection.SSH,
        address="192.0.2.1",
        port=22,
        user=request.user,
        host_key=host_key,
    )


def _resource(host: Host) -> Resource:
    return Resource(kind="host", id=host.provider_id, name=host.name, state=host.state)
