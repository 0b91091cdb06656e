"""The one table of advice: what is seen -> how grave it is, and what to do. Pure.

What an Xid means and what NVIDIA says to do first is from its Xid catalog (docs.nvidia.com/deploy/xid-errors, October 2025), the numbers
of which are in `gpuhost.xid.catalog`; on memory, from GPU Memory Error Management; on heat and power, from nvml.h.
"""

from __future__ import annotations

from dataclasses import dataclass

PROBLEM, WARNING = "problem", "warning"


@dataclass(frozen=True)
class Row:
    """One fault. In its texts stand {uuid} for the card and {detail} for what was read."""

    severity: str
    seen: str
    action: str


_RESET = (
    "end what runs on it and reset it: `sudo nvidia-smi --gpu-reset --id={uuid}`; where that is refused, restart the host; "
    "if it comes back, have the card replaced"
)
_RESTART = "restart the host; if it comes back, look at the card's slot, power and heat, and have it replaced"
_DEBUG = "look for the fault in the program first; if others fail in the same way, run the certificate's jobs again"
_LINKS = (
    "see `nvidia-smi nvlink --status`; restart nvidia-fabricmanager where there are switches; end what runs on the card and reset it: "
    "`sudo nvidia-smi --gpu-reset --id={uuid}`; if it comes back, seat the bridge anew"
)
_COOL = (
    "see that the fans turn, the air's way is free and the room is cool; until then its clocks are held down"
)

HOST = {
    "driver": Row(
        PROBLEM, "{detail}", "restart the host; if that does not load it, apply role nvidia_driver again"
    ),
    "mismatch": Row(
        PROBLEM,
        "{detail}: programs that start now cannot use the cards",
        "end what runs on the cards and restart the host; what runs already goes on until then",
    ),
    "hung": Row(PROBLEM, "{detail}", "restart the host: processes that wait for the driver cannot be ended"),
    "unreadable": Row(
        PROBLEM, "{detail}", "see `nvidia-smi -q` on the host, and what `journalctl --dmesg` says of NVRM"
    ),
}
"""Of a host, by key."""

CARD = {
    "lost": Row(PROBLEM, "it fell off its bus ({detail})", _RESTART),
    "unreadable": Row(PROBLEM, "it does not answer ({detail})", _RESET),
    "recovery": Row(PROBLEM, "its driver asks for a recovery: {detail}", _RESET),
    "ecc-uncorrected": Row(
        PROBLEM, "{detail} uncorrectable memory errors since the driver was loaded", _RESET
    ),
    "row-remap-pending": Row(WARNING, "a faulty memory row is in use until its next reset", _RESET),
    "row-remap-failed": Row(PROBLEM, "a faulty memory row could not be remapped", "have the card replaced"),
    "page-retirement-pending": Row(
        WARNING, "a faulty memory page is in use until the driver is loaded anew", _RESET
    ),
    "pages-retired": Row(
        PROBLEM, "{detail} memory pages are retired, of 64 that there is room for", "have the card replaced"
    ),
    "too-hot": Row(PROBLEM, "it is too warm ({detail})", _COOL),
    "warm": Row(WARNING, "the driver holds its clocks down because it is warm ({detail})", _COOL),
    "power-brake": Row(
        PROBLEM,
        "its clocks are held down from outside ({detail})",
        "look at its power cables and at the host's power supplies, which tell it to take less",
    ),
    "nvlink-down": Row(PROBLEM, "{detail} NVLinks are up", _LINKS),
    "pcie-narrow": Row(
        WARNING,
        "its slot gives it {detail} lanes that it had before",
        "seat the card anew; look at its riser or cable",
    ),
    "stuck-process": Row(
        WARNING,
        "{detail} waits in the kernel for the driver and cannot be ended",
        "wait a few minutes; if it does not go, restart the host",
    ),
}
"""Of a card, by key."""

PAGES_FOR_REPLACEMENT = 60
"""NVIDIA takes a card back from here on (Dynamic Page Retirement, RMA policy)."""

_RESET_OR_RESTART = (46, 48, 62, 64, 92, 94, 95, 109, 119, 120, 136, 140, 143, 158, 171, 172)
XID_ACTIONS = {
    **dict.fromkeys(_RESET_OR_RESTART, _RESET),
    **dict.fromkeys((79, 167), _RESTART),
    **dict.fromkeys((74, 137, 155, *range(144, 151)), _LINKS),
    **dict.fromkeys((8, 11, 13, 31, 32, 37, 38, 43, 44, 45, 68, 69, 80, 121), _DEBUG),
    54: "plug its power cable in, and restart the host",
    63: "nothing now: the row is out of use at its next reset",
    93: "find the program that sets the card's modes all the time",
    110: "have the card looked at by its seller",
    154: _RESET,
    156: "nothing now: the part is out of use at its next reset",
    160: "nothing now: the channel is out of use at its next reset",
}
"""What to do first, by the number of an Xid."""

XID_UNKNOWN = "look the number up in NVIDIA's Xid catalog; if programs fail, restart the host"
SXID_ACTION = "restart nvidia-fabricmanager; if it comes back, restart the host and have its board looked at"
"""Of an NVSwitch."""
