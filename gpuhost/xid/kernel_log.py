"""The kernel's log, read for what NVIDIA's driver and its switches wrote into it. Reads only.

The kernel's own buffer first, else the journal's copy of it; who may read neither is told so. A fault carries the time that the
kernel gave it: two of a kind are two, also where the buffer, which is a ring, has dropped the first of them meanwhile.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

from gpuhost.xid.lines import Event, events, faults

LOG = "/dev/kmsg"
JOURNAL = (
    *("journalctl", "--dmesg", "--boot", "--no-pager", "--quiet", "--lines=100000", "--output=json"),
    "--output-fields=MESSAGE,SYSLOG_FACILITY,_SOURCE_MONOTONIC_TIMESTAMP",
)
_RECORD_BYTES = 8192
_MOST_RECORDS = 2_000_000
_JOURNAL_TIMEOUT_S = 30


class Follower:
    """The kernel's buffer, kept open: each look reads what is new."""

    def __init__(self, path: str = LOG) -> None:
        """Raises OSError where it may not be read: kernel.dmesg_restrict, or a container."""
        self._log = os.open(path, os.O_RDONLY | os.O_NONBLOCK)

    def new(self) -> list[Event]:
        """What it has since the last look, at first all that it still has. Raises OSError."""
        return list(events(buffered(lambda: os.read(self._log, _RECORD_BYTES))))

    def close(self) -> None:
        """Look no more."""
        os.close(self._log)


def logged(path: str = LOG, journal: tuple[str, ...] = JOURNAL) -> list[Event] | None:
    """All events, oldest first, from as far back as is remembered. None when neither the buffer nor the journal may be read."""
    records = _buffer(path)
    if records is None:
        records = _journal(journal)
    return None if records is None else list(events(records))


def xids(path: str = LOG, journal: tuple[str, ...] = JOURNAL) -> tuple[tuple[str, ...], str] | None:
    """Each as `Xid 79 on 0000:3b:00, at 1234.567890 s`, oldest first, from as far back as is remembered, and where they are from.

    The seconds are the kernel's, from its start. None when neither the buffer nor the journal may be read.
    """
    records = _buffer(path)
    if records is not None:
        return tuple(faults(records)), "kernel log"
    records = _journal(journal)
    return None if records is None else (tuple(faults(records)), "journal")


def buffered(read: Callable[[], bytes]) -> Iterator[tuple[float, str]]:
    """Records of the kernel's buffer, in the form of Documentation/ABI/testing/dev-kmsg; what programs wrote there is left out.

    Args:
        read: the next record; raises BlockingIOError behind the last, BrokenPipeError where the next was overwritten meanwhile.
    """
    for _ in range(_MOST_RECORDS):
        try:
            record = read()
        except BlockingIOError:
            return
        except BrokenPipeError:
            continue
        if not record:
            return
        head, _, text = record.decode(errors="replace").partition(";")
        fields = head.split(",")
        with suppress(ValueError, IndexError):
            priority, microseconds = int(fields[0]), int(fields[2])
            if priority < 8:  # facility 0: the kernel
                yield microseconds / 1e6, text


def journalled(lines: Iterable[str]) -> Iterator[tuple[float, str]]:
    """Records of the kernel from the journal's JSON, one a line."""
    for line in lines:
        with suppress(ValueError, TypeError, KeyError, AttributeError, RecursionError):
            entry = json.loads(line)
            if entry.get("SYSLOG_FACILITY", "0") != "0":
                continue
            message = entry["MESSAGE"]
            text = bytes(message).decode(errors="replace") if isinstance(message, list) else str(message)
            yield int(entry.get("_SOURCE_MONOTONIC_TIMESTAMP", 0)) / 1e6, text


def _buffer(path: str) -> list[tuple[float, str]] | None:
    try:
        log = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:  # kernel.dmesg_restrict, or a container
        return None
    try:
        return list(buffered(lambda: os.read(log, _RECORD_BYTES)))
    except OSError:
        return None
    finally:
        os.close(log)


def _journal(argv: tuple[str, ...]) -> list[tuple[float, str]] | None:
    """None where it may not be read: then it shows nothing at all of the kernel, which otherwise says something at every start."""
    try:
        done = subprocess.run(
            argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=_JOURNAL_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return None
    lines = done.stdout.decode(errors="replace").splitlines()
    return list(journalled(lines)) if done.returncode == 0 and lines else None
