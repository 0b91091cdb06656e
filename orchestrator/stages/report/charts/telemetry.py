"""What the cards did while jobs ran: utilisation, memory, temperature and power over the seconds of a job."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from orchestrator.models import TELEMETRY, WorkloadRun
from orchestrator.stages.report.charts.drawing import Chart, Panel, chart, drawing, line

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PANELS = (
    ("utilization_percent", "Utilisation, %"),
    ("memory_used_mib", "Memory in use, MiB"),
    ("temperature_c", "Temperature, °C"),
    ("power_w", "Power, W"),
)
_MOST = 10**9
"""No card has a figure, and no job a second, above it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Over:
    """One figure of one card over a job's time."""

    card: str
    seconds: tuple[float, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CardTimes:
    """The cards of one host while one job ran."""

    host: str
    workload: str
    cards: tuple[str, ...]
    """Names of the lines, in their order."""
    charts: tuple[Chart, ...]
    held_back: tuple[str, ...]
    """Why clocks were held back, and other events, with the card and the second of the first time."""


def draw_cards(runs: Iterable[WorkloadRun]) -> tuple[CardTimes, ...]:
    """For each job that brought readings of cards; empty where none did, or matplotlib is not installed."""
    with drawing() as possible:
        return tuple(found for run in runs if (found := _of_run(run)) is not None) if possible else ()


def _of_run(run: WorkloadRun) -> CardTimes | None:
    rows = run.tables.get(TELEMETRY, ())
    panels = [(title, series) for name, title in _PANELS if (series := tuple(_series(rows, name)))]
    if not panels:
        return None
    cards = tuple(dict.fromkeys(over.card for _, series in panels for over in series))
    return CardTimes(
        host=run.host,
        workload=run.request.workload,
        cards=cards,
        charts=tuple(_panel(run, title, series, cards) for title, series in panels),
        held_back=_events(rows),
    )


def _series(rows: Iterable[dict[str, str | int | float | None]], name: str) -> Iterable[Over]:
    """By card; a stretch stands at its middle. What is no number, or no card has, is left out."""
    known = [
        (_card(row), (since + until) / 2, value)
        for row in rows
        if (since := _number(row.get("at_s"))) is not None
        and (until := _number(row.get("until_s"))) is not None
        and (value := _number(row.get(name))) is not None
    ]
    for card, group in groupby(sorted(known), key=lambda reading: reading[0]):
        readings = tuple(group)
        yield Over(
            card=card,
            seconds=tuple(second for _, second, _ in readings),
            values=tuple(value for _, _, value in readings),
        )


def _panel(run: WorkloadRun, title: str, series: tuple[Over, ...], cards: tuple[str, ...]) -> Chart:
    said = "; ".join(
        f"{over.card} from {min(over.values):,.0f} to {max(over.values):,.0f}" for over in series
    )

    def draw(axes: "Axes") -> None:
        for over in series:
            line(axes, over.seconds, over.values, cards.index(over.card), marked=len(over.seconds) == 1)
        # Each figure has a true zero, as far as a card goes: a curve that wavers by a tenth is not to look like one that falls.
        axes.set_ylim(bottom=0.0, top=max(axes.get_ylim()[1], 1.0))

    panel = Panel(
        title=title,
        description=f"{title.partition(',')[0]} while {run.request.workload} ran on {run.host}: {said}",
        across="seconds",
        ids=f"{run.host} {run.request.workload} {title}",
    )
    return chart(panel, draw)


def _events(rows: Iterable[dict[str, str | int | float | None]]) -> tuple[str, ...]:
    first: dict[tuple[str, str], float] = {}
    for row in rows:
        at = _number(row.get("at_s"))
        told = (("clocks held back: ", row.get("throttled")), ("", row.get("events")))
        for before, text in told:
            if at is not None and isinstance(text, str) and text:
                first.setdefault((_card(row), f"{before}{text}"), at)
    return tuple(f"{card}, after {at:.1f} s: {text}" for (card, text), at in first.items())


def _card(row: dict[str, str | int | float | None]) -> str:
    return f"GPU {row.get('card')}"


def _number(given: object) -> float | None:
    if isinstance(given, bool) or not isinstance(given, int | float):
        return None
    return float(given) if math.isfinite(given) and 0 <= given <= _MOST else None
