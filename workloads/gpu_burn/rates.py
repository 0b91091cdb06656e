"""What a card can do by its catalogue, from `rates.csv`. Pure, but for reading that file, which travels with the job.

Rates are dense, without NVIDIA's "sparsity"; of float16 and bfloat16 with sums in float32, as the frameworks compute. In 10**12
operations a second, an addition and a multiplication being two; of a GPU, where a board has several.
"""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pkgutil import get_data

FILE = "rates.csv"
VENDOR = "NVIDIA "
"""In front of the names of newer drivers."""


_SLICE = re.compile(
    r"(?P<card>.+) MIG (?:(?P<computing>[1-7])c\.)?(?P<slices>[1-7])g\.[0-9]+gb(?:\+[a-z.]+)?"
)
"""CUDA's name of a slice: `A100-SXM4-40GB MIG 1g.5gb`, `… MIG 1c.2g.10gb` of a part of one."""
SLICE = {"A30": 1 / 4}
OTHER_SLICE = 1 / 8.5
"""Share of a card's units that one slice has at least: 14 of 56 multiprocessors of the A30, 14 of 108 of the A100, 16 of 132 of the
H100 and H200, 18 of 148 of the B200 (MIG User Guide, profiles)."""
MEMORY_SLICE = 1 / 8
"""Share of its memory's bandwidth, at least (as above)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Of one card."""

    name: str
    """As CUDA and NVML have it, without NVIDIA in front: it tells SXM from PCIe."""
    power_w: float
    """For which the rates are meant: its usual limit."""
    clock_mhz: float
    """Of the multiprocessors, at which the rates are reckoned."""
    tera: Mapping[str, float]
    """By format; without those that the card has no unit for, or of which nothing is published."""
    bandwidth_gb_s: float
    """Of its memory."""
    floor: float
    """The share of the catalogue's rate that a healthy card keeps up at least: power and heat hold large products below it. It is above
    half of what healthy cards reach, so that half speed is below it."""
    source: str
    confidence: str
    """`high` or `medium`."""
    note: str


def catalogue() -> dict[str, Rates]:
    """By name."""
    data = get_data(__package__, FILE)
    if data is None:
        raise FileNotFoundError(FILE)
    rows = csv.DictReader(data.decode("utf-8").splitlines())
    return {row["name"]: _rates(row) for row in rows}


def found(name: str) -> Rates | None:
    """Of a card or a slice of one (MIG) by CUDA's name; None where it is not in the catalogue, as a laptop's card."""
    known, plain = catalogue(), name.removeprefix(VENDOR)
    whole = _SLICE.fullmatch(plain)
    if whole is None:
        return known.get(plain)
    card = known.get(whole["card"])
    return _slice(card, int(whole["computing"] or whole["slices"])) if card else None


def _slice(card: Rates, slices: int) -> Rates:
    share = slices * SLICE.get(card.name, OTHER_SLICE)
    return replace(
        card,
        tera={name: rate * share for name, rate in card.tera.items()},
        bandwidth_gb_s=card.bandwidth_gb_s * slices * MEMORY_SLICE,
    )


def _rates(row: Mapping[str, str]) -> Rates:
    formats = ("float32", "tf32", "float16", "bfloat16", "float64", "int8", "float8")
    return Rates(
        name=row["name"],
        power_w=float(row["power_w"]),
        clock_mhz=float(row["clock_mhz"]),
        tera={name: float(row[name]) for name in formats if row[name]},
        bandwidth_gb_s=float(row["bandwidth_gb_s"]),
        floor=float(row["floor"]),
        source=row["source"],
        confidence=row["confidence"],
        note=row["note"],
    )
