"""What keeps a host from telling of its cards, and which driver's library is installed. Asks no driver."""

from __future__ import annotations

import re
from pathlib import Path

from gpuhost.files import text
from gpuhost.telemetry.snapshot import HUNG, MISMATCH, NO_CARD, NO_DRIVER, UNREADABLE

LIBRARY = "libnvidia-ml.so"
NO_LIBRARY, NOT_LOADED, OTHER_VERSION = 12, 9, 18
"""nvml.h: the library is not there; the driver is not loaded; library and loaded driver are of two versions."""

_VERSION = re.compile(r"libnvidia-ml\.so\.(\d+(?:\.\d+)+)")


def refused(root: Path, code: int, said: str, *, had_cards: bool = False) -> tuple[str, str]:
    """State of the host, and why, where NVML cannot be used at all.

    Args:
        root: of the host's files.
        code: NVML's.
        said: NVML's words for it.
        had_cards: cards answered before, so they are there.
    """
    if code == OTHER_VERSION:
        return MISMATCH, mismatch(loaded(root), "")
    if code not in {NO_LIBRARY, NOT_LOADED}:
        return UNREADABLE, f"NVIDIA's library refuses: {said}"
    found = cards(root)
    if not found and not had_cards:
        return NO_CARD, "this host has no NVIDIA card"
    seen = f"{found} NVIDIA cards" if found > 1 else "an NVIDIA card"
    lacking = "no NVIDIA driver" if code == NO_LIBRARY else "a driver that is installed and not loaded"
    return NO_DRIVER, f"this host has {seen} and {lacking}"


def mismatch(loaded: str, installed: str) -> str:
    """Why programs that start now cannot use the cards."""
    versions = f" ({loaded})" if loaded else ""
    other = f" ({installed})" if installed else ""
    return f"the driver that is loaded{versions} and its installed library{other} are of two versions"


def hung(seconds: float) -> tuple[str, str]:
    """State of the host, and why, where the driver does not answer."""
    return HUNG, f"the driver has not answered for {seconds:.0f} seconds"


def cards(root: Path) -> int:
    """How many are given to this host, by its bus or by device nodes."""
    from gpuhost.probe.cards import display_cards  # what a host with a working driver never needs
    from gpuhost.probe.machine import container

    nodes = len(list((root / "dev").glob("nvidia[0-9]*")))
    return nodes or len(display_cards(root, contained=bool(container(root))))


def loaded(root: Path) -> str:
    """Version of the driver that the kernel runs; empty where none is, or it does not say."""
    return text(root / "sys/module/nvidia/version")


def installed(root: Path, maps: str) -> str:
    """Version of the library that a program which starts now would load; empty where its name does not say.

    Args:
        root: of the host's files.
        maps: of this process (/proc/self/maps), in which the library stands as the file that was loaded, from its folder.
    """
    for line in maps.splitlines():
        file = Path(line.partition("/")[1] + line.partition("/")[2].replace(" (deleted)", ""))
        if file.name.startswith(LIBRARY):
            named = root / file.parent.relative_to("/") / f"{LIBRARY}.1"
            found = _VERSION.fullmatch(named.resolve().name)
            return found[1] if found else ""
    return ""
