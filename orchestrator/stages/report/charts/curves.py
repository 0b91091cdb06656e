"""Training curves: loss and accuracy over the epochs."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from orchestrator.models import EpochPoint, WorkloadRun
from orchestrator.stages.report.charts.drawing import (
    LINES,
    SERIES,
    TARGET,
    Chart,
    Panel,
    chart,
    drawing,
    line,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MARKED_EPOCHS = 12


def draw_curves(runs: tuple[WorkloadRun, ...]) -> tuple[Chart, ...]:
    """Loss and accuracy over the epochs of one workload, a line per run; empty when matplotlib is not installed."""
    runs = tuple(run for run in runs if all(map(_drawable, run.curve)))
    if not runs:
        return ()
    with drawing() as possible:
        if not possible:
            return ()
        return (
            _chart("Loss", runs, lambda point: point.loss),
            _chart("Accuracy", runs, lambda point: point.accuracy, targets=True),
        )


def _drawable(point: EpochPoint) -> bool:
    """False for figures that no training has and no axis can hold."""
    return 0 < point.epoch <= 10**6 and abs(point.loss) <= 10**6 and abs(point.accuracy) <= 10**6


def _chart(
    title: str, runs: tuple[WorkloadRun, ...], value: Callable[[EpochPoint], float], *, targets: bool = False
) -> Chart:
    epochs = max((point.epoch for run in runs for point in run.curve), default=1)

    def draw(axes: "Axes") -> None:
        for number, run in enumerate(runs):
            line(
                axes,
                [point.epoch for point in run.curve],
                [value(point) for point in run.curve],
                number,
                marked=len(run.curve) <= _MARKED_EPOCHS,
            )
        if targets:
            _draw_targets(axes, runs)
        axes.set_xlim(1 - 0.04 * max(epochs - 1, 1), epochs + 0.04 * max(epochs - 1, 1))

    panel = Panel(
        title=title,
        description=_description(title, runs, value),
        across="epoch",
        ids=f"{runs[0].request.workload} {title}",
        whole=True,
    )
    return chart(panel, draw)


def _draw_targets(axes: "Axes", runs: tuple[WorkloadRun, ...]) -> None:
    """What the test accuracy had to reach, and as a ring what it did reach."""
    for wanted in sorted({run.request.min_accuracy for run in runs}):
        axes.axhline(wanted, color=TARGET, linewidth=1, linestyle=(0, (4, 3)))
    for number, run in enumerate(runs):
        if run.curve and "test_accuracy" in run.metrics:
            axes.plot(
                [run.curve[-1].epoch],
                [run.metrics["test_accuracy"]],
                marker="o",
                markersize=9,
                markeredgecolor=LINES[number % SERIES],
                markeredgewidth=1.6,
                markerfacecolor="none",
                clip_on=False,
            )


def _description(title: str, runs: tuple[WorkloadRun, ...], value: Callable[[EpochPoint], float]) -> str:
    parts = [
        f"{run.host} from {value(run.curve[0]):.3f} to {value(run.curve[-1]):.3f}"
        for run in runs
        if run.curve
    ]
    return f"{title} of the training by epoch: {'; '.join(parts) or 'no epoch ended'}"
