"""How every chart of a page is drawn: SVG that stands inside it, with the page's colours, so that it works in both schemes.

Deterministic: no date, ids from the content. matplotlib is imported when the first chart is drawn, and may be missing.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SERIES = 6
"""So many colours `--series-1` … the page defines; more lines repeat them with another dash."""

DASHES = ("-", (0, (5, 2)), (0, (1.5, 1.5)))
_FIGURE_INCHES = (5.4, 2.9)
_FONT_PT = 10
_METADATA = ("Creator", "Date", "Format", "Type")

# matplotlib takes no CSS names: each part is drawn in a colour of its own, which is then exchanged for the page's.
INK, GRID, TARGET = "#0000e0", "#0000e1", "#0000e2"
LINES = tuple(f"#0000f{number}" for number in range(1, SERIES + 1))
_PAGE_COLOURS = {
    INK: "var(--muted)",
    GRID: "var(--line)",
    TARGET: "var(--muted)",
    **{line: f"var(--series-{number})" for number, line in enumerate(LINES, start=1)},
}
_COLOUR = re.compile("|".join(_PAGE_COLOURS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One drawn panel."""

    title: str
    description: str
    """What it shows, for those who cannot see it."""
    svg: str


@contextmanager
def drawing() -> Iterator[bool]:
    """Whether charts can be drawn; inside, they are drawn alike everywhere."""
    try:
        import matplotlib as mpl
    except ModuleNotFoundError:
        yield False
        return
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "orchestrate", "font.size": _FONT_PT}):
        yield True


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """What a chart is about."""

    title: str
    """Above it."""
    description: str
    """For those who cannot see it."""
    across: str
    """What the horizontal axis counts."""
    ids: str
    """Makes ids unique in the page."""
    whole: bool = False
    """The horizontal axis has whole numbers only."""


def chart(panel: Panel, draw: Callable[["Axes"], None]) -> Chart:
    """The panel, with what `draw` puts on its axes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=_FIGURE_INCHES)
    axes = figure.subplots()
    draw(axes)
    _calm(axes, panel)
    figure.subplots_adjust(left=0.095, right=0.985, top=0.965, bottom=0.16)
    file = StringIO()
    figure.savefig(file, format="svg", transparent=True, metadata=dict.fromkeys(_METADATA))
    svg = _for_page(file.getvalue(), re.sub(r"\W", "-", f"{panel.ids} "))
    return Chart(title=panel.title, description=panel.description, svg=svg)


def line(axes: "Axes", across: Sequence[float], up: Sequence[float], number: int, *, marked: bool) -> None:
    """The line of this number: its colour, and its dash where colours repeat."""
    axes.plot(
        across,
        up,
        color=LINES[number % SERIES],
        linestyle=DASHES[number // SERIES % len(DASHES)],
        linewidth=2,
        marker="o" if marked else "",
        markersize=4.5,
        clip_on=False,
    )


def _calm(axes: "Axes", panel: Panel) -> None:
    """Nothing but horizontal rules and numbers."""
    from matplotlib.ticker import MaxNLocator

    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.grid(axis="y", color=GRID, linewidth=1)
    axes.set_axisbelow(True)
    axes.tick_params(length=0, labelcolor=INK, pad=7)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=panel.whole))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 5, 10]))
    axes.margins(y=0.12)
    axes.set_xlabel(panel.across, color=INK, labelpad=4)


def _for_page(svg: str, prefix: str) -> str:
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
