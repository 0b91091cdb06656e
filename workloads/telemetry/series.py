"""What was read of the cards while a job ran, as series over time: merged where there are many readings. Reads nothing itself.

A figure that a card does not have is None, never zero.
"""

import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from workloads.result import Row

TABLE = "telemetry"
SUMMARY = "telemetry_summary"
MOST_ROWS = 600
"""Of the table, all cards together: a page can draw it, and a result stays far below what is fetched."""
MOST_KEPT = 4096
"""Stretches of a card that are kept while the job runs: 13 minutes at five a second, then each is merged with its neighbour."""

MEANS = ("utilization_percent", "power_w", "clock_sm_mhz", "clock_memory_mhz")
HIGHEST = (
    "memory_used_mib",
    "temperature_c",
    "ecc_corrected",
    "ecc_uncorrected",
    "rows_remapped",
    "row_remap_pending",
    "pcie_replays",
)
LOWEST = ("pcie_generation", "pcie_width")
FIGURES = (*MEANS, *HIGHEST, *LOWEST)
"""Each is a column, in which a stretch has its mean, its highest or its lowest value."""

THROTTLING = {
    0x2: "clocks were set",
    0x4: "power limit",
    0x8: "hardware slowdown",
    0x10: "clocks of a group of cards",
    0x20: "too warm (software)",
    0x40: "too warm (hardware)",
    0x80: "power brake",
    0x100: "clocks of the display",
}
"""nvml.h, nvmlClocksEventReasons, without 0x1, which says that the card is idle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardName:
    """One card."""

    index: int
    """NVML's."""
    uuid: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Values of one figure over some time."""

    lowest: float
    highest: float
    total: float
    count: int

    @property
    def mean(self) -> float:
        """Of all readings."""
        return self.total / self.count

    def with_(self, other: "Range") -> "Range":
        """Both."""
        return Range(
            lowest=min(self.lowest, other.lowest),
            highest=max(self.highest, other.highest),
            total=self.total + other.total,
            count=self.count + other.count,
        )


Figures: TypeAlias = Mapping[str, Range]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A card over some time: at first one reading."""

    at_s: float
    """Since the job began: the first reading of it."""
    until_s: float
    """The last."""
    readings: int
    figures: Figures
    throttled: Mapping[int, int]
    """By bit of `THROTTLING`: in how many readings it was set. Empty where none was, or the card does not say."""
    events: tuple[str, ...]
    """`Xid 79`, `lost: …`: what happened in it."""

    def with_(self, later: "Stretch") -> "Stretch":
        """Both as one."""
        figures = dict(self.figures)
        for name, values in later.figures.items():
            figures[name] = figures[name].with_(values) if name in figures else values
        throttled = dict(self.throttled)
        for bit, count in later.throttled.items():
            throttled[bit] = throttled.get(bit, 0) + count
        return replace(
            self,
            until_s=later.until_s,
            readings=self.readings + later.readings,
            figures=figures,
            throttled=throttled,
            events=(*self.events, *later.events),
        )


def reading(
    at_s: float, figures: Mapping[str, float], throttle_bits: int = 0, events: Iterable[str] = ()
) -> Stretch:
    """One reading of a card."""
    return Stretch(
        at_s=at_s,
        until_s=at_s,
        readings=1,
        figures={
            name: Range(lowest=value, highest=value, total=value, count=1) for name, value in figures.items()
        },
        throttled={bit: 1 for bit in THROTTLING if throttle_bits & bit},
        events=tuple(events),
    )


class Telemetry:
    """All cards. One thread adds while others look."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[CardName, list[Stretch]] = {}
        self._width: dict[CardName, int] = {}

    @property
    def cards(self) -> tuple[CardName, ...]:
        """Those that were read at least once."""
        with self._lock:
            return tuple(self._kept)

    def add(self, card: CardName, read: Stretch) -> None:
        """A reading, later than those before it."""
        with self._lock:
            kept, width = self._kept.setdefault(card, []), self._width.get(card, 1)
            if kept and kept[-1].readings < width:
                kept[-1] = kept[-1].with_(read)
            else:
                kept.append(read)
            if len(kept) > MOST_KEPT:
                self._kept[card], self._width[card] = list(merged(kept, 2)), 2 * width

    def between(self, card: CardName, since_s: float, until_s: float) -> Stretch | None:
        """The card in this time, as one stretch; None where it was not read in it."""
        with self._lock:
            inside = [each for each in self._kept.get(card, ()) if since_s <= each.at_s <= until_s]
        return whole(inside)

    def rows(self) -> Iterator[Row]:
        """The table: by card, then by time."""
        with self._lock:
            kept = {card: list(stretches) for card, stretches in self._kept.items()}
        for card, stretches in kept.items():
            most = max(1, MOST_ROWS // len(kept))
            for each in merged(stretches, -(-len(stretches) // most)):
                yield _row(card, each)

    def summary(self) -> Iterator[Row]:
        """Lowest, mean and highest value of each figure and card, and the share of the readings in which its clocks were held back."""
        for card in self.cards:
            over = self.between(card, 0.0, float("inf"))
            if over is None:
                continue
            for name in FIGURES:
                if values := over.figures.get(name):
                    yield _summary(card, name, values)
            for bit, count in sorted(over.throttled.items()):
                share = count / over.readings
                values = Range(lowest=0.0, highest=1.0, total=share, count=1)
                yield _summary(card, f"throttled: {THROTTLING[bit]}", values) | {"readings": over.readings}


def whole(stretches: Iterable[Stretch]) -> Stretch | None:
    """All of them as one; None of none."""
    return next(merged(list(stretches), MOST_KEPT * MOST_KEPT), None)


def merged(stretches: "list[Stretch]", each: int) -> Iterator[Stretch]:
    """Every `each` neighbours as one."""
    for start in range(0, len(stretches), each):
        one = stretches[start]
        for later in stretches[start + 1 : start + each]:
            one = one.with_(later)
        yield one


def throttling(bits: Iterable[int]) -> str:
    """In words, `power limit, too warm (hardware)`; empty for none."""
    return ", ".join(THROTTLING[bit] for bit in sorted(bits))


def _row(card: CardName, over: Stretch) -> Row:
    row: Row = {
        "card": card.index,
        "uuid": card.uuid,
        "at_s": round(over.at_s, 2),
        "until_s": round(over.until_s, 2),
    }
    for name in FIGURES:
        values = over.figures.get(name)
        if values is None:
            row[name] = None
        else:
            value = values.mean if name in MEANS else values.lowest if name in LOWEST else values.highest
            row[name] = round(value, 2)
    return row | {"throttled": throttling(over.throttled), "events": "; ".join(over.events)}


def _summary(card: CardName, name: str, values: Range) -> Row:
    return {
        "card": card.index,
        "uuid": card.uuid,
        "figure": name,
        "lowest": round(values.lowest, 2),
        "mean": round(values.mean, 3),
        "highest": round(values.highest, 2),
        "readings": values.count,
    }
