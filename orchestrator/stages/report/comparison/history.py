"""The reports that a fleet's run folder keeps, and how one of them is named on the command line.

sandbox                      the last one of fleet sandbox, also after `down`
sandbox@2                    the second before that one
./a-run-folder, record.json  a run folder that was moved or sent, or its record
"""

import re
from dataclasses import dataclass
from pathlib import Path

from orchestrator.errors import UsageError
from orchestrator.journal import Journal, fleet_names, read_value
from orchestrator.stages.report.comparison.values import Named
from orchestrator.stages.report.record import RunRecord

_FOLDER = "reports"
_KEPT = 20
"""Reports of one fleet. A record of one host has some 100 KB."""
_RECORD = "record.json"
_EARLIER = re.compile(r"(?P<fleet>[^@/]+)(?:@(?P<number>\d+))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptReport:
    """One on record, with the name that `--compare` takes."""

    name: str
    path: Path


def keep_report(journal: Journal, record: RunRecord) -> None:
    """Save the record as the fleet's last, and beside those before it; the oldest beyond `_KEPT` go.

    Raises:
        DiskFullError: no space; what was there is untouched.
    """
    journal.save(f"{_FOLDER}/{record.generated_at:%Y%m%dT%H%M%SZ}", record)
    journal.save(_RECORD.removesuffix(".json"), record)
    for old in _files(journal.folder)[_KEPT:]:
        old.unlink(missing_ok=True)


def kept_reports(journal: Journal) -> tuple[KeptReport, ...]:
    """Newest first, those of run folders that `down` set aside among them; none before the fleet's first validation."""
    folders = (journal.folder, *journal.ended())
    files = [path for folder in folders for path in _files(folder) or (folder / _RECORD,) if path.exists()]
    return tuple(
        KeptReport(name=f"{journal.fleet}@{number}" if number else journal.fleet, path=path)
        for number, path in enumerate(files)
    )


def named_report(name: str, root: Path) -> Named:
    """The report that a word of the command line means.

    Args:
        name: of a fleet, `FLEET@N`, or the path of a run folder or of a record.
        root: the state folder.

    Raises:
        UsageError: there is none; says which there are.
        OrchestrateError: the file is no record.
    """
    path = Path(name).expanduser()
    if path.is_dir() and (path / _RECORD).exists():
        path = path / _RECORD
    if path.is_file():
        return Named(name=path.parent.name if path.name == _RECORD else path.stem, record=_read(path))
    asked = _EARLIER.fullmatch(name)
    if asked is None:
        raise UsageError(
            f"there is no {path}", "name a fleet, FLEET@1 for its report before the last, or a run folder"
        )
    fleet, number = asked["fleet"], int(asked["number"] or 0)
    kept = kept_reports(Journal(fleet, root))
    if not kept:
        known = ", ".join(other for other in fleet_names(root) if kept_reports(Journal(other, root)))
        raise UsageError(
            f"fleet {fleet} has no report", f"name one that has: {known}" if known else "orchestrate up"
        )
    if number >= len(kept):
        raise UsageError(
            f"fleet {fleet} has {len(kept)} {'report' if len(kept) == 1 else 'reports'}, so none is {name}",
            f"orchestrate report --list --name {fleet}",
        )
    return Named(name=name, record=_read(kept[number].path))


def _read(path: Path) -> RunRecord:
    return read_value(path, RunRecord, "name another report, or make one: `orchestrate validate`")


def _files(folder: Path) -> list[Path]:
    """Newest first: a file's name is its report's date."""
    return sorted((folder / _FOLDER).glob("*.json"), reverse=True)
