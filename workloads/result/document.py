"""A result as JSON, and on disk: whole or not at all. Decides nothing.

The JSON form is read by others: keys are added, never renamed or removed, without raising `SCHEMA`.
"""

import contextlib
import json
import math
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from workloads.result import Result

SCHEMA = 2


def to_json(result: Result) -> dict[str, object]:
    """The stable JSON form. JSON knows no NaN: a figure that is not finite is left out or null, its check says so."""
    evidence = result.evidence
    return {
        "schema": SCHEMA,
        "workload": result.arguments.workload,
        "attempt": result.arguments.attempt,
        "status": result.status,
        "started_at": result.started_at.isoformat(),
        "finished_at": result.finished_at.isoformat(),
        "duration_s": result.duration_s,
        "host": asdict(result.host),
        "arguments": {name: _plain(asked) for name, asked in asdict(result.arguments).items()},
        "versions": result.versions,
        "device": {
            "requested": result.arguments.device,
            "used": result.used or "",
            "devices": [asdict(device) for device in result.devices],
        },
        "cards": asdict(evidence.cards) if evidence.cards else None,
        "data": [asdict(file) for file in evidence.data],
        "known_answers": [_finite(asdict(answer)) for answer in evidence.known_answers],
        "settings": [asdict(setting) for setting in evidence.settings],
        "gpus": {
            "allocated": list(evidence.allocated),
            "before": asdict(evidence.gpus_before) if evidence.gpus_before else None,
            "after": asdict(evidence.gpus_after) if evidence.gpus_after else None,
        },
        "notes": list(evidence.notes),
        "checks": [asdict(made) for made in result.checks],
        "metrics": {name: value for name, value in result.metrics.items() if math.isfinite(value)},
        "curve": [asdict(point) for point in result.curve if math.isfinite(point.loss + point.accuracy)],
        "tables": {name: [_finite(row) for row in rows] for name, rows in result.tables.items()},
        "files": [asdict(file) for file in result.files],
        "error": asdict(result.failure) if result.failure else None,
    }


def write(result: Result, path: Path) -> None:
    """Put the result at `path` whole or not at all, and have it on the disk on return. Raises OSError."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with draft.open("w", encoding="utf-8") as file:
            json.dump(to_json(result), file, indent=2, allow_nan=False)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _plain(asked: object) -> object:
    """Several values as they are typed, between commas: whoever reads results knows no lists there."""
    return ",".join(map(str, asked)) if isinstance(asked, tuple | list) else asked


def _finite(facts: Mapping[str, object]) -> dict[str, object]:
    return {
        name: None if isinstance(fact, float) and not math.isfinite(fact) else fact
        for name, fact in facts.items()
    }
