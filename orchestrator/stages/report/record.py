"""What a report tells: the record of one `up`. Frozen, no I/O."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from orchestrator.models import (
    Certificate,
    ConvergeResult,
    Host,
    HostStanding,
    PhaseTime,
    Plan,
    WorkloadRun,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One `up`, from its plan to its certificate."""

    certificate: Certificate
    plan: Plan
    hosts: tuple[Host, ...]
    converge: ConvergeResult | None
    """None when the roles were not applied, or not to the end."""
    runs: tuple[WorkloadRun, ...]
    """The jobs the certificate rests on, those carried over included."""
    phases: tuple[PhaseTime, ...]
    orchestrate_version: str
    generated_at: datetime
    standings: tuple[HostStanding, ...] = ()
    """What the hosts found of the certificate since it was issued, when they were asked last."""

    @property
    def trainings(self) -> tuple[WorkloadRun, ...]:
        """The jobs that trained something and got as far as an accuracy or a curve."""
        return tuple(run for run in self.runs if run.curve or "test_accuracy" in run.metrics)

    @property
    def seconds(self) -> float:
        """Wall-clock time of all phases."""
        return sum(phase.seconds for phase in self.phases)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report before it is written."""

    html: bytes
    json: bytes
    junit: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPaths:
    """Where a report was written."""

    html: Path
    json: Path
    junit: Path
