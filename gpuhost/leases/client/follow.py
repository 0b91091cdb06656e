"""Following a job: what it prints and how it does, until it ends or the follower is stopped."""

from __future__ import annotations

import select
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from gpuhost.leases.client.connection import AskError, Connection, GoneError
from gpuhost.leases.policy.words import clock

LOOK_S = 0.2
_AGAIN = 50
"""Looks for which a service that restarts is waited for."""
ENDED = "ended"
CANCELED = 130


class Log:
    """What a job prints, read from where the last reading stopped."""

    def __init__(self, file: Path, offset: int = 0) -> None:
        self._file, self._offset = file, offset

    def copy(self) -> None:
        """Print all that is new. Raises AskError where it may not be read."""
        try:
            with self._file.open("rb") as file:
                file.seek(self._offset)
                while data := file.read(2**16):
                    sys.stdout.buffer.write(data)
                    self._offset += len(data)
            sys.stdout.buffer.flush()
        except PermissionError:
            raise AskError("what this job prints may be read by its user and root alone") from None
        except FileNotFoundError:
            raise AskError("what this job printed is not kept any more") from None


def follow(number: int, now: Callable[[], float], show: Callable[[], None]) -> dict[str, Any]:
    """Call `show` again and again, and say what the job waits for, until it has ended; return it.

    Raises:
        AskError: the service is not there, and does not come back.
    """
    job: dict[str, Any] = {"id": number}
    missed = 0
    while job.get("state") != ENDED:
        try:
            connection = Connection()
            connection.ask({"do": "watch", "id": number})
        except GoneError:
            missed += 1
            if missed > _AGAIN:
                raise
            show()
            select.select([], [], [], LOOK_S)
            continue
        missed = 0
        with closing(connection):
            job = _watched(connection, job, now, show)
    show()
    return job


def _watched(
    connection: Connection, job: dict[str, Any], now: Callable[[], float], show: Callable[[], None]
) -> dict[str, Any]:
    """The job as it was told last: it has ended, or the service has gone."""
    shown = ""
    with suppress(GoneError):
        while job.get("state") != ENDED:
            told = connection.told(LOOK_S)
            if told is not None:
                job = told["job"] or {"id": job["id"], "state": ENDED, "result": "not on record any more"}
            shown = _say_why(job, shown, now())
            show()
    return job


def code_of(job: dict[str, Any]) -> int:
    """The exit code that says how it ended."""
    if job.get("exit_code") is not None:
        return int(job["exit_code"])
    return CANCELED if str(job.get("result", "")).startswith("canceled") else 1


def ended_line(job: dict[str, Any]) -> str:
    """How it ended; empty where it did what it should."""
    result = str(job.get("result", "unknown"))
    return "" if result == "success" else f"job {job.get('id', '?')} has ended: {result}"


def _say_why(job: dict[str, Any], shown: str, now: float) -> str:
    if job.get("state") != "waiting":
        return shown
    at = job.get("starts_at")
    when = f"; starts by {clock(float(at), now)} at the latest" if at else ""
    said = f"job {job['id']} waits: {job.get('why') or 'for its turn'}"
    if said != shown:
        sys.stderr.write(f"{said}{when}\n")
        sys.stderr.flush()
    return said
