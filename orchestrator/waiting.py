"""Wait for a state to come, for many hosts at once, or before a call is repeated. The only place that sleeps.

Every wait for a state has a deadline, polls fast, and reports the last thing it saw.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

POLL_INTERVAL_S = 0.1
RETRY_PAUSES_S = (0.2, 0.4, 0.8)
"""Before the second call, the third and the fourth. What does not pass in that time is told, and the command can be repeated."""

Value = TypeVar("Value")
Item = TypeVar("Item")
Answer = TypeVar("Answer")


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
    what: str,
    probe: Callable[[], Value | NotYet],
    *,
    timeout_s: float,
    interval_s: float = POLL_INTERVAL_S,
    slowest_s: float | None = None,
) -> Value:
    """Call `probe` every `interval_s` until it returns something other than `NotYet`, and return that.

    The probe always runs at least once. With `slowest_s`, each pause is twice as long as the one before, up to that. Raises:
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
        interval_s = max(interval_s, min(2 * interval_s, slowest_s or 0))


def each_so_often(seconds: float) -> Iterator[float]:
    """The time (monotonic) now, and again that long after the last began, for as long as it is asked; a late one is not made up for."""
    while True:
        began = time.monotonic()
        yield began
        time.sleep(max(began + seconds - time.monotonic(), 0.0))


def within(seconds: float, what: str, work: Callable[[], Answer]) -> Answer:
    """What `work` returns or raises, if it does so in time; else it is left alone and ends with the process.

    Raises:
        DeadlineError: it did not.
    """
    answers: list[Answer] = []
    errors: list[Exception] = []

    def one() -> None:
        try:
            answers.append(work())
        except Exception as error:  # noqa: BLE001 - carried to the calling thread
            errors.append(error)

    thread = threading.Thread(target=one, daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not answers:
        raise DeadlineError(what, timeout_s=seconds, seen=f"no answer within {seconds:g} s")
    return answers[0]


def retried(call: Callable[[], Value], passes: Callable[[Exception], bool]) -> Value:
    """Call once, and after each of `RETRY_PAUSES_S` once more while it raises what `passes`; return what it returns.

    For calls to foreign services that may be repeated safely. Raises what the last call raised.
    """
    for pause_s in RETRY_PAUSES_S:
        try:
            return call()
        except Exception as error:
            if not passes(error):
                raise
            time.sleep(pause_s)
    return call()


def for_each(items: Sequence[Item], work: Callable[[Item], Answer]) -> tuple[Answer, ...]:
    """Call `work` for every item at the same time; return the answers in the items' order.

    Every call is waited for; then the first error, in the items' order, is raised. An interrupt of the calling thread is
    raised at once: the threads are daemons, and what they were doing on hosts goes on there or is repeated later.
    """
    answers: dict[int, Answer] = {}
    errors: dict[int, BaseException] = {}

    def one(index: int, item: Item) -> None:
        try:
            answers[index] = work(item)
        except BaseException as error:  # noqa: BLE001 - carried to the calling thread
            errors[index] = error

    threads = [threading.Thread(target=one, args=pair, daemon=True) for pair in enumerate(items)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[min(errors)]
    return tuple(answers[index] for index in range(len(items)))
