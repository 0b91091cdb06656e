"""Put reports side by side: several runs of one fleet, several fleets, whatever `orchestrate up` and `validate` left on record."""

from orchestrator.stages.report.comparison.documents import (
    comparison_document,
    comparison_lines,
    render_comparison,
)
from orchestrator.stages.report.comparison.history import KeptReport, keep_report, kept_reports, named_report
from orchestrator.stages.report.comparison.table import compare
from orchestrator.stages.report.comparison.values import Comparison, Named, Row, Section

__all__ = [
    "Comparison",
    "KeptReport",
    "Named",
    "Row",
    "Section",
    "compare",
    "comparison_document",
    "comparison_lines",
    "keep_report",
    "kept_reports",
    "named_report",
    "render_comparison",
]
