"""What a line of the kernel's log tells of NVIDIA's cards, switches and driver. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

XID, SXID, LOADED = "Xid", "SXid", "loaded"
"""Kinds of events: a fault of a card; of an NVSwitch; the driver was loaded, which ends all faults before."""

FALLEN_OFF = 79
RECOVERY_ACTION = 154
"""Numbers of Xids: the card fell off its bus; what the driver wants done to it changed."""

_MARKS = ("Xid (", "fallen off the bus", "NVRM: loading NVIDIA UNIX")
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
_LOADED = re.compile(r"^NVRM: loading NVIDIA UNIX")
_FATAL = re.compile(r"\bFatal\b")
_RECOVERY = re.compile(r"recovery action changed from .* to 0x(?P<action>[0-9a-fA-F]+)")
_WANTED = {1, 2, 4, 6, 7}
"""Actions of nvmlDeviceGpuRecoveryAction_t by which a card or host is reset or restarted."""
_MOST_TEXT = 400


@dataclass(frozen=True)
class Event:
    """One thing that the log tells."""

    kind: str
    number: int
    address: str
    """On the PCI bus, without the function; empty for the driver."""
    at_s: float
    """The kernel's time, from its start."""
    text: str
    fatal: bool = False
    """The line itself says that it is."""
    recovered: bool = False
    """The driver wants nothing done to the card any more."""
    numbered: bool = True
    """The line has the number; where it tells in words that a card fell off its bus, another line may have it."""

    @property
    def label(self) -> str:
        """`Xid 79 on 0000:3b:00`."""
        return f"{self.kind} {self.number} on {self.address}{', fatal' if self.fatal else ''}"


def events(records: Iterable[tuple[float, str]]) -> Iterator[Event]:
    """Those of records of the log, each its time in seconds and its text."""
    for at_s, text in records:
        if any(mark in text for mark in _MARKS):
            yield from _in(at_s, text)


def faults(records: Iterable[tuple[float, str]]) -> list[str]:
    """The faults among records of the log, each as `Xid 79 on 0000:3b:00, at 1234.567890 s`."""
    found: dict[str, None] = {}
    in_words: list[Event] = []
    for each in events(records):
        if not each.numbered:
            in_words.append(each)
        elif each.kind != LOADED:
            found[f"{each.label}, at {each.at_s:.6f} s"] = None
    numbered = {written.split(",")[0] for written in found}
    for each in in_words:
        if each.label not in numbered:
            found[f"{each.label}, at {each.at_s:.6f} s"] = None
    return list(found)


def _in(at_s: float, text: str) -> Iterator[Event]:
    told = " ".join(text.split())[:_MOST_TEXT]
    if _LOADED.search(text):
        yield Event(LOADED, 0, "", at_s, told)
    for found in _XID.finditer(text):
        recovery = _RECOVERY.search(found["rest"])
        action = int(recovery["action"], 16) if recovery else None
        fatal = action in _WANTED or bool(_FATAL.search(found["rest"]))
        slot = _slot(found["address"])
        yield Event(XID, int(found["number"]), slot, at_s, told, fatal, recovered=action == 0)
    for found in _SXID.finditer(text):
        slot = _slot(found["address"])
        yield Event(SXID, int(found["number"]), slot, at_s, told, fatal=found["severity"] == "Fatal")
    for found in _FALLEN.finditer(text):
        yield Event(XID, FALLEN_OFF, _slot(found["address"]), at_s, told, numbered=False)


def _slot(address: str) -> str:
    """Without the function, which only some lines have."""
    return address.lower().rstrip(":").partition(".")[0]
