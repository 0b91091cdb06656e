"""Who used the GPUs of hosts that are gone: the last account of each, kept for as long as nobody removes it.

    <state>/usage/<fleet>/<host>-<digest of its provider's name for it>.json

A host that is made anew under the same name has another of those, and so an account of its own.
"""

import hashlib
from dataclasses import replace
from pathlib import Path

from orchestrator.computer.files import make_private, write_atomically
from orchestrator.journal import read_value
from orchestrator.models import Host
from orchestrator.telemetry.values import HostUse, Reach
from orchestrator.type_adapters import adapter_of

_FOLDER = "usage"


def keep(root: Path, host: Host, said: HostUse) -> None:
    """Keep what a host said before it goes, instead of what it said earlier; nothing where nobody used a card.

    Raises OrchestrateError where it cannot be written.
    """
    if said.uses:
        folder = root / _FOLDER / host.fleet
        make_private(folder)
        content = adapter_of(HostUse).dump_json(replace(said, reach=Reach.GONE), indent=2)
        write_atomically(folder / file_of(host), content + b"\n")


def kept(root: Path, fleet: str) -> dict[str, HostUse]:
    """The accounts of a fleet's hosts, by the names of their files. Raises OrchestrateError where one cannot be read."""
    files = sorted((root / _FOLDER / fleet).glob("*.json"))
    hint = "move the file away and repeat the command"
    return {path.name: read_value(path, HostUse, hint) for path in files}


def file_of(host: Host) -> str:
    """What the file with the host's account is called."""
    return f"{host.name}-{hashlib.sha256(host.provider_id.encode()).hexdigest()[:12]}.json"
