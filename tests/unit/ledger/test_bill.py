"""Hours and dollars, from what was heard of an instance over time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from orchestrator.ledger import bill, bill_lines, cost, dollars, news, running_line
from orchestrator.models import Extra, InstanceStatus, Market

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
DISK = Extra(what="disk", usd_per_hour=0.01, while_stopped=True)
ADDRESS = Extra(what="address", usd_per_hour=0.005, while_stopped=False)


def after(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


def heard(state: str, hours: float, *, ended: float | None = None, started: float = 0.0) -> InstanceStatus:
    """What the provider says some hours after noon of a host for $1 an hour."""
    return InstanceStatus(
        at=after(hours),
        id="i-1",
        host="t-1",
        token="t-token",
        instance_type="g4dn.xlarge",
        zone="us-east-1a",
        market=Market.ON_DEMAND,
        usd_per_hour=1.0,
        state=state,
        started_at=after(started),
        created_at=NOON,
        run_ended_at=None if ended is None else after(ended),
        reason="" if state == "running" else "Client.UserInitiatedShutdown",
        extras=(DISK, ADDRESS) if state == "running" else (),
    )


def test_each_run_is_billed_by_the_second_and_a_minute_at_the_least() -> None:
    found = bill((heard("running", 0), heard("terminated", 1, ended=10 / 3600)), after(1))
    assert found.instances[0].charges[0].usd_most == pytest.approx(1 / 60)
    exact = bill((heard("running", 0), heard("terminated", 9, ended=3.5)), after(9))
    assert exact.instances[0].charges[0].usd_least == exact.instances[0].charges[0].usd_most == 3.5


def test_a_stopped_host_that_is_terminated_later_ran_until_the_stop_and_kept_its_disk_until_the_end() -> None:
    statuses = (heard("running", 0), heard("stopped", 3, ended=2), heard("terminated", 9, ended=8))
    charges = {each.what: each.hours_most for each in bill(statuses, after(9)).instances[0].charges}
    assert charges == {"g4dn.xlarge": 2.0, "disk": 8.0, "address": 2.0}


def test_an_end_without_a_date_lies_between_the_last_look_and_the_first_that_found_it_over() -> None:
    found = bill((heard("running", 1), heard("terminated", 5)), after(9))
    assert (found.instances[0].charges[0].usd_least, found.instances[0].charges[0].usd_most) == (1.0, 5.0)


def test_a_deadline_bounds_a_run_whose_end_nobody_saw_and_an_extension_moves_it() -> None:
    running = replace(heard("running", 1), ends_at=after(3))
    gone = replace(heard("not found", 50), reason="")
    assert bill((running, gone), after(99)).instances[0].charges[0].hours_most == pytest.approx(3 + 2 / 60)
    extended = replace(running, ends_at=after(5))
    assert bill((running, extended, gone), after(99)).instances[0].charges[0].hours_most == pytest.approx(
        5 + 2 / 60
    )


def test_a_console_that_was_posted_at_the_start_dates_no_end() -> None:
    early = replace(heard("terminated", 9, ended=0.02), dated_by_console=True)
    assert bill((heard("running", 0), early), after(9)).instances[0].charges[0].hours_most == 9.0
    late = replace(heard("terminated", 9, ended=4), dated_by_console=True)
    assert bill((heard("running", 0), late), after(9)).instances[0].charges[0].hours_least == 4.0


def test_what_is_not_shown_any_more_is_written_down_once_and_not_while_it_may_be_late() -> None:
    known = (heard("running", 0),)
    assert news(known, (), after(0.1)) == ()
    (gone,) = news(known, (), after(2))
    assert gone.state == "not found"
    assert news((*known, gone), (), after(3)) == ()


def test_an_instance_that_is_shown_again_runs_on() -> None:
    statuses = (heard("running", 0), heard("not found", 1), heard("running", 2))
    found = bill(statuses, after(3))
    assert (found.instances[0].charges[0].usd_least, found.instances[0].charges[0].usd_most) == (3.0, 3.0)
    assert found.usd_per_hour == pytest.approx(1.015)


def test_a_price_that_nobody_knows_is_said_and_is_not_nothing() -> None:
    found = bill((replace(heard("running", 0), usd_per_hour=None, extras=()),), after(9))
    said = bill_lines(found)
    assert any("nobody knows its price" in line for line in said)
    assert "at an unknown price" in said[0]


def test_what_runs_and_what_it_costs_an_hour_is_one_line_with_the_command_that_ends_it() -> None:
    assert running_line(bill((heard("running", 0),), after(1)), "t") == (
        "1 host (t-1) runs, which costs $1.015 an hour: `orchestrate down --name t` ends it"
    )
    assert running_line(bill((heard("running", 0), heard("stopped", 1, ended=1)), after(1)), "t") == (
        "1 host (t-1) is stopped, which costs $0.010 an hour: `orchestrate down --name t` ends it"
    )
    assert running_line(bill((), NOON), "t") == "nothing runs"


def test_dollars_are_rounded_half_up_and_what_is_bounded_says_so() -> None:
    assert [dollars(each) for each in (0.125, 0.135, 1.0)] == ["$0.13", "$0.14", "$1.00"]
    assert cost(0.0, 1.5) == "at most $1.50"
    assert cost(0.5, 1.5) == "$0.50 to at most $1.50"
    assert cost(1.5001, 1.5) == "$1.50"
