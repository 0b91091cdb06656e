"""Charts and tables of the report, for its page."""

from orchestrator.stages.report.charts.across_hosts import told_across
from orchestrator.stages.report.charts.curves import draw_curves
from orchestrator.stages.report.charts.drawing import SERIES, Chart
from orchestrator.stages.report.charts.telemetry import CardTimes, draw_cards

__all__ = ["SERIES", "CardTimes", "Chart", "draw_cards", "draw_curves", "told_across"]
