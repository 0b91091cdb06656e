"""A cloud in memory that keeps the provider contract, faults included. For tests that need a provider, not a computer."""

from dataclasses import dataclass, field, replace

from orchestrator.errors import ProviderError
from orchestrator.models import (
    Connection,
    Host,
    HostState,
    InstanceStatus,
    LaunchRequest,
    Offer,
    ReceiptLine,
    Resource,
)
from orchestrator.providers.base import FirstKey, Intend, ReleaseAction

KINDS = ("debian-12", "debian-13")


@dataclass(slots=True)
class _Cloud:
    """What exists. Outlives every provider that looks at it, as a real cloud does."""

    hosts: dict[str, Host] = field(default_factory=dict)
    occupied: set[str] = field(default_factory=set)


class MemoryProvider:
    """Hosts that are entries in a dictionary."""

    name = "memory"
    first_key = FirstKey.SEALED

    def __init__(self, cloud: _Cloud | None = None) -> None:
        self.cloud = cloud or _Cloud()

    def offers(self, request: LaunchRequest) -> tuple[Offer, ...]:
        """See `Provider.offers`."""
        return tuple(_offer(kind) for kind in dict.fromkeys(host.distribution for host in request.hosts))

    def makes(self, request: LaunchRequest) -> tuple[str, ...]:
        """See `Provider.makes`."""
        return tuple(f"host {host.name}" for host in request.hosts if host.name not in self.cloud.hosts)

    def launch(self, request: LaunchRequest, intend: Intend) -> tuple[Host, ...]:
        """See `Provider.launch`."""
        refused = [offer.reason for offer in self.offers(request) if not offer.available]
        if refused:
            raise ProviderError(refused[0], f"take one of {', '.join(KINDS)}")
        for wanted in request.hosts:
            if wanted.name in self.cloud.occupied:
                raise ProviderError(f"the name {wanted.name} is taken", "take another")
            seen = self.cloud.hosts.get(wanted.name)
            if seen is None or seen.state is HostState.BROKEN:
                intend("host", wanted.name)
                host_key = request.identities[wanted.name].public_key
                seen = _host(wanted.name, request, wanted.distribution, host_key)
            self.cloud.hosts[wanted.name] = replace(seen, state=HostState.RUNNING)
        return tuple(self.cloud.hosts[wanted.name] for wanted in request.hosts)

    def explain(self, host: Host) -> str:
        """See `Provider.explain`."""
        return "" if host.name in self.cloud.hosts else "it was taken away"

    def find(self, fleet: str) -> tuple[Host, ...]:
        """See `Provider.find`."""
        return tuple(host for _, host in sorted(self.cloud.hosts.items()) if host.fleet == fleet)

    def instances(self, _fleet: str) -> tuple[InstanceStatus, ...]:
        """See `Provider.instances`."""
        return ()

    def release(self, fleet: str, action: ReleaseAction) -> tuple[ReceiptLine, ...]:
        """See `Provider.release`."""
        touched = self.find(fleet)
        for host in touched:
            if action is ReleaseAction.TERMINATE:
                del self.cloud.hosts[host.name]
            else:
                state = HostState.STOPPED if action is ReleaseAction.STOP else HostState.RUNNING
                self.cloud.hosts[host.name] = replace(host, state=state)
        return tuple(self._line(host) for host in touched)

    def resources(self, fleet: str) -> tuple[Resource, ...]:
        """See `Provider.resources`."""
        return tuple(_resource(host) for host in self.find(fleet))

    def fleets(self) -> tuple[tuple[str, str], ...]:
        """See `Provider.fleets`."""
        return tuple((fleet, "") for fleet in sorted({host.fleet for host in self.cloud.hosts.values()}))

    def half_make(self, name: str, request: LaunchRequest) -> None:
        """Leave the named host as a launch that was killed would."""
        born = _host(name, request, KINDS[0], "")
        self.cloud.hosts[name] = replace(born, provider_id=f"half-{name}", state=HostState.BROKEN)

    def _line(self, host: Host) -> ReceiptLine:
        now = self.cloud.hosts.get(host.name)
        proof = f"asked again: {now.state if now else 'no such host'}"
        return ReceiptLine(resource=_resource(now or host), gone=now is None, proof=proof)


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
