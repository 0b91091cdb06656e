"""Who used this host's GPUs: GPU-hours held and busy, and energy, by user, job, card and month.

gpuhost usage                     this month's, by user
gpuhost usage --month 2026-10     another month's
gpuhost usage --json              every month's, with jobs and cards
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from gpuhost.telemetry.usage.account import Use, month_of, months, uses

FOLDER = Path("/var/lib/gpuhost/usage")
"""Where the daemon keeps it, each minute anew."""

_KWH = 3.6e6


def main(arguments: Sequence[str], folder: Path = FOLDER) -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(prog="gpuhost usage", description="Who used this host's GPUs.")
    parser.add_argument("--json", action="store_true", help="every month's, with jobs and cards, as JSON")
    parser.add_argument("--month", help="such as 2026-10; without it, this one", default="")
    given = parser.parse_args(arguments)
    wanted = [given.month] if given.month else months(folder) if given.json else [month_of(time.time())]
    found = [use for month in wanted for use in uses(folder, month)]
    told = (
        json.dumps({"uses": [vars(use) for use in found]}) + "\n" if given.json else lines(wanted[0], found)
    )
    sys.stdout.write(told)
    return 0


def lines(month: str, found: Iterable[Use]) -> str:
    """A table for people: a line for each user, who took most first."""
    sums: dict[str, list[float]] = {}
    for use in found:
        values = sums.setdefault(use.user, [0.0, 0.0, 0.0])
        for place, value in enumerate((use.held_s / 3600, use.busy_s / 3600, use.joules / _KWH)):
            values[place] += value
    if not sums:
        return f"nothing is on record of {month}\n"
    rows = [("USER", "GPU-HOURS", "BUSY", "KWH")]
    for user, (held, busy, energy) in sorted(sums.items(), key=lambda item: (not item[0], -item[1][0])):
        rows.append((user or "(nobody)", f"{held:.2f}", f"{busy:.2f}", f"{energy:.3f}"))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    told = (
        "  ".join([row[0].ljust(widths[0]), *(word.rjust(width) for word, width in zip(row[1:], widths[1:]))])
        for row in rows
    )
    return f"{month}\n" + "\n".join(told) + "\n"
