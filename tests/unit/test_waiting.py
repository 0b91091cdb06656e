"""Waiting: at least one look, an answer at once, and the last sight in the error."""

import time

import pytest

from orchestrator import waiting
from orchestrator.waiting import DeadlineError, NotYet, retried, wait_for


def test_an_answer_is_returned_at_once() -> None:
    assert wait_for("x", lambda: "there", timeout_s=0) == "there"


def test_the_probe_is_repeated_until_it_answers() -> None:
    answers = iter([NotYet("a"), NotYet("b"), 3])
    assert wait_for("x", lambda: next(answers), timeout_s=5, interval_s=0) == 3


def test_a_passed_deadline_tells_the_last_sight() -> None:
    with pytest.raises(DeadlineError, match="not within 0 s; last seen: connection refused"):
        wait_for("host", lambda: NotYet("connection refused"), timeout_s=0)


def test_what_is_tried_again_for_long_is_asked_less_and_less_often() -> None:
    asked: list[float] = []

    def probe() -> NotYet:
        asked.append(time.monotonic())
        return NotYet("away")

    with pytest.raises(DeadlineError):
        wait_for("x", probe, timeout_s=1, interval_s=0.01, slowest_s=0.2)
    assert len(asked) < 12


@pytest.fixture
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as there are, and without length."""
    monkeypatch.setattr(waiting, "RETRY_PAUSES_S", (0.0,) * len(waiting.RETRY_PAUSES_S))


def is_reset(error: Exception) -> bool:
    return isinstance(error, ConnectionResetError)


@pytest.mark.usefixtures("short_pauses")
def test_a_call_that_fails_in_a_way_that_passes_is_repeated() -> None:
    left: list[Exception] = [ConnectionResetError(), ConnectionResetError()]

    def call() -> str:
        if left:
            raise left.pop()
        return "there"

    assert retried(call, is_reset) == "there"


@pytest.mark.usefixtures("short_pauses")
@pytest.mark.parametrize(("error", "calls"), [(ConnectionResetError, 4), (PermissionError, 1)])
def test_a_call_is_repeated_a_bounded_number_of_times_and_a_refusal_never(
    error: type[Exception], calls: int
) -> None:
    made: list[int] = []

    def call() -> None:
        made.append(len(made))
        raise error

    with pytest.raises(error):
        retried(call, is_reset)
    assert len(made) == calls
