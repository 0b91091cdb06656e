"""What the contract suite needs of a provider under test, and requests to give it."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from orchestrator.models import Host, HostIdentity, HostRequest, HostState, LaunchRequest, ReceiptLine
from orchestrator.providers.base import Provider

OWNER, NEIGHBOUR = f"t{token_hex(5)}", f"t{token_hex(5)}"
"""Two owners of this test process alone: whoever else has fleets in the engine is not to be disturbed."""
STARTED = (HostState.PENDING, HostState.RUNNING)
PARTS = ("volume", "network-interface")
"""What EC2 makes with an instance and names itself: the call that creates the instance creates them."""


class Stop(Exception):  # noqa: N818  what kills a launch is no error of ours
    """The process ends here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A provider and a fleet that nobody else uses."""

    provider: Provider
    request: LaunchRequest
    """Two hosts of two kinds, in an order that is not theirs by name."""
    impossible: LaunchRequest
    """What this provider cannot have."""
    reopened: Callable[[], Provider]
    """The same provider as another process sees it."""
    neighbour: Callable[[], Provider]
    """The same provider as another owner sees it. Where there is but one owner, as he sees it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker(Bench):
    """A provider that makes hosts, with the accidents that may befall it."""

    make_unmarked: Callable[[], str]
    """Make something that carries the fleet's name, looks like its first host and has no owner's mark; return what is there
    to be seen of it, which changes when anything is done to it."""
    half_make: Callable[[str], None]
    """Leave of the named host what a launch leaves that was killed in the middle."""
    occupy: Callable[[str], None]
    """See to it that the named host is refused."""
    booted: Callable[[], None]
    """Wait until the fleet's hosts can hear that they should halt."""


def nothing(_kind: str, _name: str) -> None:
    """An `Intend` that keeps no record."""


def launch_request(fleet: str, folder: Path, *distributions: str) -> LaunchRequest:
    """A request for hosts 1, 2, 3 … with real keys; the operator's private key is `folder/operator`."""
    hosts = tuple(
        HostRequest(name=f"{fleet}-{number}", distribution=distribution)
        for number, distribution in enumerate(distributions, 1)
    )
    return LaunchRequest(
        fleet=fleet,
        token=f"{fleet}-token",
        hosts=hosts,
        user="admin",
        authorized_key=key_pair(folder / "operator").public_key,
        identities={host.name: key_pair(folder / host.name) for host in hosts},
    )


def key_pair(path: Path) -> HostIdentity:
    """The Ed25519 key pair at `path`, made there if it is not."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        argv = ("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path))
        subprocess.run(argv, check=True, timeout=30)
    public_key = path.with_name(f"{path.name}.pub").read_text(encoding="utf-8").strip()
    return HostIdentity(public_key=public_key, private_key=path.read_text(encoding="utf-8"))


def ids(hosts: tuple[Host, ...]) -> list[str]:
    """Who they are to the provider."""
    return [host.provider_id for host in hosts]


def facts(hosts: tuple[Host, ...]) -> list[tuple[str, str, str, str]]:
    """What stays the same of them whoever looks."""
    return [(host.name, host.provider_id, host.user, host.host_key) for host in hosts]


def proved(line: ReceiptLine) -> bool:
    """Docker and Podman say `no such container`, EC2 says `terminated` or has nothing more of that id."""
    return line.gone and any(words in line.proof for words in ("no such", "not found", "terminated"))
