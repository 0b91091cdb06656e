"""Training curves as SVG that stands inside a page: colours are the page's, so that they work in both schemes.

Deterministic: no date, ids from the content. matplotlib is imported when the first curve is drawn, and may be missing.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING

from orchestrator.models import EpochPoint, WorkloadRun

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SERIES = 6
"""So many colours `--series-1` … the page defines; more hosts repeat them with another dash."""

_DASHES = ("-", (0, (5, 2)), (0, (1.5, 1.5)))
_FIGURE_INCHES = (5.4, 2.9)
_FONT_PT = 10
_MARKED_EPOCHS = 12
_METADATA = ("Creator", "Date", "Format", "Type")

# matplotlib takes no CSS names: each part is drawn in a colour of its own, which is then exchanged for the page's.
_INK, _GRID, _TARGET = "#0000e0", "#0000e1", "#0000e2"
_LINES = tuple(f"#0000f{number}" for number in range(1, SERIES + 1))
_PAGE_COLOURS = {
    _INK: "var(--muted)",
    _GRID: "var(--line)",
    _TARGET: "var(--muted)",
    **{line: f"var(--series-{number})" for number, line in enumerate(_LINES, start=1)},
}
_COLOUR = re.compile("|".join(_PAGE_COLOURS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One drawn panel."""

    title: str
    description: str
    """What it shows, for those who cannot see it."""
    svg: str


def draw_curves(runs: tuple[WorkloadRun, ...]) -> tuple[Chart, ...]:
    """Loss and accuracy over the epochs of one workload, a line per run; empty when matplotlib is not installed."""
    runs = tuple(run for run in runs if all(map(_drawable, run.curve)))
    if not runs:
        return ()
    try:
        import matplotlib as mpl
    except ModuleNotFoundError:
        return ()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "orchestrate", "font.size": _FONT_PT}):
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
    from matplotlib.figure import Figure

    figure = Figure(figsize=_FIGURE_INCHES)
    axes = figure.subplots()
    for number, run in enumerate(runs):
        _draw_run(axes, run, value, number)
    if targets:
        _draw_targets(axes, runs)
    _calm(axes, max((point.epoch for run in runs for point in run.curve), default=1))
    figure.subplots_adjust(left=0.085, right=0.985, top=0.965, bottom=0.16)
    file = StringIO()
    figure.savefig(file, format="svg", transparent=True, metadata=dict.fromkeys(_METADATA))
    return Chart(
        title=title,
        description=_description(title, runs, value),
        svg=_for_page(file.getvalue(), prefix=re.sub(r"\W", "-", f"{runs[0].request.workload} {title} ")),
    )


def _draw_run(axes: "Axes", run: WorkloadRun, value: Callable[[EpochPoint], float], number: int) -> None:
    axes.plot(
        [point.epoch for point in run.curve],
        [value(point) for point in run.curve],
        color=_LINES[number % SERIES],
        linestyle=_DASHES[number // SERIES % len(_DASHES)],
        linewidth=2,
        marker="o" if len(run.curve) <= _MARKED_EPOCHS else "",
        markersize=4.5,
        clip_on=False,
    )


def _draw_targets(axes: "Axes", runs: tuple[WorkloadRun, ...]) -> None:
    """What the test accuracy had to reach, and as a ring what it did reach."""
    for wanted in sorted({run.request.min_accuracy for run in runs}):
        axes.axhline(wanted, color=_TARGET, linewidth=1, linestyle=(0, (4, 3)))
    for number, run in enumerate(runs):
        if run.curve and "test_accuracy" in run.metrics:
            axes.plot(
                [run.curve[-1].epoch],
                [run.metrics["test_accuracy"]],
                marker="o",
                markersize=9,
                markeredgecolor=_LINES[number % SERIES],
                markeredgewidth=1.6,
                markerfacecolor="none",
                clip_on=False,
            )


def _calm(axes: "Axes", epochs: int) -> None:
    """Nothing but horizontal rules and numbers; whole epochs."""
    from matplotlib.ticker import MaxNLocator

    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.grid(axis="y", color=_GRID, linewidth=1)
    axes.set_axisbelow(True)
    axes.tick_params(length=0, labelcolor=_INK, pad=7)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 5, 10]))
    axes.set_xlim(1 - 0.04 * max(epochs - 1, 1), epochs + 0.04 * max(epochs - 1, 1))
    axes.margins(y=0.12)
    axes.set_xlabel("epoch", color=_INK, labelpad=4)


def _description(title: str, runs: tuple[WorkloadRun, ...], value: Callable[[EpochPoint], float]) -> str:
    parts = [
        f"{run.host} from {value(run.curve[0]):.3f} to {value(run.curve[-1]):.3f}"
        for run in runs
        if run.curve
    ]
    return f"{title} of the training by epoch: {'; '.join(parts) or 'no epoch ended'}"


def _for_page(svg: str, *, prefix: str) -> str:
    """Only the drawing: no prologue, name space, fixed size or style sheet; the page's colours and font.

    Args:
        svg: what matplotlib wrote.
        prefix: makes ids unique in the page.
    """
    svg = svg[svg.index("<svg") :].rstrip()
    svg = re.sub(r"<style.*?</style>|<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(
        r'<svg [^>]*?viewBox="([^"]+)"[^>]*>', r'<svg viewBox="\1" aria-hidden="true">', svg, count=1
    )
    svg = re.sub(r'<g id="[^"]*">', "<g>", svg).replace("xlink:href", "href")
    svg = re.sub(r"; font-family: [^;\"]+", "", svg)
    svg = re.sub(r"\s*<defs>\s*</defs>", "", svg)
    svg = re.sub(r'( id="|href="#|url\(#)', rf"\g<0>{prefix}", svg)
    return _COLOUR.sub(lambda match: _PAGE_COLOURS[match[0]], svg)
