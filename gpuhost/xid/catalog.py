"""What the faults mean that NVIDIA's driver (Xid) and its switches (SXid) write into the kernel's log. Pure.

Numbers, meanings and first actions are those of NVIDIA's Xid catalog (docs.nvidia.com/deploy/xid-errors, October 2025), and for
Volta and older those of its earlier list. An SXid says itself whether it is fatal (Fabric Manager User Guide, appendix D).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

FAULTS = {
    46: "it stopped processing and has to be reset",
    48: "double-bit memory error",
    54: "its auxiliary power is not connected",
    62: "halt of a controller inside",
    64: "a memory row or page could not be retired",
    74: "NVLink error",
    79: "fell off the bus",
    92: "high rate of single-bit memory errors",
    94: "contained memory error",
    95: "uncontained memory error",
    110: "security fault",
    119: "its system processor does not answer",
    120: "error of its system processor",
    136: "an NVLink could not be trained",
    140: "unrecovered memory error",
    143: "it could not be initialised",
    155: "NVLink error that software defined",
    158: "fatal timeout",
    167: "fatal timeout on PCIe",
    171: "uncorrectable error of its DRAM",
    172: "uncorrectable error of its SRAM",
}
"""For these the catalog has the card reset, restarted with its host, looked at or replaced, or its memory is at fault."""

PROGRAMS = {
    8: "a program kept it from processing",
    11: "corrupted commands of a program",
    13: "exception in a program",
    31: "memory page fault of a program",
    32: "corrupted commands of a program",
    37: "error of the driver's firmware",
    38: "error of the driver's firmware",
    43: "a program's work was stopped",
    44: "fault at a change of context",
    45: "work was cleaned up after an earlier error",
    63: "a memory row or page was retired",
    68: "exception of the video decoder",
    69: "illegal command of a program",
    80: "corrupted data of a program",
    93: "its InfoROM is written too often",
    109: "a change of context took too long",
    121: "corrected error between processor and card",
    137: "a program reached over NVLink where it may not",
    156: "a part was retired; it is out of use at the next reset",
    160: "a memory channel was retired",
}
"""For these it has the program restarted, or nothing done: they are notes. So is every number that is in neither list."""

BY_THEIR_WORD = frozenset({*range(144, 151), 154})
"""NVLink of Blackwell and the driver's advice to reset: a fault where the line says so."""

_WRITTEN = re.compile(
    r"(?P<kind>S?Xid) (?P<number>[0-9]{1,6}) (?:on )?\(?(?P<address>[0-9a-f:.]{1,20})\)?(?P<fatal>, fatal)?(?:, at .*)?"
)


@dataclass(frozen=True)
class Xid:
    """One fault."""

    kind: str
    """`Xid` of a card, `SXid` of an NVSwitch."""
    number: int
    address: str
    """On the PCI bus."""
    fatal: bool
    """The line itself says that it is."""

    @property
    def label(self) -> str:
        """Without its time: `Xid 79 on 0000:3b:00`."""
        return f"{self.kind} {self.number} on {self.address}"

    @property
    def meaning(self) -> str:
        """In words; empty where nothing is known of it."""
        if self.kind == "SXid":
            return "fatal error of an NVSwitch" if self.fatal else "error of an NVSwitch that is not fatal"
        if self.number == 154:
            return "the driver wants the card reset or the host restarted" if self.fatal else ""
        if self.number in BY_THEIR_WORD:
            return f"{'fatal ' if self.fatal else ''}NVLink error"
        return FAULTS.get(self.number) or PROGRAMS.get(self.number, "")

    @property
    def is_fault(self) -> bool:
        """Of the card or of a switch, not of a program."""
        if self.kind == "SXid" or self.number in BY_THEIR_WORD:
            return self.fatal
        return self.number in FAULTS


def parsed(written: str) -> Xid | None:
    """A fault as the log's reader writes it, `Xid 79 on 0000:3b:00, at 1234.567890 s`; None for anything else."""
    found = _WRITTEN.fullmatch(written)
    if found is None:
        return None
    return Xid(
        kind=found["kind"],
        number=int(found["number"]),
        address=found["address"],
        fatal=found["fatal"] is not None,
    )
