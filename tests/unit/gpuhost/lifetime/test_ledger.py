"""The account on disk: kept, lost, broken. No way of losing it gives running time away."""

import fcntl
import json
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gpuhost.lifetime import ledger as books
from gpuhost.lifetime import limits as lifetime

HOUR = 3600.0
NOON = 1_795_262_400.0
"""A time of day, in seconds of the epoch."""
LIMITS = {
    "max_hours": 12,
    "max_cost_usd": 0,
    "price_usd_per_hour": 0.5,
    "idle_minutes": 60,
    "warn_minutes": [30, 10],
    "busy_cpus": 0.5,
    "busy_gpu_percent": 5,
}
SIX = lifetime.End(at="2026-11-20T12:00:00+00:00", run="z", spent_s=6 * HOUR, reason="6 hours in all")
FULL = lifetime.Ledger(
    earlier_s=7 * HOUR,
    now=lifetime.Moment(run="a", seconds=100.0),
    used_s=70.0,
    extensions=(lifetime.Extension(at="2026-11-21T12:00:00+00:00", by="ada", hours=2.0, usd=0.0),),
    ended=SIX,
)


def at(seconds: float, run: str = "a") -> Any:
    """A moment of a run."""
    return lifetime.Moment(run=run, seconds=seconds)


@pytest.fixture
def book(tmp_path: Path) -> Any:
    """An empty folder, and the limits of a role."""
    config = tmp_path / "lifetime.json"
    config.write_text(json.dumps(LIMITS))
    os.utime(config, (NOON, NOON))
    (tmp_path / "state").mkdir()
    return books.Book(tmp_path / "state", config)


def test_an_account_comes_back_as_it_was_saved(book: Any) -> None:
    book.save(FULL)
    assert book.open(at(130.0), NOON) == FULL
    assert stat.S_IMODE((book.folder / "ledger.json").stat().st_mode) == 0o644


def test_the_first_account_begins_with_the_run_and_remembers_when(book: Any) -> None:
    assert book.open(at(600.0), NOON).spent_s == 600.0
    assert (book.folder / "begun").stat().st_mtime == NOON - 600


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"earlier_s": NaN, "now": {"run": "a", "seconds": 1}, "used_s": 1, "extensions": [], "ended": null}',
        '{"earlier_s": -9, "now": {"run": "a", "seconds": 1}, "used_s": 1, "extensions": [], "ended": null}',
        '{"earlier_s": 9, "now": {"run": "a", "seconds": "1"}, "used_s": 1, "extensions": [], "ended": null}',
        '{"earlier_s": 9, "now": null, "used_s": 1, "extensions": [], "ended": null}',
        '{"earlier_s": 9, "now": {"run": "a", "seconds": 1}, "used_s": 1, "extensions": 0, "ended": null}',
    ],
)
def test_an_account_that_cannot_be_read_is_set_aside_and_all_time_since_it_began_counts(
    book: Any, text: str, capfd: pytest.CaptureFixture[str]
) -> None:
    book.save(book.open(at(0.0), NOON))
    (book.folder / "ledger.json").write_text(text)
    ledger = book.open(at(300.0, run="b"), NOON + 9 * HOUR)
    assert (ledger.spent_s, ledger.now) == (9 * HOUR, at(300.0, run="b"))
    assert [path.read_text() for path in book.folder.glob("ledger.unreadable.*")] == [text]
    assert "set aside. 9.00 hours" in capfd.readouterr().err


def test_an_account_that_was_deleted_does_not_begin_anew(book: Any) -> None:
    book.save(book.open(at(0.0), NOON))
    (book.folder / "ledger.json").unlink()
    assert book.open(at(300.0), NOON + 9 * HOUR).spent_s == 9 * HOUR


def test_without_the_record_of_its_beginning_the_limits_say_how_old_it_is(book: Any) -> None:
    (book.folder / "ledger.json").write_text("\0\0\0")
    assert book.open(at(300.0), NOON + 5 * HOUR).spent_s == 5 * HOUR


def test_a_time_of_day_before_the_beginning_leaves_at_least_this_run(book: Any) -> None:
    book.save(book.open(at(0.0), NOON))
    (book.folder / "ledger.json").unlink()
    assert book.open(at(300.0), NOON - 9 * HOUR).spent_s == 300.0


def test_a_look_by_somebody_else_changes_nothing(book: Any) -> None:
    (book.folder / "ledger.json").write_text("{")
    before = sorted(book.folder.iterdir())
    book.peek(at(300.0), NOON)
    assert sorted(book.folder.iterdir()) == before


def test_a_write_cut_short_leaves_the_account_before_it(book: Any) -> None:
    book.save(FULL)
    (book.folder / ".ledger.json.new").write_text('{"earlier_s"')
    assert book.open(at(130.0), NOON) == FULL


def test_an_account_that_cannot_be_written_is_said(book: Any, capfd: pytest.CaptureFixture[str]) -> None:
    (book.folder / ".ledger.json.new").mkdir()
    book.save(FULL)
    assert "cannot be written" in capfd.readouterr().err


def test_limits_that_cannot_be_read_stay_as_they_were(book: Any, capfd: pytest.CaptureFixture[str]) -> None:
    book.keep(book.limits())
    book.config.write_text('{"max_hours": 0}')
    assert book.limits().max_hours == 12.0
    assert "the limits stay as they were" in capfd.readouterr().err


def test_limits_that_never_were_are_an_error(book: Any) -> None:
    book.config.unlink()
    with pytest.raises(ValueError, match="cannot be read"):
        book.limits()


def test_changed_limits_leave_the_account_alone(book: Any) -> None:
    book.save(FULL)
    book.keep(book.limits())
    book.config.write_text(json.dumps(LIMITS | {"max_hours": 24}))
    book.keep(book.limits())
    assert (book.limits().max_hours, book.open(at(130.0), NOON)) == (24.0, FULL)


def test_an_end_leaves_word_of_its_reason(book: Any) -> None:
    book.note_end(replace(SIX, spent_s=12.5 * HOUR))
    assert (book.folder / "ended.txt").read_text() == (
        "2026-11-20T12:00:00+00:00 after 12.50 hours: 6 hours in all\n"
    )


def test_two_who_open_the_book_come_one_after_the_other(book: Any) -> None:
    with book.locked():
        other = os.open(book.folder, os.O_RDONLY)
        with pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(other)
