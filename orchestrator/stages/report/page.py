"""The record as one HTML page that stands alone: nothing is fetched, no script runs. Reads the pictures that jobs made.

What is shown is decided here; how it looks is in templates/report.html.j2.
"""

from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.answer import stack_rows, subject
from orchestrator.jobs.outputs import outputs_folder
from orchestrator.models import ACROSS_HOSTS, CheckResult, Device, Outcome, Verdict, WorkloadRun
from orchestrator.pages import duration, page_environment
from orchestrator.pages.pictures import Made, made_files
from orchestrator.stages.report.charts import SERIES, Chart, draw_cards, draw_curves, told_across
from orchestrator.stages.report.record import RunRecord
from orchestrator.stages.report.summary import next_steps
from orchestrator.stages.report.variables import as_text, without_secrets

if TYPE_CHECKING:
    from jinja2 import Template

_WHOLE_FLEET = "The fleet as a whole"
_TOGETHER, _PAIRS = "The hosts together", "Pairs of hosts"

_TITLES = {
    "fashion_mnist": "Fashion-MNIST",
    "smoke": "Smoke test",
    "distributed": "Fashion-MNIST, all hosts at once",
    "all_reduce": "Sums between hosts",
    "host": "Host",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number that people look for first."""

    name: str
    value: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A length of time beside others."""

    name: str
    seconds: float
    percent: float
    """Of the longest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckGroup:
    """The checks of one host, by job."""

    title: str
    jobs: tuple[tuple[str, tuple[CheckResult, ...]], ...]
    passed: int
    total: int
    opened: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """The curves of one workload on every host."""

    title: str
    runs: tuple[WorkloadRun, ...]
    charts: tuple[Chart, ...]


def render_html(record: RunRecord, folder: Path | None = None) -> str:
    """The whole page; `folder` is where it will lie, with what the jobs made beside it. None: that is not shown."""
    word, _, statement = record.certificate.headline.partition(": ")
    return _template().render(
        record=record,
        verdict=record.certificate.verdict,
        qualifier=word.removeprefix(record.certificate.verdict).strip(" ()"),
        statement=statement,
        tone=_TONES[record.certificate.verdict],
        figures=_figures(record),
        trainings=_trainings(record),
        card_times=draw_cards(record.runs),
        across=told_across(record.runs),
        made=_made(record, folder),
        phases=_bars([(phase.phase, phase.seconds) for phase in record.phases]),
        roles=_bars(
            [(role.role, role.seconds) for role in record.converge.role_times] if record.converge else []
        ),
        groups=_check_groups(record),
        stacks=_stacks(record),
        versions=_versions(record),
        variables=[(name, as_text(value)) for name, value in without_secrets(record.plan.role_vars).items()],
        steps=next_steps(record),
        series=SERIES,
    )


_TONES = {Verdict.PASS: "good", Verdict.FAIL: "bad", Verdict.UNSURE: "open"}


@cache
def _template() -> "Template":
    environment = page_environment("orchestrator.stages.report")
    environment.filters |= {"title": _title}
    return environment.get_template("report.html.j2")


def _figures(record: RunRecord) -> tuple[Figure, ...]:
    wanted = sorted({f"{run.request.min_accuracy:g}" for run in record.trainings})
    devices = sorted({run.device_used or "unknown device" for run in record.trainings})
    distributions = sorted({host.distribution for host in record.hosts})
    lowest = f", lowest of {len(record.trainings)}" if len(record.trainings) > 1 else ""
    price = record.plan.price_usd_per_hour
    return (
        Figure(
            name="Test accuracy",
            value=_lowest(record, "test_accuracy", "{:.3f}"),
            note=f"{' and '.join(wanted)} was asked for{lowest}" if wanted else "nothing was trained",
        ),
        Figure(
            name="Training speed",
            value=_lowest(record, "images_per_s", "{:,.0f}"),
            note=f"images/s on the {' and '.join(devices)}{lowest}" if devices else "nothing was trained",
        ),
        Figure(name="Hosts", value=str(len(record.hosts)), note=", ".join(distributions)),
        Figure(name="Total time", value=duration(record.seconds), note=_changes(record)),
        Figure(
            name="Price",
            value=f"${price:,.2f}" if price else "free",
            note=f"per hour, ${price * record.seconds / 3600:,.2f} until now"
            if price
            else "nothing is billed",
        ),
    )


def _changes(record: RunRecord) -> str:
    if record.converge is None:
        return "roles not applied"
    return f"{record.converge.changed} changes made by the roles"


def _lowest(record: RunRecord, metric: str, form: str) -> str:
    values = [run.metrics[metric] for run in record.trainings if metric in run.metrics]
    return form.format(min(values)) if values else "none"


def _trainings(record: RunRecord) -> tuple[Training, ...]:
    with_curve = sorted((run for run in record.runs if run.curve), key=lambda run: run.request.workload)
    trainings = []
    for workload, group in groupby(with_curve, key=lambda run: run.request.workload):
        runs = tuple(group)
        trainings.append(Training(title=_title(workload), runs=runs, charts=draw_curves(runs)))
    return tuple(trainings)


def _made(record: RunRecord, folder: Path | None) -> tuple[tuple[str, tuple[Made, ...]], ...]:
    """Of each job that made files: its title, and what it made."""
    if folder is None:
        return ()
    of_runs = (
        (
            f"{_title(run.request.workload)} on {run.host}",
            made_files(run.files, folder / outputs_folder(run.host, run.request.workload), folder),
        )
        for run in record.runs
    )
    return tuple((title, files) for title, files in of_runs if files)


def _bars(times: list[tuple[str, float]]) -> tuple[Bar, ...]:
    longest = max((seconds for _, seconds in times), default=0.0) or 1.0
    return tuple(
        Bar(name=name, seconds=seconds, percent=round(100 * seconds / longest, 1)) for name, seconds in times
    )


def _check_groups(record: RunRecord) -> tuple[CheckGroup, ...]:
    """Host by host; then what they did together, and pair by pair; what concerns the fleet as a whole comes last."""
    by_host: dict[str, list[CheckResult]] = {}
    for check in sorted(record.certificate.checks, key=lambda check: check.workload == "fleet"):
        by_host.setdefault(_place(check, record), []).append(check)
    only_host = record.hosts[0].name if len(record.hosts) == 1 else ""
    return tuple(_check_group(title, checks, shown=title == only_host) for title, checks in by_host.items())


def _place(check: CheckResult, record: RunRecord) -> str:
    if check.workload == "fleet":
        return _WHOLE_FLEET
    if check.workload not in ACROSS_HOSTS:
        return check.host
    return _TOGETHER if check.host == record.plan.fleet else _PAIRS


def _check_group(title: str, checks: list[CheckResult], *, shown: bool) -> CheckGroup:
    passed = sum(check.outcome is Outcome.PASSED for check in checks)
    return CheckGroup(
        title=title,
        jobs=tuple(
            (job if title == _PAIRS else _title(job), tuple(of_job))
            for job, of_job in groupby(
                checks, key=lambda check: check.host if title == _PAIRS else check.workload
            )
        ),
        passed=passed,
        total=len(checks),
        opened=shown or passed < len(checks),
    )


def _stacks(record: RunRecord) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """What was to be installed, once for hosts that are alike: their names, and the rows."""
    hosts: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for host, stack in record.plan.stacks.items():
        hosts.setdefault((("for", subject(stack.hardware)), *stack_rows(stack)), []).append(host)
    return tuple((", ".join(names), rows) for rows, names in hosts.items())


def _versions(record: RunRecord) -> tuple[tuple[str, str], ...]:
    """Each fact once where all jobs agree, else with the hosts it is true for."""
    facts: dict[str, dict[str, list[str]]] = {}
    for run in record.runs:
        seen = {"devices": "; ".join(map(_device, run.devices))} if run.devices else {}
        for name, value in (seen | run.versions).items():
            hosts = facts.setdefault(name, {}).setdefault(value, [])
            hosts += [run.host] if run.host not in hosts else []
    return tuple(
        (name, next(iter(values)) if len(values) == 1 else _differing(values))
        for name, values in facts.items()
    )


def _differing(values: dict[str, list[str]]) -> str:
    return "\n".join(f"{value} ({', '.join(hosts)})" for value, hosts in values.items())


def _device(device: Device) -> str:
    memory = f", {device.memory_mib / 1024:.1f} GiB" if device.memory_mib else ""
    what = f": {device.description}" if device.description else ""
    return f"{device.name}{what}{memory}"


def _title(name: str) -> str:
    """`test_accuracy` as people write it."""
    return _TITLES.get(name) or name.replace("_", " ").capitalize()
