"""The account of who used which card: GPU-seconds held and busy, and joules, by user, job, card and month.

A card's time and energy are shared in equal parts among those who have processes on it, so that sums are never more than what
there was. What nobody held is on the account of nobody, user "".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from gpuhost.files import content, write
from gpuhost.telemetry.snapshot import OK, Card, Snapshot

MOST_BETWEEN_S = 10.0
"""Nothing is counted over a longer gap: nobody looked."""

Key = tuple[str, str, str]
"""User, job, and the card's UUID."""


@dataclass(frozen=True)
class Use:
    """Of one user, in one job, of one card, in one month."""

    month: str
    """`2026-11`, UTC."""
    user: str
    job: str
    """The unit that it ran as; empty for what somebody started by hand."""
    card: str
    name: str
    held_s: float
    """A process was on the card."""
    busy_s: float
    """Of that, what the card computed: its utilisation over time."""
    joules: float


class Account:
    """This month's, on disk as of the last `save`."""

    def __init__(self, folder: Path, keep_months: int = 24) -> None:
        """Months before the newest `keep_months` are removed as a new one begins."""
        self._folder = folder
        self._keep = keep_months
        self._month = ""
        self._uses: dict[Key, list[float]] = {}
        self._names: dict[str, str] = {}
        self._before: dict[str, Card] = {}
        self._at = 0.0

    def add(self, snapshot: Snapshot) -> None:
        """Count what happened since the snapshot before. Raises OSError at the turn of a month."""
        month = month_of(snapshot.taken_at)
        if month != self._month:
            if self._month:
                self.save()
            self._month = month
            self._uses = {
                (use.user, use.job, use.card): [use.held_s, use.busy_s, use.joules]
                for use in uses(self._folder, month)
            }
        between, self._at = snapshot.taken_at - self._at, snapshot.taken_at
        cards = {card.uuid: card for card in snapshot.cards if card.state == OK}
        if 0 < between <= MOST_BETWEEN_S:
            for uuid, card in cards.items():
                if uuid in self._before:
                    self._count(self._before[uuid], card, between)
        self._before = cards

    def save(self) -> None:
        """Raises OSError."""
        if not self._uses:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        rows = [
            vars(
                Use(
                    self._month,
                    user,
                    job,
                    card,
                    self._names.get(card, ""),
                    *(round(value, 1) for value in values),
                )
            )
            for (user, job, card), values in sorted(self._uses.items())
        ]
        write(self._folder / f"{self._month}.json", json.dumps(rows, indent=1) + "\n", lasting=True)
        for month in months(self._folder)[: -self._keep]:
            (self._folder / f"{month}.json").unlink(missing_ok=True)

    def _count(self, before: Card, card: Card, seconds: float) -> None:
        self._names[card.uuid] = card.name
        holders = sorted({(each.user or "?", job_of(each.unit)) for each in card.processes})
        share = 1 / max(len(holders), 1)
        energy = joules(before, card, seconds) * share
        busy = seconds * share * (card.utilization_percent or 0) / 100
        for user, job in holders or [("", "")]:
            use = self._uses.setdefault((user, job, card.uuid), [0.0, 0.0, 0.0])
            use[0] += seconds * share if holders else 0.0
            use[1] += busy if holders else 0.0
            use[2] += energy


def joules(before: Card, card: Card, seconds: float) -> float:
    """What the card took in between: by its counter, else by its power."""
    if before.energy_j is not None and card.energy_j is not None and card.energy_j >= before.energy_j:
        return card.energy_j - before.energy_j
    return (card.power_w or 0.0) * seconds


def job_of(unit: str) -> str:
    """Services by their name; sessions and containers, whose names are new each time, are no job."""
    return unit if unit.endswith(".service") and not unit.startswith("user@") else ""


def month_of(at: float) -> str:
    """`2026-11`, UTC."""
    return f"{datetime.fromtimestamp(at, timezone.utc):%Y-%m}"


def months(folder: Path) -> list[str]:
    """Those on record, oldest first."""
    return sorted(path.stem for path in folder.glob("????-??.json"))


def uses(folder: Path, month: str) -> Iterator[Use]:
    """What is on record of a month; what cannot be read is passed over."""
    try:
        rows = json.loads(content(folder / f"{month}.json") or b"[]")
    except (ValueError, RecursionError):
        return
    for row in rows if isinstance(rows, list) else ():
        use = _use(row)
        if use is not None:
            yield use


def _use(row: Mapping[str, Any]) -> Use | None:
    try:
        return Use(
            month=str(row["month"]),
            user=str(row["user"]),
            job=str(row["job"]),
            card=str(row["card"]),
            name=str(row["name"]),
            held_s=float(row["held_s"]),
            busy_s=float(row["busy_s"]),
            joules=float(row["joules"]),
        )
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
