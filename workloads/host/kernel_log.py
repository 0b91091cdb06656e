"""Faults that NVIDIA's driver wrote into the kernel's log (Xid). Reads only; who may not read it is told so."""

import os
import re

LOG = "/dev/kmsg"
_RECORD_BYTES = 8192
_MOST_RECORDS = 20_000
_XID = re.compile(r"NVRM: Xid \((?:PCI:)?(?P<address>[0-9a-fA-F:.]+)\): (?P<number>\d+)")


def xids(path: str = LOG) -> tuple[str, ...] | None:
    """Each as `Xid 79 on 0000:3b:00`, oldest first, from as far back as the kernel remembers; None when it may not be read."""
    try:
        log = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return None
    found: list[str] = []
    try:
        for _ in range(_MOST_RECORDS):
            try:
                record = os.read(log, _RECORD_BYTES)
            except BlockingIOError:
                break  # the end
            except BrokenPipeError:
                continue  # what was to come next was overwritten meanwhile
            if not record:
                break
            found += _in(record.decode(errors="replace"))
    except OSError:
        return None
    finally:
        os.close(log)
    return tuple(found)


def _in(text: str) -> list[str]:
    return [f"Xid {found['number']} on {found['address'].lower()}" for found in _XID.finditer(text)]
