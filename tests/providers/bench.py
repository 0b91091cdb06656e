"""What the contract suite needs of a provider under test, and requests to give it."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from orchestrator.models import HostIdentity, HostRequest, LaunchRequest
from orchestrator.providers.base import Provider


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker(Bench):
    """A provider that makes hosts, with the accidents that may befall it."""

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
