"""Benches of a fleet in its run folder: each has a folder of its own, and the newest can be read again."""

from pathlib import Path

from orchestrator.computer.files import make_private
from orchestrator.errors import UsageError
from orchestrator.journal import Journal
from orchestrator.stages.bench.documents import render_csv, render_html, render_json
from orchestrator.stages.bench.values import Bench

OUTPUTS = "benches/outputs"
"""Where files that the jobs of the bench now running make are kept."""
_FOLDER = "benches"
_LAST = "bench"


def save_bench(journal: Journal, measured: Bench) -> Path:
    """Write the three documents; return their folder. What was measured before stays beside them.

    Raises:
        DiskFullError: no space.
    """
    journal.save(_LAST, measured)
    folder = f"{_FOLDER}/{measured.measured_at:%Y%m%dT%H%M%SZ}-{measured.request.workload}"
    made = journal.folder / OUTPUTS
    if made.is_dir():
        make_private(journal.folder / folder)
        made.rename(journal.folder / folder / made.name)
    journal.write_file(f"{folder}/bench.html", render_html(measured, journal.folder / folder).encode())
    journal.write_file(f"{folder}/bench.csv", render_csv(measured).encode())
    return journal.write_file(f"{folder}/bench.json", render_json(measured).encode()).parent


def last_bench(journal: Journal) -> Bench:
    """The newest bench of the fleet. Raises UsageError where there is none."""
    found = journal.load(_LAST, Bench)
    if found is None:
        raise UsageError(
            f"fleet {journal.fleet} was not measured yet", f"orchestrate bench --name {journal.fleet}"
        )
    return found
