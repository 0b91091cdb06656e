"""What logins of the host's own desktop start: session, window manager, terminal. They stay what they were while Xfce is beside them.

Debian has each as an alternative, which by itself follows the package of the highest priority, as Xfce's are. What somebody has
decided by hand is left alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.orchestrate.gpu.plugins.module_utils.packages import record
from ansible_collections.orchestrate.gpu.plugins.module_utils.system import files
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.programs import run, succeed

RECORD = Path("/var/lib/misc/vnc-alternatives.json")
NAMES = ("x-session-manager", "x-terminal-emulator", "x-window-manager")
HINT = "see `update-alternatives --get-selections`, and repeat"


@dataclass(frozen=True)
class Alternative:
    """One of them, as update-alternatives has it."""

    by_itself: bool
    """It follows the priorities."""
    value: str
    """The program that it leads to."""
    choices: frozenset[str]


def remember(owner: str, former: Path) -> None:
    """Write down what is there before the first packages of this role are, which an earlier release has on record in `former`."""
    if not RECORD.exists() and owner not in record.read(owner, former):
        there = {name: each.value for name, each in _look().items() if each.by_itself}
        files.write(files.ManagedFile(RECORD, f"{json.dumps(there, sort_keys=True)}\n"))


def keep() -> list[str]:
    """Have what was there before lead where it led; return what was done. Raises HostError."""
    moved = decide(_record(), _look())
    for name, value in moved.items():
        succeed(("update-alternatives", "--set", name, value), HINT)
    return [f"kept {name} at {value}" for name, value in moved.items()]


def decide(before: Mapping[str, str], now: Mapping[str, Alternative]) -> dict[str, str]:
    """The programs that have to be set, by the alternative's name: what leads elsewhere and could lead where it led. Pure."""
    return {
        name: value
        for name, value in before.items()
        if name in now and now[name].by_itself and now[name].value != value and value in now[name].choices
    }


def give_back() -> list[str]:
    """Have them follow the priorities again, once Xfce's packages are gone; return what was done. Raises HostError."""
    before, now = _record(), _look()
    held = [name for name, value in before.items() if name in now and now[name].value == value]
    held = [name for name in held if not now[name].by_itself]
    for name in held:
        succeed(("update-alternatives", "--auto", name), HINT)
    RECORD.unlink(missing_ok=True)
    return [f"{name} follows the priorities again" for name in held]


def parse(text: str) -> Alternative:
    """Of what `update-alternatives --query` prints. Pure."""
    pairs = [line.partition(": ") for line in text.splitlines()]
    fields = {name: value for name, _colon, value in pairs}
    choices = frozenset(value for name, _colon, value in pairs if name == "Alternative")
    return Alternative(fields.get("Status") == "auto", fields.get("Value", ""), choices)


def _look() -> dict[str, Alternative]:
    """Those that the host has."""
    said = {name: run(("update-alternatives", "--query", name)) for name in NAMES}
    return {name: parse(done.stdout) for name, done in said.items() if done.returncode == 0}


def _record() -> dict[str, str]:
    found: dict[str, str] = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    return found
