"""Which hosts are launched by one call, and the client token of that call. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from orchestrator.errors import ProviderError
from orchestrator.models import HostIdentity, HostRequest
from orchestrator.providers.aws import tags
from orchestrator.providers.aws.placement import Placement


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Hosts of one distribution, with one first key and consecutive numbers: EC2 counts them for us."""

    names: tuple[str, ...]
    distribution: str
    identity: HostIdentity

    @property
    def first(self) -> str:
        """The host with AmiLaunchIndex 0."""
        return self.names[0]

    @property
    def label(self) -> str:
        """`train-1`, or `train-1..train-8`."""
        return self.first if len(self.names) == 1 else f"{self.first}..{self.names[-1]}"


def batches(hosts: Iterable[HostRequest], identities: Mapping[str, HostIdentity]) -> tuple[Batch, ...]:
    """The fewest batches that hold all of the hosts.

    Raises:
        ProviderError: no first host key was made for a host.
    """
    made: list[Batch] = []
    for host in sorted(hosts, key=_order):
        if host.name not in identities:
            raise ProviderError(f"no host key was made for {host.name}", "run the command again")
        identity = identities[host.name]
        last = made[-1] if made else None
        if last is not None and _goes_on(last, host, identity):
            made[-1] = Batch(
                names=(*last.names, host.name), distribution=host.distribution, identity=identity
            )
        else:
            made.append(Batch(names=(host.name,), distribution=host.distribution, identity=identity))
    return tuple(made)


def client_token(request_token: str, placement: Placement, names: tuple[str, ...], generation: int) -> str:
    """The idempotency token of a call, 64 characters: the same for the same hosts in the same place, whoever repeats it.

    Args:
        request_token: the fleet's, with its owner.
        placement: where they are asked for.
        names: of the hosts.
        generation: how many earlier launches of them came to an end.
    """
    return sha256("\n".join((request_token, placement.key, str(generation), *names)).encode()).hexdigest()


def _goes_on(batch: Batch, host: HostRequest, identity: HostIdentity) -> bool:
    if batch.distribution != host.distribution or batch.identity != identity or not _number(batch.first):
        return False
    return tags.host_name(batch.first, len(batch.names)) == host.name


def _order(host: HostRequest) -> tuple[str, str, int, str]:
    number = _number(host.name)
    stem = host.name.rpartition("-")[0] if number else host.name
    return (host.distribution, stem, int(number or 0), host.name)


def _number(name: str) -> str:
    """The digits behind the last dash; empty for a name that cannot be counted on from."""
    _, dash, number = name.rpartition("-")
    counted = dash and number.isascii() and number.isdecimal() and str(int(number)) == number
    return number if counted else ""
