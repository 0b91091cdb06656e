"""A task without progress ends."""

import threading

from workloads.step.watchdog import Watchdog


class _Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_it_gives_up_once_and_says_what_was_being_done() -> None:
    told, ended, clock = list[str](), threading.Event(), _Clock()

    def give_up(reason: str) -> None:
        told.append(reason)
        ended.set()

    watchdog = Watchdog(60, give_up, clock)
    with watchdog.watching():
        watchdog.beat("step 7 of 9")
        assert not ended.wait(0.7)
        clock.now = 61
        assert ended.wait(5)
    assert told == ["no progress for 60 s: step 7 of 9"]


def test_waiting_for_others_is_no_standstill() -> None:
    ended, clock = threading.Event(), _Clock()
    watchdog = Watchdog(60, lambda _: ended.set(), clock)
    with watchdog.watching(), watchdog.waiting("for the others"):
        clock.now = 1e6
        assert not ended.wait(1.2)
