"""A receipt for each run of each host: when it began and ended, what it came to, why it ended. On the controller's disk."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from gpuhost.elastic.instances import GONE, RUNS, Instance
from gpuhost.elastic.settings import ElasticHost, Settings
from gpuhost.files import text, write

STATE = Path("/var/lib/orchestrate/elastic")
"""The role makes it; it is Slurm's own account's."""


@dataclass(frozen=True)
class Run:
    """One run of one host. Times are UTC, ISO 8601."""

    host: str
    instance: str
    began: str
    ended: str
    hours: float
    usd: float
    why: str


class RunBook:
    """The receipts of a folder, `runs.jsonl`: a line each, the oldest first."""

    def __init__(self, folder: Path = STATE) -> None:
        self.folder = folder
        self._file = folder / "runs.jsonl"

    def read(self) -> tuple[Run, ...]:
        """All of them; what cannot be read is passed over."""
        return tuple(run for run in map(_parsed, text(self._file).splitlines()) if run is not None)

    def add(self, runs: Iterable[Run]) -> None:
        """Put receipts behind the others, those that are there already left out. Raises OSError."""
        there = self.read()
        known = {(run.instance, run.began) for run in there}
        fresh = [run for run in runs if (run.instance, run.began) not in known]
        if fresh:
            lines = (json.dumps(asdict(run)) for run in (*there, *fresh))
            write(self._file, "".join(f"{line}\n" for line in lines), lasting=True)


def _parsed(line: str) -> Run | None:
    try:
        return Run(**json.loads(line))
    except (ValueError, TypeError):
        return None


def run_of(host: ElasticHost, seen: Instance, ended: datetime, why: str) -> Run:
    """The receipt of a run that ends now, or has ended."""
    hours = max((ended - seen.started_at).total_seconds(), 0.0) / 3600
    return Run(
        host=host.name,
        instance=host.instance,
        began=seen.started_at.isoformat(timespec="seconds"),
        ended=max(ended, seen.started_at).isoformat(timespec="seconds"),
        hours=round(hours, 4),
        usd=round(hours * host.usd_per_hour, 4),
        why=why,
    )


def ended_elsewhere(settings: Settings, seen: dict[str, Instance], now: datetime) -> tuple[Run, ...]:
    """Receipts of runs that somebody else ended: the user, a limit, AWS. `RunBook.add` leaves out what it has."""
    found = []
    for host in settings.hosts:
        one = seen.get(host.instance)
        if one is not None and one.state not in RUNS:
            verb = "terminated" if one.state in GONE else "stopped"
            why = f"{verb} by somebody or something else than Slurm{f' ({one.reason})' if one.reason else ''}"
            found.append(run_of(host, one, one.ended_at or now, why))
    return tuple(found)


def hours_run(host: ElasticHost, runs: Iterable[Run], seen: Instance | None, now: datetime) -> float:
    """Hours that a host has run in all, as far as the controller knows: by its receipts, and as it runs now."""
    ended = sum(run.hours for run in runs if run.instance == host.instance)
    if seen is None or seen.state not in RUNS:
        return ended
    return ended + max((now - seen.started_at).total_seconds(), 0.0) / 3600
