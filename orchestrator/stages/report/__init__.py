"""Tell what one `up` did: report.html for people, report.json for programs, junit.xml for CI systems.

Renders from values alone and writes three files; never runs, asks or judges anything.
"""

from pathlib import Path

from orchestrator.computer.files import write_atomically
from orchestrator.stages.report.document import render_json
from orchestrator.stages.report.junit import render_junit
from orchestrator.stages.report.page import render_html
from orchestrator.stages.report.record import Report, ReportPaths, RunRecord
from orchestrator.stages.report.summary import summary_lines

__all__ = [
    "Report",
    "ReportPaths",
    "RunRecord",
    "render",
    "render_html",
    "render_json",
    "render_junit",
    "summary_lines",
    "write_files",
    "write_report",
]


def write_report(record: RunRecord, folder: Path) -> ReportPaths:
    """Render the record into `folder`, which exists. Each file is replaced in one step.

    Raises:
        DiskFullError: no space; the earlier files are untouched.
    """
    return write_files(render(record, folder), folder)


def render(record: RunRecord, folder: Path | None = None) -> Report:
    """All three files as bytes, or none. What a host brought never keeps a report from being made.

    Args:
        record: what is told.
        folder: the run folder, in which the files lie that the jobs made. None: they are not shown.
    """
    return Report(
        html=render_html(record, folder).encode(),
        json=render_json(record).encode(),
        junit=render_junit(record).encode(),
    )


def write_files(report: Report, folder: Path) -> ReportPaths:
    """Put a rendered report into `folder`, which exists. Raises as `write_report`."""
    paths = ReportPaths(html=folder / "report.html", json=folder / "report.json", junit=folder / "junit.xml")
    write_atomically(paths.html, report.html)
    write_atomically(paths.json, report.json)
    write_atomically(paths.junit, report.junit)
    return paths
