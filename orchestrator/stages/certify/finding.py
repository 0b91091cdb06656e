"""What a confirmation comes to. A value."""

from collections.abc import Callable
from dataclasses import dataclass

from orchestrator.models import Outcome, WorkloadRun


@dataclass(frozen=True, slots=True)
class Finding:
    """The part of a check that does not depend on where it was made."""

    outcome: Outcome
    seen: str
    expected: str
    reason: str = ""


Confirm = Callable[[WorkloadRun], Finding]


def passed(seen: str, expected: str) -> Finding:
    """It holds."""
    return Finding(Outcome.PASSED, seen, expected)


def unknown(reason: str, expected: str) -> Finding:
    """What it would be judged by is not there."""
    return Finding(Outcome.ERROR, "nothing", expected, reason)
