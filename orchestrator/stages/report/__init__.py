"""Tell what one `up` did: report.html for people, report.json for programs, junit.xml for CI systems.

Renders from values alone and writes three files; never runs, asks or judges anything.
"""

from pathlib import Path

from orchestrator.computer.files import write_atomically
from orchestrator.stages.report.document import render_json
from orchestrator.stages.report.junit import render_junit
from orchestrator.stages.report.page import render_html
from orchestrator.stages.report.record import ReportPaths, RunRecord
from orchestrator.stages.report.summary import summary_lines

__all__ = [
    "ReportPaths",
    "RunRecord",
    "render_html",
    "render_json",
    "render_junit",
    "summary_lines",
    "write_report",
]


def write_report(record: RunRecord, folder: Path) -> ReportPaths:
    """Render the record into `folder`, which exists. Each file is replaced in one step.

    Raises:
        DiskFullError: no space; the earlier files are untouched.
    """
    paths = ReportPaths(html=folder / "report.html", json=folder / "report.json", junit=folder / "junit.xml")
    write_atomically(paths.html, render_html(record).encode())
    write_atomically(paths.json, render_json(record).encode())
    write_atomically(paths.junit, render_junit(record).encode())
    return paths
