"""What rented instances did and what that cost, from what their provider said of them over time. Pure: no clock, no disk, no call.

An account of every instance that ever ran for a fleet outlives the instance: a provider forgets it within the hour.
"""

from orchestrator.ledger.bill import bill
from orchestrator.ledger.history import ENDED, History, histories, news
from orchestrator.ledger.render import bill_lines, cost, dollars, end_reason, hourly, running_line

LEDGER = "ledger"
"""`ledger.jsonl` in the run folder: everything that was said of the fleet's rented instances."""

__all__ = [
    "ENDED",
    "LEDGER",
    "History",
    "bill",
    "bill_lines",
    "cost",
    "dollars",
    "end_reason",
    "histories",
    "hourly",
    "news",
    "running_line",
]
