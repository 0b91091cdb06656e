"""Packages of the distribution that a role needs: install them, and take away all that came with it or nothing. As root."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from ansible_collections.orchestrate.gpu.plugins.module_utils.jupyter.system_packages import (
    _apt,
    _installed,
    _simulated,
    install,
    installed_by_role,
)


def missing(names: Sequence[str]) -> list[str]:
    """Those that are not installed."""
    return sorted(set(names) - _installed())


def add(names: Sequence[str]) -> None:
    """Have these installed, for good. Raises BuildError with what apt says."""
    _apt("update")
    _apt("install", *names)


def add_on_record(names: Sequence[str], record: Path) -> None:
    """Have these installed after fetching the package lists; what comes is on record before it is installed."""
    renew(record)
    _apt("update")
    install(names, record)


def purge_unless_needed(record: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Purge what is on record, all or nothing; return its names, and what else would go, so that all of it stayed."""
    renew(record)
    names = installed_by_role(record)
    others = tuple(sorted(_simulated("(?:Remv|Purg)", "purge", *names).difference(names))) if names else ()
    if names and not others:
        _apt("purge", *names)
    record.unlink(missing_ok=True)
    return names, others


def renew(record: Path) -> None:
    """Role firewall wrote a name on each line before it was a module; it is a list of JSON from now on."""
    text = record.read_text(encoding="utf-8") if record.exists() else ""
    if text and not text.startswith("["):
        record.write_text(json.dumps(text.split()) + "\n", encoding="utf-8")
