"""How far `up` is to go, and what it came to. Values only."""

from dataclasses import dataclass
from enum import StrEnum

from orchestrator.models import ConvergeResult, Host, PhaseTime
from orchestrator.stages.report import ReportPaths, RunRecord


class Until(StrEnum):
    """The last stage that `up` runs."""

    LAUNCH = "launch"
    CONVERGE = "converge"
    REPORT = "report"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What `up` or `validate` came to."""

    record: RunRecord | None
    """None where the run ended before `certify`."""
    paths: ReportPaths | None
    hosts: tuple[Host, ...]
    converged: ConvergeResult | None
    phases: tuple[PhaseTime, ...]


def count_of(number: int, noun: str) -> str:
    """`1 host`, `2 hosts`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
