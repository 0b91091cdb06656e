"""A comparison as lines for a terminal, and as a page with the trainings' curves over one another. Pure."""

from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING

from orchestrator.models import Verdict, WorkloadRun
from orchestrator.pages import page_environment
from orchestrator.sanitize import sanitized_line
from orchestrator.stages.report.charts import SERIES, Chart, draw_curves
from orchestrator.stages.report.comparison.table import SPEED
from orchestrator.stages.report.comparison.values import Comparison, Row

if TYPE_CHECKING:
    from jinja2 import Template

_NARROW = 44
"""Characters of a cell that a line shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bar:
    name: str
    value: str
    percent: float
    """Of the longest."""


def comparison_lines(compared: Comparison) -> tuple[str, ...]:
    """The table: a column for each report, and how much of the first the last is."""
    heads = ("", *(each.name for each in compared.reports), _ratio_title(compared))
    lines: list[tuple[str, ...]] = [heads]
    for section in compared.sections:
        lines.append((section.title,))
        lines += [
            (f"  {row.name}", *(_short(cell.text) for cell in row.cells), ratio_text(row))
            for row in section.rows
        ]
    widths = [max(len(line[column]) for line in lines if len(line) > column) for column in range(len(heads))]
    table = (
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=False)).rstrip()
        for line in lines
    )
    return (
        *(sanitized_line(line) for line in table),
        "",
        sanitized_line(compared.statement),
        *(f"  {sanitized_line(note)}" for note in compared.notes),
    )


def render_comparison(compared: Comparison) -> str:
    """The page; it stands alone."""
    verdicts = {each.record.certificate.verdict for each in compared.reports}
    return _template().render(
        compared=compared,
        tone="good" if verdicts == {Verdict.PASS} else "bad" if Verdict.FAIL in verdicts else "open",
        ratio_title=_ratio_title(compared),
        ratio_text=ratio_text,
        bars=[
            (section.title, _bars(compared, row))
            for section in compared.sections
            for row in section.rows
            if row.name == SPEED
        ],
        trainings=_trainings(compared),
        series=SERIES,
    )


def comparison_document(compared: Comparison) -> dict[str, object]:
    """The same for programs: means, what each host says, and texts."""
    return {
        "reports": [
            {
                "name": each.name,
                "certificate": each.record.certificate.headline,
                "at": each.record.generated_at,
            }
            for each in compared.reports
        ],
        "statement": compared.statement,
        "notes": compared.notes,
        "sections": [
            {
                "title": section.title,
                "rows": [
                    {
                        "name": row.name,
                        "texts": [cell.text for cell in row.cells],
                        "values": [cell.values for cell in row.cells],
                        "ratio": row.ratio,
                    }
                    for row in section.rows
                ],
            }
            for section in compared.sections
        ],
    }


def ratio_text(row: Row) -> str:
    """`0.97`; empty where there is nothing to divide."""
    return "" if row.ratio is None else f"{row.ratio:.2f}"


def _ratio_title(compared: Comparison) -> str:
    return f"{compared.reports[-1].name} / {compared.reports[0].name}"


def _bars(compared: Comparison, row: Row) -> tuple[_Bar, ...]:
    longest = max((cell.mean or 0.0 for cell in row.cells), default=0.0) or 1.0
    return tuple(
        _Bar(name=each.name, value=cell.text, percent=round(100 * (cell.mean or 0.0) / longest, 1))
        for each, cell in zip(compared.reports, row.cells, strict=True)
    )


def _trainings(compared: Comparison) -> tuple[tuple[str, tuple[str, ...], tuple[Chart, ...]], ...]:
    """Workload, names of the lines in their order, and charts."""
    runs: list[WorkloadRun] = []
    for each in compared.reports:
        several = len(each.record.hosts) > 1
        runs += [
            replace(run, host=f"{each.name}, {run.host}" if several else each.name)
            for run in each.record.runs
            if run.curve
        ]
    runs.sort(key=lambda run: run.request.workload)
    return tuple(
        (workload, tuple(run.host for run in group), charts)
        for workload, found in groupby(runs, key=lambda run: run.request.workload)
        if (charts := draw_curves(group := tuple(found)))
    )


def _short(text: str) -> str:
    return text if len(text) <= _NARROW else f"{text[: _NARROW - 1]}…"


@cache
def _template() -> "Template":
    return page_environment("orchestrator.stages.report.comparison").get_template("comparison.html.j2")
