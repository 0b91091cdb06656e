"""The file that says where a rehearsal is, and whether the process that it names still lives."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from orchestrator.computer.files import write_atomically
from orchestrator.journal import owner

CALLS, END, FAULTS, HOLDINGS = (f"/rehearsal/{word}" for word in ("calls", "end", "faults", "holdings"))
"""What the process can be told, beside AWS's requests."""

CLOCK = "/rehearsal/clock"
"""Takes seconds by which the account's time moves on, and answers what time it is then."""

_SAME_S = 1.0
"""Two readings of when a process was started differ by less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A rehearsal's process."""

    pid: int
    url: str
    started: float
    """When the process was, in seconds since 1970: another one may have its number by now."""


def folder(state: Path) -> Path:
    """Where a rehearsal keeps its file and its log."""
    return state / "rehearsal"


def path(state: Path) -> Path:
    """The file."""
    return folder(state) / "server.json"


def log(state: Path) -> Path:
    """What the rehearsal's process says."""
    return folder(state) / "server.log"


def mark(state: Path) -> str:
    """What containers, networks and images of the state folder's rehearsal are known by: its owner's mark.

    Not its path: two people may have the same one, on two computers that share an engine.
    """
    return owner(state)


def write(state: Path, record: Record) -> None:
    """Replace the file in one step."""
    folder(state).mkdir(parents=True, exist_ok=True)
    write_atomically(path(state), json.dumps(asdict(record)).encode())


def read(state: Path) -> Record | None:
    """The rehearsal that runs; None when there is none, or when its process is gone."""
    import psutil

    try:
        known = Record(**json.loads(path(state).read_bytes()))
        process = psutil.Process(known.pid)
        started = 0.0 if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except (OSError, ValueError, TypeError, psutil.Error):
        return None
    return known if abs(started - known.started) < _SAME_S else None
