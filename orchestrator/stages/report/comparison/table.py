"""What several reports say of the same things, in rows: speeds and accuracies by workload, costs, and what differs between them. Pure."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import fmean, stdev

from orchestrator.answer import stack_rows
from orchestrator.models import WorkloadRun
from orchestrator.stages.report.comparison.values import Cell, Comparison, Named, Row, Section
from orchestrator.stages.report.record import RunRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class _Figure:
    title: str
    form: str
    value: Callable[[WorkloadRun], float | None]


def _metric(name: str) -> Callable[[WorkloadRun], float | None]:
    return lambda run: run.metrics.get(name)


SPEED = "images/s"
_FIGURES = (
    _Figure(title=SPEED, form="{:,.0f}", value=_metric("images_per_s")),
    _Figure(title="test accuracy", form="{:.4f}", value=_metric("test_accuracy")),
    _Figure(title="first loss", form="{:.4f}", value=_metric("first_loss")),
    _Figure(title="last loss", form="{:.4f}", value=_metric("last_loss")),
    _Figure(title="peak memory, MiB", form="{:,.0f}", value=_metric("peak_memory_mib")),
    _Figure(title="seconds", form="{:,.1f}", value=lambda run: run.seconds),
)
"""What is compared of a run. A row in which no report has a figure is left out."""


def compare(reports: tuple[Named, ...]) -> Comparison:
    """Two reports or more."""
    workloads = tuple(dict.fromkeys(run.request.workload for each in reports for run in each.record.runs))
    trainings = tuple(_training(reports, workload) for workload in workloads)
    differing = tuple(row for row in _made_of(reports) if row.differs)
    sections = (
        Section(title="Verdict", rows=_verdicts(reports)),
        *trainings,
        Section(title="Cost", rows=_costs(reports)),
        Section(title="What differs", rows=differing),
    )
    return Comparison(
        reports=reports,
        statement=_statement(reports, trainings),
        sections=tuple(section for section in sections if section.rows),
        notes=_notes(reports, workloads),
    )


def _verdicts(reports: tuple[Named, ...]) -> tuple[Row, ...]:
    certificates = [each.record.certificate for each in reports]
    words = [certificate.headline.partition(":")[0] for certificate in certificates]
    return (
        _said("verdict", words),
        _said("judged", [f"{certificate.issued_at:%Y-%m-%d %H:%M}" for certificate in certificates]),
        _said("hosts", [str(len(each.record.hosts)) for each in reports]),
    )


def _training(reports: tuple[Named, ...], workload: str) -> Section:
    runs = [[run for run in each.record.runs if run.request.workload == workload] for each in reports]
    rows = []
    for figure in _FIGURES:
        values = [_finite(figure.value(run) for run in of_report) for of_report in runs]
        if any(values):
            rows.append(
                Row(name=figure.title, cells=tuple(_figure_cell(each, figure.form) for each in values))
            )
    return Section(title=workload, rows=tuple(rows))


def _costs(reports: tuple[Named, ...]) -> tuple[Row, ...]:
    """Nothing where nothing is paid for."""
    prices = [each.record.plan.price_usd_per_hour for each in reports]
    if not any(prices):
        return ()
    spent = [price * each.record.seconds / 3600 for price, each in zip(prices, reports, strict=True)]
    return (
        Row(name="$ an hour", cells=tuple(_figure_cell((price,), "{:,.2f}") for price in prices)),
        Row(name="$ until the certificate", cells=tuple(_figure_cell((usd,), "{:,.2f}") for usd in spent)),
    )


def _made_of(reports: tuple[Named, ...]) -> tuple[Row, ...]:
    """Stacks, versions, devices and settings, each with all that the hosts of a report say."""
    told = [_facts(each.record) for each in reports]
    names = dict.fromkeys(name for facts in told for name in facts)
    return tuple(_said(name, ["; ".join(facts.get(name, ())) for facts in told]) for name in names)


def _facts(record: RunRecord) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}

    def tell(name: str, value: str) -> None:
        values = found.setdefault(name, [])
        if value and value not in values:
            values.append(value)

    for host in record.hosts:
        tell("distribution", host.distribution)
        tell("instance type", host.instance_type)
    for stack in record.plan.stacks.values():
        for name, value in stack_rows(stack):
            tell(name, value)
    for run in record.runs:
        for name, value in run.versions.items():
            tell(f"{name}, as it ran", value)
        for device in run.devices:
            tell("devices", device.description or device.name)
        for setting, value in _settings(run).items():
            tell(f"{run.request.workload}: {setting}", value)
    return found


def _settings(run: WorkloadRun) -> dict[str, str]:
    """What was asked of it, as far as figures follow from it."""
    asked = run.request
    return {
        "backend": asked.backend,
        "computed on": run.device_used,
        "epochs": str(asked.epochs),
        "batch size": str(asked.batch_size),
        "memory limit": f"{asked.memory_limit_mib} MiB" if asked.memory_limit_mib else "none",
    }


def _statement(reports: tuple[Named, ...], trainings: tuple[Section, ...]) -> str:
    first, last = reports[0].name, reports[-1].name
    for training in trainings:
        for row in training.rows:
            if row.name == SPEED and row.ratio is not None:
                speeds = f"{row.cells[-1].text} against {row.cells[0].text} images/s"
                if row.overlaps and row.ratio != 1:
                    return f"{last} and {first} are not told apart on {training.title}: {speeds}"
                return f"{last} has {row.ratio:.2f} of {first}'s speed on {training.title}: {speeds}"
    words = {each.record.certificate.verdict.value for each in reports}
    return f"Nothing was measured in both; the verdict is {' and '.join(sorted(words))}"


def _notes(reports: tuple[Named, ...], workloads: tuple[str, ...]) -> tuple[str, ...]:
    notes = []
    for workload in workloads:
        asked = {
            tuple(_settings(run).items())
            for each in reports
            for run in each.record.runs
            if run.request.workload == workload
        }
        missing = [
            each.name
            for each in reports
            if not any(run.request.workload == workload for run in each.record.runs)
        ]
        if len(asked) > 1:
            notes.append(f"{workload} was not run alike everywhere: see below what differs")
        if missing:
            notes.append(f"{workload} was not run in {', '.join(missing)}")
    if len({each.record.plan.rehearsed for each in reports}) > 1:
        notes.append("one of them is a rehearsal: its speeds are this computer's")
    return tuple(notes)


def _said(name: str, texts: Iterable[str]) -> Row:
    return Row(name=name, cells=tuple(Cell(text=text or "-") for text in texts))


def _figure_cell(values: tuple[float, ...], form: str) -> Cell:
    """The mean, and with several hosts how far they lie apart."""
    if not values:
        return Cell(text="-")
    text = form.format(fmean(values))
    if len(values) > 1:
        text += f" ± {form.format(stdev(values))}"
    return Cell(text=text, values=values)


def _finite(values: Iterable[float | None]) -> tuple[float, ...]:
    return tuple(value for value in values if value is not None and math.isfinite(value))
