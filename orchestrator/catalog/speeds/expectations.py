"""The figures that a workload has to show, on any card or on one: the table of expectations, read once a process."""

import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from orchestrator.catalog.reader import read
from orchestrator.models import Confidence

ANY = "any"
FILE = Path(__file__).resolve().parent.parent / "data/expectations.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """One figure. A card or a workload that has no row is not expected to be slow or fast: nothing is known of it."""

    gpu: str
    """CUDA's name of the card without NVIDIA in front; `any` for what holds on every device."""
    workload: str
    """`any` for what holds whatever runs."""
    figure: str
    """A metric, `table.column` of which every row has to hold, or a format of `gpu_burn`'s products."""
    share_of: str = ""
    """The rate of the card (`rates_of`) that `least` and `most` are shares of; empty: they are the figure's own."""
    least: float = -math.inf
    most: float = math.inf
    source: str
    confidence: Confidence
    note: str = ""


@cache
def expectations() -> tuple[Expectation, ...]:
    """All rows. Raises CatalogError where the table is broken."""
    return read(Expectation, FILE)
