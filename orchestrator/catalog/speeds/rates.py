"""What each card can do by its data sheet: the table that travels with `gpu_burn`, read here a second time by who judges its results.

The job's word is not taken for it. A slice of a card (MIG) is reckoned as in `workloads.gpu_burn.rates`; a test compares the two.
"""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

from orchestrator.computer.content import packages_dir

FILE = "workloads/gpu_burn/rates.csv"
FORMATS = ("float32", "tf32", "float16", "bfloat16", "float64")
"""Not int8 and float8: for these no framework is sure to reach the card's units."""
BANDWIDTH = "bandwidth_gb_s"
_VENDOR = "NVIDIA "
_SLICE = re.compile(
    r"(?P<card>.+) MIG (?:(?P<computing>[1-7])c\.)?(?P<slices>[1-7])g\.[0-9]+gb(?:\+[a-z.]+)?"
)
_SHARES = {"A30": 1 / 4}
_OTHER_SHARE = 1 / 8.5
_MEMORY_SHARE = 1 / 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Of one card."""

    gpu: str
    power_w: float
    """For which the rates are meant."""
    clock_mhz: float
    """At which they are reckoned."""
    rates: Mapping[str, float]
    """By name: formats in 10**12 operations a second, `bandwidth_gb_s`."""
    floor: float
    """The share of a format's rate that a healthy card keeps up at least."""
    source: str
    confidence: str


def rates_of(name: str) -> Rates | None:
    """Of a card, or a slice of one, by CUDA's name; None where nothing is known of it."""
    known, plain = _table(), name.removeprefix(_VENDOR)
    found = _SLICE.fullmatch(plain)
    if found is None:
        return known.get(plain)
    card = known.get(found["card"])
    return _slice(card, int(found["computing"] or found["slices"])) if card else None


def _slice(card: Rates, slices: int) -> Rates:
    shares = {name: _SHARES.get(card.gpu, _OTHER_SHARE) for name in card.rates} | {BANDWIDTH: _MEMORY_SHARE}
    return replace(card, rates={name: rate * slices * shares[name] for name, rate in card.rates.items()})


@cache
def _table() -> dict[str, Rates]:
    with (packages_dir() / FILE).open(encoding="utf-8", newline="") as file:
        return {
            row["name"]: Rates(
                gpu=row["name"],
                power_w=float(row["power_w"]),
                clock_mhz=float(row["clock_mhz"]),
                rates={name: float(row[name]) for name in (*FORMATS, BANDWIDTH) if row[name]},
                floor=float(row["floor"]),
                source=row["source"],
                confidence=row["confidence"],
            )
            for row in csv.DictReader(file)
        }
