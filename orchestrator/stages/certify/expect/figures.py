"""Do the figures of a workload lie within what the table of expectations has for it, and agree with each other? Pure."""

import math
from collections.abc import Iterator, Mapping

from orchestrator.catalog.speeds import ANY, Expectation, expectations
from orchestrator.models import Outcome, WorkloadRun
from orchestrator.stages.certify.finding import Finding, passed

BELOW = {
    "cifar10": (("last_loss", "first_loss"),),
    "otto": (("last_loss", "first_loss"), ("log_loss", "log_loss_of_frequencies")),
    "keypoints": (("last_loss", "first_loss"), ("rmse_pixels", "rmse_of_means_pixels")),
    "style_transfer": (("last_loss", "first_loss"),),
}
"""Figures of which the first has to be below the second: what learns nothing has them the other way round."""
TABLE_BELOW = {"optimizers": ("trainings", "last_loss", "first_loss")}
OF_EACH_CARD = {
    "gpu_burn": ("products.device", "copies.device", "memory_patterns.device"),
    "cifar10": ("configurations.devices",),
    "style_transfer": ("pictures.device",),
}
"""Columns in which every card that computes has to stand, by itself or with others."""
ROWS = {"optimizers": ("trainings.optimizer", ("eve", "adam", "sgd", "rmsprop"))}
"""What has to stand in a column, as in `workloads.optimizers.training`."""
BARS = {"min_accuracy": "test_accuracy", "max_log_loss": "log_loss"}
"""What a workload is asked to reach, and the figure that has to. `min_` from below, `max_` from above."""
OF_ALL_SEEDS = frozenset({"optimizers"})
"""Workloads whose accuracies stand in a table: their mean has to reach the bar."""


def confirm_figures(run: WorkloadRun) -> Finding:
    """Every figure that is expected of the workload is there and within its limits."""
    workload = run.request.workload
    cards = {device.description.removeprefix("NVIDIA ") for device in run.devices if device.kind == "GPU"}
    rows = [
        row
        for row in expectations()
        if row.workload == workload and row.gpu in {ANY, *cards} and not row.share_of
    ]
    seen, missing, wrong = list[str](), list[str](), list[str]()
    for row in rows:
        values = list(_values(run, row.figure))
        if not values or any(value is None for value in values):
            missing.append(row.figure)
        for value in (value for value in values if value is not None):
            if not row.least <= value <= row.most:
                wrong.append(f"{row.figure} {value:g} is not {_limits(row)}")
        seen.append(f"{row.figure} {len(values)}")
    wrong += _relations(run)
    missing += [*_silent(run), *_absent(run)]
    expected = ", ".join(f"{row.figure} {_limits(row)}" for row in rows)
    if wrong:
        return Finding(Outcome.FAILED, ", ".join(seen), expected, "; ".join(dict.fromkeys(wrong)))
    if missing:
        names = " and no ".join(dict.fromkeys(missing))
        return Finding(Outcome.ERROR, ", ".join(seen), expected, f"the job gave no usable {names}")
    return passed(", ".join(seen), expected)


def _values(run: WorkloadRun, figure: str) -> Iterator[float | None]:
    """Of a metric its value, of a column of a table those of all rows; None for what is no number."""
    table, _, column = figure.rpartition(".")
    rows: tuple[Mapping[str, object], ...] = run.tables.get(table, ()) if table else (run.metrics,)
    for row in rows:
        value = row.get(column)
        yield float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _relations(run: WorkloadRun) -> Iterator[str]:
    workload, metrics = run.request.workload, run.metrics
    for low, high in BELOW.get(workload, ()):
        if low in metrics and high in metrics and not metrics[low] < metrics[high]:
            yield f"{low} {metrics[low]:g} is not below {high} {metrics[high]:g}"
    yield from _too_few_replicas(run)
    if workload in TABLE_BELOW:
        table, low, high = TABLE_BELOW[workload]
        for row in run.tables.get(table, ()):
            first, last = row.get(high), row.get(low)
            if isinstance(first, int | float) and isinstance(last, int | float) and not last < first:
                yield f"{low} {last:g} is not below {high} {first:g}"
    for bar, figure in BARS.items():
        asked = dict(run.request.options).get(bar)
        reached = _reached(run, figure)
        if not isinstance(asked, int | float) or reached is None:
            continue
        good = reached >= asked if bar.startswith("min_") else reached <= asked
        if not good:
            yield f"{figure} {reached:g} does not reach {asked:g} ({bar})"


def _too_few_replicas(run: WorkloadRun) -> Iterator[str]:
    """Configurations of several devices whose weights are not on each."""
    rows = run.tables.get("configurations", ()) if run.request.workload == "cifar10" else ()
    for row in rows:
        places, copies = len(str(row.get("devices")).split()), row.get("replicas")
        if places > 1 and isinstance(copies, int | float) and copies != places:
            yield f"{row.get('name')} has {copies} replicas on {places} devices"


def _silent(run: WorkloadRun) -> Iterator[str]:
    """Figures that a relation or a bar needs, and that are not there."""
    for pair in BELOW.get(run.request.workload, ()):
        yield from (name for name in pair if not math.isfinite(run.metrics.get(name, math.nan)))
    for bar, figure in BARS.items():
        if bar in dict(run.request.options) and _reached(run, figure) is None:
            yield figure


def _absent(run: WorkloadRun) -> Iterator[str]:
    """Rows of cards, and of what was to be compared, that a table does not have."""
    workload = run.request.workload
    cards = [device.name for device in run.devices if device.kind == "GPU" and run.device_used == "GPU"]
    for column in OF_EACH_CARD.get(workload, ()):
        there = _words_of(run, column)
        yield from (f"{column.partition('.')[0]} of {name}" for name in cards if name not in there)
    for row in run.tables.get("configurations", ()) if workload == "cifar10" else ():
        if len(str(row.get("devices")).split()) > 1 and not isinstance(row.get("replicas"), int | float):
            yield f"number of replicas of {row.get('name')}"
    if workload in ROWS:
        column, names = ROWS[workload]
        there = _words_of(run, column)
        yield from (f"{column.partition('.')[0]} of {name}" for name in names if name not in there)


def _words_of(run: WorkloadRun, column: str) -> set[str]:
    table, _, name = column.partition(".")
    return {word for row in run.tables.get(table, ()) for word in str(row.get(name)).split()}


def _reached(run: WorkloadRun, figure: str) -> float | None:
    if run.request.workload not in OF_ALL_SEEDS:
        return next(iter(_values(run, figure)), None)
    known = [value for value in _values(run, f"trainings.{figure}") if value is not None]
    return sum(known) / len(known) if known else None


def _limits(row: Expectation) -> str:
    if row.least == -math.inf:
        return f"at most {row.most:g}"
    return f"at least {row.least:g}" if row.most == math.inf else f"{row.least:g} to {row.most:g}"
