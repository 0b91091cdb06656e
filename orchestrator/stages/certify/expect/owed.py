"""Which checks a workload's result owes: those that the workload itself declares, in the file that travels with it."""

import csv
from functools import cache

from orchestrator.computer.content import packages_dir

FILE = "workloads/checks/checks.csv"


@cache
def owed_checks() -> dict[str, tuple[str, ...]]:
    """By workload; `memory_limit` on top where a limit was asked for. One that is not in it can never be certified."""
    owed: dict[str, tuple[str, ...]] = {}
    with (packages_dir() / FILE).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            owed[row["workload"]] = (*owed.get(row["workload"], ()), row["check"])
    return owed
