"""What dpkg has installed, and the one record of which role brought what. The record is replaced in one step."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from ansible_collections.orchestrate.gpu.plugins.module_utils.system import files

RECORD = Path("/var/lib/misc/orchestrate-packages.json")
DPKG_STATUS = Path("/var/lib/dpkg/status")
EXTENDED_STATES = Path("/var/lib/apt/extended_states")
FINISHED = ("installed", "config-files", "not-installed")
"""What dpkg calls the state of a package that it is done with."""


@dataclass(frozen=True)
class Package:
    """What dpkg knows of a package that is installed."""

    version: str
    held: bool = False


@dataclass(frozen=True)
class Owned:
    """What one role has to do with packages."""

    asked: tuple[str, ...] = ()
    """Names that it asked for, there before or not."""
    brought: tuple[str, ...] = ()
    """Names that were not there before it, with all that came along."""
    held: tuple[str, ...] = ()
    """Names that it holds."""
    pending: bool = False
    """A change was begun, and perhaps not ended."""
    keep: bool = False
    """What it asked for stays for good: it takes nothing away."""


def installed() -> dict[str, Package]:
    """By name; a package of a foreign architecture as `name:architecture`, as apt prints it."""
    found = {}
    for fields in _stanzas(DPKG_STATUS):
        if fields.get("Status", "").endswith(" installed"):
            held = fields["Status"].startswith("hold ")
            found[fields["Package"], fields["Architecture"]] = Package(fields["Version"], held)
    native = {"all", *(architecture for name, architecture in found if name == "dpkg")}
    return {
        name if architecture in native else f"{name}:{architecture}": package
        for (name, architecture), package in found.items()
    }


def unfinished() -> bool:
    """Whether dpkg was cut short, by whatever: a package is neither installed nor removed, or its status is yet to be merged."""
    states = (each.get("Status", "").split()[1:] for each in _stanzas(DPKG_STATUS))
    halves = (state for state in states if state and (state[0] != "ok" or state[1] not in FINISHED))
    return any(halves) or any(DPKG_STATUS.with_name("updates").glob("[0-9]*"))


def automatic() -> set[str]:
    """Names of the packages that came because others need them, as apt has it."""
    return {each["Package"] for each in _stanzas(EXTENDED_STATES) if each.get("Auto-Installed") == "1"}


def read(owner: str, former: Path | None = None) -> dict[str, Owned]:
    """All that is on record, by role; of this one what an earlier release wrote elsewhere, where nothing else is known."""
    given = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    found = {role: _owned(each) for role, each in given.items()}
    if owner not in found and former is not None and former.exists():
        found[owner] = formerly(former.read_text(encoding="utf-8"), installed())
    return found


def formerly(text: str, packages: Mapping[str, Package]) -> Owned:
    """A record of an earlier release: names as lines, a list of them, or an object with those that were asked for. Pure."""
    given = json.loads(text) if text.lstrip()[:1] in ("[", "{") else text.split()
    kept = {"asked": given["roots"], "brought": given["brought"]} if isinstance(given, dict) else {}
    brought = tuple(kept.get("brought", given))
    held = tuple(name for name in brought if name in packages and packages[name].held)
    return Owned(tuple(kept.get("asked", brought)), brought, held, pending=True)


def write(records: Mapping[str, Owned]) -> None:
    """Replace the record; without anything in it there is none."""
    kept = {role: asdict(owned) for role, owned in records.items() if owned != Owned()}
    if not kept:
        RECORD.unlink(missing_ok=True)
        return
    files.write(files.ManagedFile(RECORD, json.dumps(kept, indent=1, sort_keys=True) + "\n"))


def _owned(given: Mapping[str, list[str]]) -> Owned:
    lists = {name: tuple(given[name]) for name in ("asked", "brought", "held")}
    return Owned(**lists, pending=bool(given["pending"]), keep=bool(given.get("keep")))


def _stanzas(path: Path) -> list[dict[str, str]]:
    text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    return [
        dict(line.split(": ", 1) for line in stanza.splitlines() if ": " in line and line[0] != " ")
        for stanza in text.split("\n\n")
    ]
