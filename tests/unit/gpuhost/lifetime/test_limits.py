"""When a host has to end, decided from its account: rows of accounts and limits, and what follows."""

import math
from dataclasses import asdict, replace
from typing import Any

import pytest

from gpuhost.lifetime import limits as lifetime

HOUR = 3600.0
NONE = lifetime.Limits(
    max_hours=0.0,
    max_cost_usd=0.0,
    price_usd_per_hour=0.0,
    idle_minutes=0.0,
    warn_minutes=(30.0, 10.0, 2.0),
    busy_cpus=0.5,
    busy_gpu_percent=5.0,
)
TWELVE = replace(NONE, max_hours=12.0)
TWENTY_USD = replace(NONE, max_cost_usd=20.0, price_usd_per_hour=2.0)
IDLE = replace(NONE, idle_minutes=60.0)


def account(hours: float, *, earlier: float = 0.0, idle_s: float = 0.0, run: str = "a") -> Any:
    """An account of so many hours in this run."""
    now = lifetime.Moment(run=run, seconds=hours * HOUR)
    return lifetime.Ledger(earlier_s=earlier * HOUR, now=now, used_s=hours * HOUR - idle_s)


def ended(hours: float, *, run: str = "a") -> Any:
    """The end of a host that had run for so long."""
    return lifetime.End(
        at="2026-11-21T12:00:00+00:00", run=run, spent_s=hours * HOUR, reason="12 hours in all"
    )


def granted(*, hours: float = 0.0, usd: float = 0.0) -> Any:
    """What somebody granted."""
    return lifetime.Extension(at="2026-11-21T12:00:00+00:00", by="ada", hours=hours, usd=usd)


def decided(ledger: Any, limits: Any, warned: float = math.inf) -> tuple[str, str]:
    """Action and reason."""
    verdict = lifetime.decide(ledger, limits, warned=warned)
    return verdict.action, verdict.bound.reason if verdict.bound else ""


@pytest.mark.parametrize(
    ("left_s", "expected"),
    [(7200.0, "keep"), (1700.0, "warn"), (0.0, "end"), (-50.0, "end")],
)
def test_a_host_ends_when_its_reserved_time_does_whatever_it_was_granted(
    left_s: float, expected: str
) -> None:
    limits = replace(TWELVE, until_s=1_795_262_400.0)
    ledger = replace(account(1), extensions=(granted(hours=100.0),), ended=None)
    verdict = lifetime.decide(ledger, limits, warned=math.inf, wall_s=limits.until_s - left_s)
    assert verdict.bound is not None
    assert (verdict.action, verdict.bound.remedy) == (expected, "")
    assert verdict.bound.reason == "its reserved time, at the end of which the cloud takes it back"


def test_a_host_that_was_started_again_gets_no_time_beyond_its_reserved_time() -> None:
    ledger = replace(account(0.01, earlier=1, run="b"), ended=ended(1))
    limits = replace(NONE, until_s=1_795_262_400.0)
    assert lifetime.decide(ledger, limits, warned=math.inf, wall_s=limits.until_s + 1).action == "end"


@pytest.mark.parametrize(
    ("ledger", "limits", "expected"),
    [
        (account(10_000, idle_s=9_000), NONE, ("keep", "")),
        (account(11), TWELVE, ("keep", "12 hours in all")),
        (account(11.6), TWELVE, ("warn", "12 hours in all")),
        (account(12), TWELVE, ("end", "12 hours in all")),
        (account(1, earlier=11), TWELVE, ("end", "12 hours in all")),
        (account(9.4), TWENTY_USD, ("keep", "20 USD at 2 USD an hour")),
        (account(9.9), TWENTY_USD, ("warn", "20 USD at 2 USD an hour")),
        (account(2, earlier=8), TWENTY_USD, ("end", "20 USD at 2 USD an hour")),
        (account(11), replace(TWELVE, max_cost_usd=20.0, price_usd_per_hour=2.0), ("end", "20 USD at 2 USD an hour")),
        (account(11), replace(TWELVE, max_cost_usd=20.0), ("keep", "12 hours in all")),
        (account(5), IDLE, ("keep", "")),
        (account(5, idle_s=1200), IDLE, ("keep", "60 minutes unused")),
        (account(5, idle_s=1900), IDLE, ("warn", "60 minutes unused")),
        (account(5, idle_s=3600), IDLE, ("end", "60 minutes unused")),
        (account(5, idle_s=3000), replace(IDLE, max_hours=5.1), ("warn", "5.1 hours in all")),
    ],
)  # fmt: skip
def test_the_limit_that_comes_first_decides(ledger: Any, limits: Any, expected: tuple[str, str]) -> None:
    assert decided(ledger, limits) == expected


def test_each_warning_is_given_once_and_again_after_an_extension() -> None:
    ledger, warned, given = account(11), math.inf, []
    for minute in range(60):
        ledger = lifetime.counted(
            ledger, lifetime.Moment(run="a", seconds=11 * HOUR + minute * 60), in_use=True
        )
        if minute == 55:
            ledger = lifetime.extended(ledger, TWELVE, granted(hours=0.1))
        verdict = lifetime.decide(ledger, TWELVE, warned=warned)
        warned = verdict.level
        if verdict.action == "warn":
            given.append((minute, verdict.level))
    assert given == [(30, 30.0), (50, 10.0), (56, 10.0)]


def test_a_short_limit_of_idleness_does_not_warn_whenever_the_host_falls_idle() -> None:
    limits = replace(NONE, idle_minutes=15.0)
    assert [decided(account(5, idle_s=60 * idle), limits)[0] for idle in (1, 4, 5, 14)] == [
        "keep",
        "keep",
        "warn",
        "warn",
    ]


def test_a_reboot_adds_to_the_account_and_a_stop_does_not_consume_it() -> None:
    ledger = lifetime.counted(account(5, earlier=2), lifetime.Moment(run="b", seconds=40.0), in_use=False)
    assert (ledger.earlier_s, ledger.spent_s, ledger.idle_s) == (7 * HOUR, 7 * HOUR + 40, 0.0)


def test_time_without_a_look_in_one_run_is_counted_and_not_held_against_an_idle_host() -> None:
    later = lifetime.Moment(run="a", seconds=8 * HOUR)
    ledger = lifetime.counted(account(5, idle_s=3000), later, in_use=False)
    assert (ledger.spent_s, ledger.idle_s) == (8 * HOUR, 0.0)


def test_idleness_grows_from_look_to_look_and_ends_with_a_use() -> None:
    ledger = account(5, idle_s=3000)
    idle = lifetime.counted(ledger, lifetime.Moment(run="a", seconds=5 * HOUR + 30), in_use=False)
    used = lifetime.counted(ledger, lifetime.Moment(run="a", seconds=5 * HOUR + 30), in_use=True)
    assert (idle.idle_s, used.idle_s) == (3030.0, 0.0)


def test_the_account_never_runs_backwards() -> None:
    ledger = lifetime.counted(account(5), lifetime.Moment(run="a", seconds=4 * HOUR), in_use=True)
    assert ledger.spent_s == 5 * HOUR


def test_a_power_off_under_way_stays_decided() -> None:
    assert decided(replace(account(1), ended=ended(1)), NONE) == ("end", "12 hours in all")


@pytest.mark.parametrize(
    ("minutes", "expected"), [(1, "warn"), (9, "warn"), (10, "end")], ids=["start", "late", "over"]
)
def test_a_host_started_after_its_end_has_ten_minutes(minutes: float, expected: str) -> None:
    ledger = replace(account(minutes / 60, earlier=12.5, run="b"), ended=ended(12.5))
    assert decided(ledger, TWELVE)[0] == expected


def test_the_ten_minutes_are_those_of_all_starts_together() -> None:
    ledger = replace(account(6 / 60, earlier=12.5 + 5 / 60, run="c"), ended=ended(12.5))
    assert decided(ledger, TWELVE)[0] == "end"


def test_a_reboot_loop_has_no_grace() -> None:
    assert decided(account(0.01, earlier=12, run="z"), TWELVE)[0] == "end"


def test_an_extension_is_from_now_where_the_limit_is_passed() -> None:
    late = replace(account(1, earlier=99, run="b"), ended=ended(99))
    more = lifetime.extended(late, TWELVE, granted(hours=2))
    assert decided(more, TWELVE) == ("keep", "102 hours in all")
    assert lifetime.bounds(more, TWELVE)[0].left_s == pytest.approx(2 * HOUR)


def test_an_extension_is_from_the_limit_where_it_is_still_ahead() -> None:
    more = lifetime.extended(account(11.9), TWELVE, granted(hours=2))
    dollars = lifetime.extended(account(9.9), TWENTY_USD, granted(usd=5))
    assert (decided(more, TWELVE), decided(dollars, TWENTY_USD)) == (
        ("keep", "14 hours in all"),
        ("keep", "25 USD at 2 USD an hour"),
    )


@pytest.mark.parametrize(("limits", "more"), [(TWENTY_USD, granted(hours=2)), (TWELVE, granted(usd=2))])
def test_what_has_no_limit_cannot_be_extended(limits: Any, more: Any) -> None:
    with pytest.raises(ValueError, match="this host has no limit"):
        lifetime.extended(account(1), limits, more)


@pytest.mark.parametrize("wrong", [-1, math.nan, math.inf, "12", None, True])
def test_a_limit_that_is_no_amount_is_refused(wrong: object) -> None:
    given = {**asdict(NONE), "warn_minutes": [30], "max_hours": wrong}
    with pytest.raises((TypeError, ValueError)):
        lifetime.parse_limits(given)
