"""The account's time: that of this computer, moved on when somebody asks for it. Never goes back, and never waits."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class Clock:
    """Seconds for what is due, and the date that goes with them.

    Args:
        seconds: what passes by itself.
    """

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._began, self._began_at = seconds(), datetime.now(UTC)
        self._ahead = 0.0

    def __call__(self) -> float:
        """Seconds since some moment."""
        return self._seconds() + self._ahead

    def now(self) -> datetime:
        """The date and time, UTC."""
        return self._began_at + timedelta(seconds=self() - self._began)

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._ahead += max(0.0, seconds)
