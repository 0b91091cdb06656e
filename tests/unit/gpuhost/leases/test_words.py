"""Lengths and times as people type them."""

from datetime import datetime, timedelta, timezone

import pytest

from gpuhost.leases.policy import words

NOW = datetime(2027, 1, 31, 13, 30, tzinfo=timezone(timedelta(hours=1)))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30m", 1800), ("4h", 14400), ("1h30m", 5400), ("2d", 172800), ("0.5h", 1800), ("90S", 90)],
)
def test_a_length_is_read(text: str, seconds: float) -> None:
    assert words.seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "4", "h", "4 hours", "-1h", "0m", "1h 30m"])
def test_what_is_no_length_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="30m, 4h"):
        words.seconds(text)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("14:00", "2027-01-31T14:00:00+01:00"),
        ("13:00", "2027-02-01T13:00:00+01:00"),
        ("now", "2027-01-31T13:30:00+01:00"),
        ("2027-02-03T08:00", "2027-02-03T08:00:00+01:00"),
        ("2027-02-03T08:00:00+00:00", "2027-02-03T08:00:00+00:00"),
    ],
)
def test_a_time_is_the_next_of_that_name(text: str, at: str) -> None:
    assert words.moment(text, NOW).isoformat() == at


@pytest.mark.parametrize("text", ["25:00", "soon", "14", ""])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no time"):
        words.moment(text, NOW)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(5, "5 s"), (65, "1 min"), (3600, "1 h"), (7500, "2 h 5 min"), (90000, "1 d 1 h"), (172800, "2 d")],
)
def test_a_length_is_said_shortly(seconds: float, text: str) -> None:
    assert words.length(seconds) == text
