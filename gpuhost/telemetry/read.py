"""What this host's cards say, for whoever asks once: from the daemon where it runs, else collected by a process of its own. Changes nothing."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path

from gpuhost import program
from gpuhost.files import content
from gpuhost.telemetry.hang import hung
from gpuhost.telemetry.snapshot import UNREADABLE, Snapshot, from_dict

FILE = Path("/run/gpuhost/snapshot.json")
"""Where the daemon writes its last collection, each second."""

FRESH_S = 3.0
ANSWER_S = 20.0
"""The library needs two seconds to wake a card that nobody uses."""

COLLECT = ("gpus", "--collect")
"""The subcommand that collects and prints, whatever the daemon does."""
CARDS_ALONE = "--cards-alone"
"""Its option that leaves out the kernel's log, which takes long to read where only the journal has it."""

UNREADABLES = (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError)


def latest(file: Path = FILE) -> Snapshot | None:
    """The daemon's, where it is at most FRESH_S old; None without a daemon, or where it is stuck."""
    found = last(file)
    return found if found and abs(time.time() - found.taken_at) <= FRESH_S else None


def last(file: Path = FILE) -> Snapshot | None:
    """The daemon's last one, however old; None without any."""
    try:
        return from_dict(json.loads(content(file)))
    except UNREADABLES:
        return None


def now(file: Path = FILE) -> Snapshot:
    """The daemon's, or one that is collected for this; a driver that hangs is a snapshot that says so."""
    return latest(file) or collected()


def collected(seconds: float = ANSWER_S) -> Snapshot:
    """One that a process of its own collects; it is given up after so many seconds."""
    return Collections().collected(seconds)


class Collections:
    """Snapshots that processes of their own collect, one at a time: one that waits for a driver which hangs cannot be ended."""

    def __init__(self, *, cards_alone: bool = False) -> None:
        """`cards_alone`: faults that the kernel's log tells of do not matter."""
        self._words = (*COLLECT, CARDS_ALONE) if cards_alone else COLLECT
        self._waiting: subprocess.Popen[bytes] | None = None
        self._since = 0.0

    def now(self, file: Path = FILE) -> Snapshot:
        """As `now`, for whoever looks again and again."""
        return latest(file) or self.collected()

    def collected(self, seconds: float = ANSWER_S) -> Snapshot:
        """One that is collected now; it is given up after so many seconds, and not asked for again until that process is gone."""
        at, name = time.time(), os.uname().nodename
        if self._waiting is not None and self._waiting.poll() is None:
            return hung(at, at - self._since)
        self._since = at
        try:
            child, answer, complaint = program.ask(*self._words, seconds=seconds)
        except (OSError, subprocess.SubprocessError) as cause:
            return Snapshot(taken_at=at, host=name, state=UNREADABLE, why=f"nothing can be started: {cause}")
        if child.returncode is None:
            self._waiting = child
            return hung(time.time(), seconds)
        try:
            return from_dict(json.loads(answer))
        except UNREADABLES:
            lines = complaint.strip().splitlines() or [f"exit code {child.returncode}"]
            return Snapshot(
                taken_at=at, host=name, state=UNREADABLE, why=f"the collection ended: {lines[-1]}"
            )
