"""The command and the service's look, on real files and the real clock of this computer."""

import json
import math
import socket
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gpuhost.lifetime import command
from gpuhost.lifetime import ledger as books
from gpuhost.lifetime import limits as lifetime
from gpuhost.systemd import notify

LIMITS = {
    "max_hours": 12,
    "max_cost_usd": 20,
    "price_usd_per_hour": 0.5,
    "idle_minutes": 60,
    "warn_minutes": [30, 10],
    "busy_cpus": 0.5,
    "busy_gpu_percent": 5,
}
FIELDS = {
    "spent_seconds", "cost_usd", "limits", "extensions", "ends_at", "reason", "idle_seconds", "idle_limit_seconds",
    "last_end", "interruption",
}  # fmt: skip


@pytest.fixture
def book(tmp_path: Path) -> Any:
    """An empty folder, and the limits of a role."""
    config = tmp_path / "lifetime.json"
    config.write_text(json.dumps(LIMITS))
    (tmp_path / "state").mkdir()
    return books.Book(tmp_path / "state", config)


NONE = lifetime.Notice(run="earlier")


def run_before(hours: float) -> Any:
    """An account of an earlier run."""
    now = lifetime.Moment(run="earlier", seconds=hours * 3600)
    return lifetime.Ledger(earlier_s=0.0, now=now, used_s=0.0)


def test_a_run_is_known_again_and_its_seconds_grow() -> None:
    first, second = books.moment(), books.moment()
    assert first.run == second.run
    assert 0 < first.seconds <= second.seconds


def test_a_look_within_the_limits_writes_the_account(book: Any) -> None:
    book.save(run_before(1))
    limits = replace(book.limits(), max_hours=1e6, max_cost_usd=0.0)
    verdict = command.look(book, limits, warned=math.inf, in_use=True)
    kept = json.loads((book.folder / "ledger.json").read_text())
    assert (verdict.action, kept["earlier_s"], kept["ended"]) == ("keep", 3600.0, None)
    assert kept["now"]["run"] == books.moment().run


def test_an_end_is_on_record_before_it_begins_and_stays_the_same_end(book: Any) -> None:
    book.save(run_before(13))
    first = command.look(book, book.limits(), warned=math.inf, in_use=True)
    record = (book.folder / "ended.txt").read_text()
    second = command.look(book, book.limits(), warned=math.inf, in_use=True)
    assert (first.action, second.action) == ("end", "end")
    assert record.endswith("12 hours in all\n")
    assert (book.folder / "ended.txt").read_text() == record


def test_the_report_has_what_other_programs_read(book: Any) -> None:
    ledger = replace(run_before(2), used_s=2 * 3600 - 600.0)
    told = command.report(ledger, book.limits(), NONE)
    ends = datetime.fromisoformat(str(told["ends_at"]))
    left = ends - datetime.now(ends.tzinfo)
    assert set(told) == FIELDS
    assert (told["spent_seconds"], told["cost_usd"], told["idle_seconds"]) == (7200, 1.0, 600)
    assert (told["reason"], told["idle_limit_seconds"]) == ("60 minutes unused", 3600)
    assert ends.utcoffset() == timedelta(0)
    assert abs(left.total_seconds() - 3000) < 5


def test_between_two_looks_a_host_in_use_is_in_use_and_an_idle_one_idles_on() -> None:
    later = lifetime.Moment(run="earlier", seconds=2 * 3600 + 20.0)
    in_use, idle = replace(run_before(2), used_s=2 * 3600.0), replace(run_before(2), used_s=3600.0)
    assert [command.since(ledger, later).idle_s for ledger in (in_use, idle)] == [0.0, 3620.0]


def test_a_host_without_limits_reports_none(book: Any) -> None:
    none = replace(book.limits(), max_hours=0.0, max_cost_usd=0.0, idle_minutes=0.0, price_usd_per_hour=0.0)
    told = command.report(run_before(2), none, NONE)
    assert (told["ends_at"], told["reason"], told["cost_usd"], told["idle_limit_seconds"]) == (None,) * 4
    assert command.in_words(told) == "has run 2.00 hours in all\nhas no limit that ends it"


def test_the_report_for_a_person_says_cost_and_end(book: Any) -> None:
    in_use = replace(run_before(2), used_s=2 * 3600.0)
    words = command.in_words(command.report(in_use, book.limits(), NONE))
    assert words.startswith("has run 2.00 hours in all, 1.0 USD\nends at 20")
    assert words.endswith("(12 hours in all)")


@pytest.mark.parametrize("amount", ["-1", "nan", "inf", "two", "1e999"])
def test_an_extension_that_is_no_amount_is_a_usage_error(amount: str) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(["extend", f"--hours={amount}"])
    assert ended.value.code == 2


def test_an_extension_by_nothing_is_refused_with_what_to_type(capfd: pytest.CaptureFixture[str]) -> None:
    assert command.main(["extend"]) == 1
    assert "try: orchestrate-lifetime extend --hours 2" in capfd.readouterr().err


def test_a_warning_says_when_why_and_what_puts_it_off_in_lines_that_fit() -> None:
    bound = lifetime.Bound(reason="12 hours in all", left_s=541.0, remedy="extend --hours 2")
    lines = command.warning(bound).splitlines()
    assert lines[0].startswith("This host powers off in 10 minutes, at 20")
    assert lines[1:] == [
        "Its limit is 12 hours in all.",
        "To put it off, here: sudo orchestrate-lifetime extend --hours 2",
        "or where it was started from: orchestrate extend --hours 2",
    ]
    assert max(map(len, lines)) < 79


def test_a_warning_of_idleness_names_no_command() -> None:
    bound = lifetime.Bound(reason="60 minutes unused", left_s=541.0, remedy="")
    assert command.warning(bound).endswith("\nIts limit is 60 minutes unused.\n")


def test_a_program_that_fails_is_said_and_survived(capfd: pytest.CaptureFixture[str]) -> None:
    command.run("false")
    command.run("/nonexistent/systemctl")
    said = capfd.readouterr().err.splitlines()
    assert ["'false'" in said[0], "/nonexistent/systemctl" in said[1]] == [True, True]


def test_systemd_is_told_through_its_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        notify("READY=1")
        assert systemd.recv(100) == b"READY=1"
