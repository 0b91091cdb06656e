"""Builders: reports whose speeds are known."""

from dataclasses import replace

from orchestrator.models import Plan, WorkloadRun
from orchestrator.stages.report import RunRecord
from orchestrator.stages.report.comparison import Comparison, Named, Row
from tests.unit.stages.proofs import plan, runs
from tests.unit.stages.records import record

HOSTS = ("sandbox-1", "sandbox-2")


def measured(*speeds: float, planned: Plan | None = None) -> RunRecord:
    """Of hosts that trained at so many images per second."""
    names = tuple(f"sandbox-{number}" for number, _ in enumerate(speeds, 1))
    speed_of = dict(zip(names, speeds, strict=True))
    return record(
        *(_with_speed(run, speed_of[run.host]) for run in runs(*names)), planned=planned or plan(*names)
    )


def _with_speed(run: WorkloadRun, speed: float) -> WorkloadRun:
    return replace(run, metrics=run.metrics | {"images_per_s": speed}) if run.metrics else run


def named(*records: RunRecord) -> tuple[Named, ...]:
    """Called before and after."""
    return tuple(
        Named(name=name, record=each) for name, each in zip(("before", "after"), records, strict=True)
    )


def row(compared: Comparison, section: str, name: str) -> Row:
    """One of its rows."""
    return next(
        row for each in compared.sections if each.title == section for row in each.rows if row.name == name
    )
