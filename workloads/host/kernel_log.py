"""Faults that NVIDIA's driver (Xid) and its switches (SXid) wrote into the kernel's log. Reads only.

The kernel's own buffer first, else the journal's copy of it; who may read neither is told so. A fault carries the time that the
kernel gave it: two of a kind are two, also where the buffer, which is a ring, has dropped the first of them meanwhile.
"""

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress

LOG = "/dev/kmsg"
JOURNAL = (
    *("journalctl", "--dmesg", "--boot", "--no-pager", "--quiet", "--lines=100000", "--output=json"),
    "--output-fields=MESSAGE,SYSLOG_FACILITY,_SOURCE_MONOTONIC_TIMESTAMP",
)
_RECORD_BYTES = 8192
_MOST_RECORDS = 2_000_000
_JOURNAL_TIMEOUT_S = 30
_MARKS = ("Xid (", "fallen off the bus")

_XID = re.compile(
    r"NVRM: Xid \((?:PCI:)?(?P<address>[0-9a-fA-F:.]+)[^)]*\): (?P<number>[0-9]{1,6})(?P<rest>.*)"
)
"""Old drivers write no `PCI:`; a slice of a card (MIG) is named behind the address."""
_SXID = re.compile(
    r"SXid \((?:PCI:)?(?P<address>[0-9a-fA-F:.]+)\): (?P<number>[0-9]{1,6}), (?P<severity>Fatal|Non-fatal)\b"
)
"""The lines of raw data that follow one have no severity."""
_FALLEN = re.compile(
    r"NVRM: (?:The NVIDIA )?GPU (?P<address>[0-9a-fA-F:.]+?):?(?:\s|\\x0a).{0,300}?fallen off the bus",
    re.DOTALL,
)
"""A driver that finds no card any more when it is loaded says so without a number."""
_FATAL = re.compile(r"\bFatal\b")
_RECOVERY = re.compile(r"recovery action changed from .* to 0x(?P<action>[0-9a-fA-F]+)")


def xids(path: str = LOG, journal: tuple[str, ...] = JOURNAL) -> tuple[tuple[str, ...], str] | None:
    """Each as `Xid 79 on 0000:3b:00, at 1234.567890 s`, oldest first, from as far back as is remembered, and where they are from.

    The seconds are the kernel's, from its start. None when neither the buffer nor the journal may be read.
    """
    told = _buffer(path)
    if told is not None:
        return tuple(told), "kernel log"
    told = _journal(journal)
    return None if told is None else (tuple(told), "journal")


def faults(records: Iterator[tuple[float, str]]) -> list[str]:
    """The faults among records of the log: time in seconds, and text."""
    found: dict[str, None] = {}
    fallen: list[tuple[str, float]] = []
    for at_s, text in records:
        if not any(mark in text for mark in _MARKS):
            continue
        found |= {f"{written}, at {at_s:.6f} s": None for written in _in(text)}
        fallen += [(_slot(each["address"]), at_s) for each in _FALLEN.finditer(text)]
    numbered = {each.split(",")[0] for each in found}
    for address, at_s in fallen:
        if f"Xid 79 on {address}" not in numbered:
            found[f"Xid 79 on {address}, at {at_s:.6f} s"] = None
    return list(found)


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


def journalled(lines: Iterator[str]) -> Iterator[tuple[float, str]]:
    """Records of the kernel from the journal's JSON, one a line."""
    for line in lines:
        with suppress(ValueError, TypeError, KeyError, AttributeError, RecursionError):
            entry = json.loads(line)
            if entry.get("SYSLOG_FACILITY", "0") != "0":
                continue
            message = entry["MESSAGE"]
            text = bytes(message).decode(errors="replace") if isinstance(message, list) else str(message)
            yield int(entry.get("_SOURCE_MONOTONIC_TIMESTAMP", 0)) / 1e6, text


def _buffer(path: str) -> list[str] | None:
    try:
        log = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:  # kernel.dmesg_restrict, or a container
        return None
    try:
        return faults(buffered(lambda: os.read(log, _RECORD_BYTES)))
    except OSError:
        return None
    finally:
        os.close(log)


def _journal(argv: tuple[str, ...]) -> list[str] | None:
    """None where it may not be read: then it shows nothing at all of the kernel, which otherwise says something at every start."""
    try:
        done = subprocess.run(
            argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=_JOURNAL_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return None
    lines = done.stdout.decode(errors="replace").splitlines()
    return faults(journalled(iter(lines))) if done.returncode == 0 and lines else None


def _in(text: str) -> Iterator[str]:
    for found in _XID.finditer(text):
        recovery = _RECOVERY.search(found["rest"])
        wanted = recovery is not None and int(recovery["action"], 16) in {1, 2, 4, 6, 7}
        fatal = ", fatal" if wanted or _FATAL.search(found["rest"]) else ""
        yield f"Xid {found['number']} on {_slot(found['address'])}{fatal}"
    for found in _SXID.finditer(text):
        fatal = ", fatal" if found["severity"] == "Fatal" else ""
        yield f"SXid {found['number']} on {_slot(found['address'])}{fatal}"


def _slot(address: str) -> str:
    """Without the function, which only some lines have."""
    return address.lower().rstrip(":").partition(".")[0]
