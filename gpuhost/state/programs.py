"""Digests of what is not a file: units as systemd has them, the firewall's rules in the kernel, kernel, modules and cards."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from gpuhost.files import text
from gpuhost.systemd import shown_units

TABLE = ("inet", "orchestrate")
"""The firewall's table in the kernel; others are other programs' business, and fail2ban's change with each guess at a password."""
MODULES = ("nouveau", "nvidia")
"""Beginnings of the names of kernel modules that matter."""

_PROPERTIES = "Id,Type,LoadState,ActiveState,UnitFileState,NeedDaemonReload,RemainAfterExit"
_KINDS = (".service", ".socket", ".timer", ".path")
_STARTED = frozenset(
    {"enabled", "enabled-runtime", "linked", "linked-runtime", "masked", "masked-runtime", "bad"}
)
_NOT_STARTED = "disabled"
"""States of units that somebody decided on; others come and go with what needs them. What is disabled and does not run is
listed by systemd or not, as it happens."""
_TIMEOUT_S = 30
_DISPLAY = "0x03"
"""PCI base class of display controllers."""


def digests(root: Path) -> dict[str, str]:
    """By section: `systemd`, `firewall`, `kernel` and `hardware`."""
    sections = {
        "systemd": units(systemd()),
        "firewall": _output(("nft", "--stateless", "list", "table", *TABLE)).splitlines(),
        "kernel": [text(root / "proc/sys/kernel/osrelease"), os.uname().machine, *_modules(root)],
        "hardware": list(_cards(root)),
    }
    return {name: hashlib.sha256("\n".join(lines).encode()).hexdigest() for name, lines in sections.items()}


def systemd() -> str:
    """What systemd says of all units that it has loaded, for `units`."""
    return _output(("systemctl", "show", "*", f"--property={_PROPERTIES}"))


def units(said: str) -> list[str]:
    """A line for each unit that somebody decided on, of what `systemctl show` prints of all."""
    lines = []
    for unit in shown_units(said):
        if not unit["Id"].endswith(_KINDS):
            continue
        runs_anyway = unit.get("UnitFileState") == _NOT_STARTED and unit["ActiveState"] == "active"
        if unit.get("UnitFileState") not in _STARTED and not runs_anyway:
            continue
        # Started by its timer, and ended a moment later: whether it runs just now says nothing.
        passes = unit.get("Type") == "oneshot" and unit.get("RemainAfterExit") != "yes"
        state = "" if passes else unit["ActiveState"]
        lines.append(
            f"{unit['Id']} {unit['LoadState']} {unit['UnitFileState']} {unit['NeedDaemonReload']} {state}"
        )
    return sorted(lines)


def _modules(root: Path) -> Iterator[str]:
    names = sorted(line.split()[0] for line in text(root / "proc/modules").splitlines())
    yield from (name for name in names if name.startswith(MODULES))
    yield text(root / "proc/driver/nvidia/version")


def _cards(root: Path) -> Iterator[str]:
    for device in sorted((root / "sys/bus/pci/devices").glob("*")):
        if text(device / "class").startswith(_DISPLAY):
            yield f"{device.name} {text(device / 'vendor')} {text(device / 'device')}"


def _output(argv: tuple[str, ...]) -> str:
    """What the program prints; what it says where it fails, and empty where it is not installed."""
    if shutil.which(argv[0]) is None:
        return ""
    ended = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=_TIMEOUT_S)
    return ended.stdout or ended.stderr
