"""The estimate beside peaks that were measured on the CPU backend, as benchmarks/fit_memory.py measures them."""

import csv
from pathlib import Path

import pytest

from orchestrator.catalog import load
from orchestrator.fit.memory.estimate import total, workload_of
from orchestrator.fit.memory.optimizers import optimizer
from tests.unit.fit.builders import saved

PEAKS = Path(__file__).parent / "peaks.csv"
ASKED = 0.15
MIB = 2**20


def peaks() -> list[dict[str, str]]:
    """A row for each training that was measured."""
    with PEAKS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("row", peaks(), ids=lambda row: f"{row['model']}-{row['computer']}")
def test_the_estimate_is_within_15_percent_of_the_measured_peak(row: dict[str, str]) -> None:
    told = total(workload_of(saved(row["model"])), optimizer(row["optimizer"]), int(row["batch"]))
    with_gaps = told * (1 + load().fit_constant("fragmentation").value)
    assert with_gaps / MIB == pytest.approx(float(row["peak_mib"]) - float(row["graph_mib"]), rel=ASKED)
