"""The only place that sleeps. Every wait has a deadline, polls fast, and reports the last thing it saw."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

POLL_INTERVAL_S = 0.1

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class NotYet:
    """A probe's answer while the awaited state is not there; `seen` is what it saw instead."""

    seen: str


class DeadlineError(Exception):
    """The deadline passed. `seen` is the last thing the probe reported."""

    def __init__(self, what: str, *, timeout_s: float, seen: str) -> None:
        super().__init__(f"{what}: not within {timeout_s:g} s; last seen: {seen}")
        self.what = what
        self.timeout_s = timeout_s
        self.seen = seen


def wait_for(
    what: str, probe: Callable[[], Value | NotYet], *, timeout_s: float, interval_s: float = POLL_INTERVAL_S
) -> Value:
    """Call `probe` every `interval_s` until it returns something other than `NotYet`, and return that.

    The probe always runs at least once. Raises:
        DeadlineError: when `timeout_s` seconds have passed.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        answer = probe()
        if not isinstance(answer, NotYet):
            return answer
        if time.monotonic() >= deadline:
            raise DeadlineError(what, timeout_s=timeout_s, seen=answer.seen)
        time.sleep(interval_s)
