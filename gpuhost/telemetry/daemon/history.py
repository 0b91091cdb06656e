"""What the cards did lately, in two rings: each second of ten minutes, and each minute of a day.

A ring is a file of fixed size below /run, in which each record has its place by its number. Nothing of it is kept in memory, and to add one
costs one small write. A record that is read while it is written is at worst a wrong point.
"""

from __future__ import annotations

import json
import math
import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gpuhost.files import content
from gpuhost.telemetry.snapshot import Card, Snapshot

FIGURES = ("utilization_percent", "memory_used_mib", "power_w", "temperature_c", "clock_sm_mhz")
SECONDS, MINUTES = ("history-seconds", 600, 1.0), ("history-minutes", 1440, 60.0)
"""Name of the file, its records, and what is between two."""
_HEAD = 4096
_MIB = 2**20


@dataclass(frozen=True)
class Series:
    """What is on record."""

    cards: tuple[str, ...]
    """UUIDs."""
    every_s: float
    points: tuple[tuple[float, tuple[tuple[float | None, ...], ...]], ...]
    """Oldest first: seconds since 1970, then for each card its FIGURES."""


class History:
    """Both rings."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._cards: tuple[str, ...] | None = None
        self._seconds: Ring | None = None
        self._minutes: Ring | None = None
        self._minute = 0
        self._sums: list[list[float]] = []

    def add(self, snapshot: Snapshot) -> None:
        """The next second. Other cards than before begin new rings. Raises OSError."""
        uuids = tuple(card.uuid for card in snapshot.cards)
        if not uuids or "" in uuids:
            return
        if uuids != self._cards or self._seconds is None or self._minutes is None:
            self._cards, self._sums = uuids, []
            self._seconds, self._minutes = (Ring(self._folder, ring, uuids) for ring in (SECONDS, MINUTES))
        values = [value for card in snapshot.cards for value in _values(card)]
        self._seconds.add(snapshot.taken_at, values)
        if int(snapshot.taken_at // 60) != self._minute:
            if self._sums:
                self._minutes.add(self._minute * 60.0, [_mean(column) for column in zip(*self._sums)])
            self._minute, self._sums = int(snapshot.taken_at // 60), []
        self._sums.append(values)


class Ring:
    """One file."""

    def __init__(self, folder: Path, kind: tuple[str, int, float], cards: Sequence[str]) -> None:
        """Goes on with what there is of the same cards. Raises OSError."""
        name, self._slots, every_s = kind
        self._every_s = every_s
        self._record = struct.Struct(f"<d{len(cards) * len(FIGURES)}f")
        head = json.dumps({"cards": list(cards), "every_s": every_s, "slots": self._slots}).encode()
        path = folder / name
        whole = _HEAD + self._slots * self._record.size
        if content(path)[:_HEAD].rstrip(b"\0") != head or path.stat().st_size != whole:
            path.unlink(missing_ok=True)
            path.write_bytes(head.ljust(_HEAD, b"\0"))
            path.chmod(0o644)
            os.truncate(path, whole)
        self._file = os.open(path, os.O_WRONLY | os.O_CLOEXEC)

    def add(self, at: float, values: Sequence[float]) -> None:
        """Raises OSError."""
        slot = int(at // self._every_s) % self._slots
        os.pwrite(self._file, self._record.pack(at, *values), _HEAD + slot * self._record.size)

    def __del__(self) -> None:
        os.close(self._file)


def recorded(folder: Path, kind: tuple[str, int, float], now: float) -> Series:
    """What a ring holds of its time; nothing where there is none."""
    name, _, every_s = kind
    whole = content(folder / name)
    try:
        head = json.loads(whole[:_HEAD].rstrip(b"\0"))
        cards, slots = tuple(map(str, head["cards"])), int(head["slots"])
        record = struct.Struct(f"<d{len(cards) * len(FIGURES)}f")
        found = sorted(record.iter_unpack(whole[_HEAD : _HEAD + slots * record.size]))
    except (ValueError, KeyError, TypeError, struct.error):
        return Series((), every_s, ())
    oldest = now - slots * every_s - every_s
    return Series(
        cards, every_s, tuple((each[0], _by_card(each[1:])) for each in found if oldest < each[0] <= now)
    )


def _by_card(values: Sequence[float]) -> tuple[tuple[float | None, ...], ...]:
    told = [None if math.isnan(value) else round(value, 2) for value in values]
    return tuple(tuple(told[first : first + len(FIGURES)]) for first in range(0, len(told), len(FIGURES)))


def _values(card: Card) -> list[float]:
    memory = None if card.memory_used_bytes is None else card.memory_used_bytes / _MIB
    found = (card.utilization_percent, memory, card.power_w, card.temperature_c, card.clock_sm_mhz)
    return [math.nan if value is None else float(value) for value in found]


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return sum(known) / len(known) if known else math.nan
