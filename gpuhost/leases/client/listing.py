"""The jobs of a host: `gpuhost jobs`."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterable, Sequence
from typing import Any

from gpuhost.leases.client.connection import AskError, everything
from gpuhost.leases.policy.words import clock, length

LONGEST = 70
"""Characters of a command that are shown."""
RECENT_S = 86400.0
"""Jobs that ended longer ago are shown where they are asked for."""


def main(arguments: Sequence[str]) -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(prog="gpuhost jobs", description="Jobs of this host.")
    parser.add_argument("--all", action="store_true", help="also those that ended more than a day ago")
    parser.add_argument("--mine", action="store_true", help="one's own alone")
    parser.add_argument("--json", action="store_true", help="as JSON")
    given = parser.parse_args(arguments)
    try:
        found = everything()["jobs"]
    except AskError as error:
        sys.stderr.write(f"gpuhost jobs: {error}\n")
        return 2
    now = time.time()
    if given.mine:
        found = [job for job in found if job["uid"] == os.getuid()]
    if not given.all:
        found = [job for job in found if job["state"] != "ended" or (job["ends_at"] or 0) > now - RECENT_S]
    sys.stdout.write(json.dumps(found) + "\n" if given.json else table(jobs_rows(found, now)))
    return 0


def jobs_rows(found: Iterable[dict[str, Any]], now: float) -> list[tuple[str, ...]]:
    """The table of jobs."""
    rows: list[tuple[str, ...]] = [("JOB", "USER", "STATE", "GPUS", "TIME", "COMMAND")]
    for job in found:
        state, start, end = job["state"], job["starts_at"], job["ends_at"]
        spent = length((min(end or now, now) if state == "ended" else now) - start) if start else ""
        if state == "waiting":
            spent = f"by {clock(start, now)}" if start else ""
        gpus = ", ".join(job["labels"]) or (str(job["gpus"]) if job["gpus"] else "none")
        part = f" ({job['fraction']:.0%})" if job["fraction"] else ""
        how = job["result"] if state == "ended" else "is ended" if job["stopping"] else state
        rows.append(
            (str(job["id"]), job["user"], how, gpus + part, spent, (job["name"] or job["command"])[:LONGEST])
        )
    return rows


def table(rows: list[tuple[str, ...]]) -> str:
    """Columns of equal width."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows)
    return "".join(f"{line}\n" for line in lines)
