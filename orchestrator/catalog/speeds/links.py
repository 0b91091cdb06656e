"""What a link between hosts has to carry: the table that travels with `all_reduce`, read here a second time by who judges its results."""

import csv
from dataclasses import dataclass
from functools import cache

from orchestrator.computer.content import packages_dir

FILE = "workloads/all_reduce/links.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkFloor:
    """Of one kind of link, by what carries sums over it."""

    kind: str
    transport: str
    most_gbit_s: float
    """Rates up to which it holds."""
    floor: float
    """Share of the rate, in bus bandwidth."""
    source: str
    confidence: str


def least_gb_per_s(kind: str, transport: str, gbit_s: float) -> float | None:
    """10**9 bytes a second that a healthy link reaches at least; None where nothing is expected of it."""
    for row in _table():
        if (row.kind, row.transport) == (kind, transport) and 0 < gbit_s <= row.most_gbit_s:
            return gbit_s / 8 * row.floor
    return None


@cache
def _table() -> tuple[LinkFloor, ...]:
    with (packages_dir() / FILE).open(encoding="utf-8", newline="") as file:
        return tuple(
            LinkFloor(
                kind=row["kind"],
                transport=row["transport"],
                most_gbit_s=float(row["most_gbit_s"]),
                floor=float(row["floor"]),
                source=row["source"],
                confidence=row["confidence"],
            )
            for row in csv.DictReader(file)
        )
