"""A bench as a page with bars, as CSV and as JSON. Pure."""

import csv
import io
import json
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.jobs.outputs import outputs_folder
from orchestrator.pages import page_environment
from orchestrator.pages.pictures import Made, made_files
from orchestrator.sanitize import sanitized
from orchestrator.stages.bench.table import cheapest, label, number, statement
from orchestrator.stages.bench.values import Bench, BenchRow, Figure

if TYPE_CHECKING:
    from jinja2 import Template

_TITLES = {
    "images_per_s": "images/s",
    "seconds_to_accuracy": "s to accuracy",
    "peak_memory_mib": "peak MiB",
    "cpus_worth": "CPU threads' worth",
    "usd_per_hour": "$/h",
    "usd_per_epoch": "$/pass",
    "usd_to_accuracy": "$ to accuracy",
}
_SPREADSHEETS_RUN = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so is a formula to a spreadsheet. Numbers are not touched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bar:
    name: str
    value: str
    percent: float
    """Of the longest."""


def columns(bench: Bench) -> tuple[str, ...]:
    """Names in the order of the table: those of the host, those that any row has a figure for, and prices where there are any."""
    several = len({row.host for row in bench.rows}) > 1
    measured = dict.fromkeys(name for row in bench.rows for name in row.figures)
    used = [name for name in measured if any(row.figures.get(name) is not None for row in bench.rows)]
    prices = [
        name
        for name in ("usd_per_hour", "usd_per_epoch", "usd_to_accuracy")
        if any(getattr(row, name) for row in bench.rows)
    ]
    return (*(("host", "machine") if several else ()), *used, *prices)


def title(column: str) -> str:
    """As people read it."""
    return _TITLES.get(column, column.replace("_", " "))


def cell(row: BenchRow, column: str) -> str:
    """As people read it; a hyphen where nothing was measured."""
    value = _value(row, column)
    if value is None:
        return "-"
    if isinstance(value, float):
        digits = 4 if column.startswith("usd_per_e") or column == "usd_to_accuracy" else 2
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.{digits}f}"
    return str(value)


def render_csv(bench: Bench) -> str:
    """All columns of all rows, figures in full; RFC 4180."""
    measured = dict.fromkeys(name for row in bench.rows for name in row.figures)
    names = ["fleet", "host", "machine", *measured, "usd_per_hour", "usd_per_epoch", "usd_to_accuracy"]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([_plain(name) for name in names])
    for row in bench.rows:
        writer.writerow([_plain(_value(row, name)) for name in names])
    return text.getvalue()


def render_json(bench: Bench) -> str:
    """The whole of it."""
    return json.dumps(asdict(bench), indent=2, default=str, allow_nan=False) + "\n"


def render_html(bench: Bench, folder: Path | None = None) -> str:
    """A page that stands alone; `folder` is where it will lie, with what the jobs made beside it. None: that is not shown."""
    names = columns(bench)
    return _template().render(
        bench=bench,
        statement=statement(bench),
        speeds=_bars(bench, "images_per_s"),
        prices=_bars(bench, "usd_per_epoch") if cheapest(bench.rows) else (),
        made=_made(bench, folder) if folder else (),
        titles=[title(name) for name in names],
        numeric=[any(isinstance(_value(row, name), int | float) for row in bench.rows) for name in names],
        lines=[[cell(row, name) for name in names] for row in bench.rows],
    )


def _made(bench: Bench, folder: Path) -> tuple[tuple[str, tuple[Made, ...]], ...]:
    """Of each host of this fleet that made files: its name, and what it made."""
    of_hosts = (
        (host, made_files(files, folder / outputs_folder(host, bench.request.workload), folder))
        for host, files in bench.made.items()
    )
    return tuple((host, files) for host, files in of_hosts if files)


def _bars(bench: Bench, column: str) -> tuple[_Bar, ...]:
    values = [(row, number({column: _value(row, column)}, column)) for row in bench.rows]
    longest = max((value for _, value in values if value), default=1.0)
    return tuple(
        _Bar(name=label(bench, row), value=cell(row, column), percent=round(100 * (value or 0) / longest, 1))
        for row, value in values
    )


def _value(row: BenchRow, column: str) -> Figure:
    if column in {"fleet", "host", "machine", "usd_per_hour", "usd_per_epoch", "usd_to_accuracy"}:
        value: Figure = getattr(row, column)
        return value
    return row.figures.get(column)


def _plain(value: Figure) -> Figure:
    """What a host said is text to a spreadsheet, whatever it begins with."""
    if not isinstance(value, str):
        return value
    text = sanitized(value)
    return f"'{text}" if text.startswith(_SPREADSHEETS_RUN) else text


@cache
def _template() -> "Template":
    return page_environment("orchestrator.stages.bench").get_template("bench.html.j2")
