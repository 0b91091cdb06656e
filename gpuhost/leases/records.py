"""What role `gpu_leases` sets, and what the service keeps between two starts. What cannot be read is told, and the usual holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from gpuhost.files import write
from gpuhost.leases.daemon.jobs import Book, parse_book
from gpuhost.leases.policy.values import Limits

UNREADABLE = (OSError, ValueError, TypeError, KeyError, AttributeError)


@dataclass(frozen=True)
class Settings:
    """All that is configured."""

    limits: Limits = field(default_factory=Limits)
    mps: Mapping[str, int] = field(default_factory=dict)
    """Cards that are shared by MPS, by UUID or number, and into how many shares."""
    mig: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Cards that are cut up, by UUID or number, and the profiles of their slices."""
    keep_days: float = 14.0
    """Of a job that has ended, its output."""


def read_settings(file: Path) -> Settings:
    """What the file says; without one, what is usual. Raises ValueError where it cannot be read."""
    if not file.exists():
        return Settings()
    try:
        told = json.loads(file.read_text())
        names = {each.name for each in fields(Limits)}
        limits = Limits(**{name: value for name, value in told.items() if name in names})
        layouts = told.get("layouts", {})
        return Settings(
            limits=limits,
            mps={card: int(one["mps"]) for card, one in layouts.items() if "mps" in one},
            mig={card: tuple(map(str, one["mig"])) for card, one in layouts.items() if "mig" in one},
            keep_days=float(told.get("keep_days", Settings.keep_days)),
        )
    except UNREADABLE as error:
        raise ValueError(f"{file} cannot be read: {type(error).__name__}: {error}") from error


def read_book(file: Path) -> tuple[Book, str]:
    """What is on record, and what is wrong with it, empty where nothing is. One that cannot be read is set aside."""
    if not file.exists():
        return Book(), ""
    try:
        told: dict[str, Any] = json.loads(file.read_text())
        return parse_book(told), ""
    except UNREADABLE as error:
        aside = file.with_name(f"{file.name}.unreadable")
        with suppress(OSError):
            file.replace(aside)
        return Book(), f"{file} cannot be read ({type(error).__name__}: {error}); it is {aside} now"


def write_book(file: Path, book: Book) -> None:
    """Replace it, so that it is whole also after a power cut. Raises OSError."""
    write(file, json.dumps(book.as_dict()), lasting=True)
    file.chmod(0o600)
