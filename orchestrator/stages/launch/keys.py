"""The keys of a fleet: the operator's pair, a first host key for each host to be created, and which host keys are on record.

Made by OpenSSH itself. Private keys never reach the run folder.
"""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from threading import Lock

from orchestrator.errors import OrchestrateError
from orchestrator.journal import Journal
from orchestrator.models import Host, HostIdentity


def fleet_key(journal: Journal, found: tuple[Host, ...]) -> Path:
    """The fleet's private key; made when the fleet has neither key nor hosts.

    Raises:
        OrchestrateError: hosts exist, but their key does not: nobody can log in to them any more.
    """
    path = journal.keys / "id_ed25519"
    if path.exists() and path.with_suffix(".pub").exists():
        return path
    if found:
        raise OrchestrateError(
            f"the SSH key of fleet {journal.fleet} is gone from {path.parent}, but its hosts exist",
            f"`orchestrate adopt {journal.fleet}` puts a new one in where that can be; else `orchestrate down --name {journal.fleet}`",
        )
    new_key(journal)
    return path


def new_key(journal: Journal) -> str:
    """Make the fleet's key pair, in place of whatever is there; return the public half."""
    path = journal.keys / "id_ed25519"
    journal.keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    _generate(path, comment=f"orchestrate {journal.fleet}")
    return path.with_suffix(".pub").read_text(encoding="utf-8").strip()


def identities(journal: Journal, names: list[str], *, shared: bool) -> dict[str, HostIdentity]:
    """A first host key for each name, or the same one for all; the files are gone when this returns."""
    if shared and names:
        return dict.fromkeys(names, _identity(journal, names[0]))
    return {name: _identity(journal, name) for name in names}


class Pins:
    """The host keys that a host may show, by the provider's id of it, the newest first. Threads may share it."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._lock = Lock()
        self._keys: Mapping[str, tuple[str, ...]] = journal.load("pins", dict[str, tuple[str, ...]]) or {}

    def of(self, host: Host) -> tuple[str, ...]:
        """What is on record; empty before the first contact."""
        return self._keys.get(host.provider_id, ())

    def put(self, host: Host, *keys: str) -> None:
        """Write down, before anything else happens, that these are the host's keys now."""
        with self._lock:
            self._keys = {**self._keys, host.provider_id: keys}
            self._journal.save("pins", dict(self._keys))


def _identity(journal: Journal, host: str) -> HostIdentity:
    path = journal.keys / f"host-{host}"
    _generate(path, comment=host)
    public = path.with_suffix(".pub")
    identity = HostIdentity(
        public_key=" ".join(public.read_text(encoding="utf-8").split()[:2]),
        private_key=path.read_text(encoding="utf-8"),
    )
    path.unlink()
    public.unlink()
    return identity


def _generate(path: Path, *, comment: str) -> None:
    """An Ed25519 key pair without a passphrase."""
    for stale in (path, path.with_suffix(".pub")):
        stale.unlink(missing_ok=True)
    argv = ("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(path))
    try:
        subprocess.run(argv, check=True, capture_output=True, timeout=30)
    except FileNotFoundError as error:
        raise OrchestrateError("ssh-keygen is not installed", "orchestrate doctor --fix") from error
    except subprocess.CalledProcessError as error:
        raise OrchestrateError(
            f"ssh-keygen failed: {error.stderr.decode(errors='replace').strip()}", "orchestrate doctor"
        ) from error
