"""What has been used of late, and leases that do not compute."""

import pytest

from gpuhost.leases.policy import idle
from gpuhost.leases.policy.fair_share import Usage, charged, in_order, used
from gpuhost.leases.policy.values import Limits
from tests.unit.gpuhost.leases.samples import ANNA, BEN, HOUR, NOW, lease, request

LIMITS = Limits()


def test_what_was_used_counts_half_after_each_half_life() -> None:
    usages = {ANNA: Usage(gpu_seconds=800.0, at=NOW - 2 * HOUR)}
    assert used(usages, (), NOW, HOUR) == {ANNA: 200.0}


def test_leases_under_way_count_by_what_they_are_worth() -> None:
    half = lease(1, 0, weight=0.5)
    assert used({}, (half, lease(2, 1, uid=BEN)), NOW, HOUR) == {ANNA: HOUR / 2, BEN: HOUR}


def test_a_lease_that_ends_is_charged() -> None:
    assert charged(None, lease(1, 0, 1), NOW, HOUR) == Usage(gpu_seconds=2 * HOUR, at=NOW)


def test_about_as_much_is_no_difference() -> None:
    requests = (request(1), request(2, uid=BEN))
    assert [each.id for each in in_order(requests, {ANNA: 599.0})] == [1, 2]
    assert [each.id for each in in_order(requests, {ANNA: 601.0})] == [2, 1]


def test_a_lease_that_idles_is_warned_and_later_freed() -> None:
    found, actions = idle.Judgement(idle=None), []
    for minute in range(0, 70, 5):
        found = idle.judged(found.idle, active=False, now=NOW + minute * 60, limits=LIMITS)
        actions += [(minute, found.action)] if found.action else []
    assert actions == [(30, idle.WARN), (60, idle.FREE), (65, idle.FREE)]


def test_one_that_computes_again_begins_anew() -> None:
    warned = idle.Idle(since=NOW - HOUR, warned=True)
    assert idle.judged(warned, active=True, now=NOW, limits=LIMITS) == idle.Judgement(idle=None)


def test_nobody_is_ended_without_a_warning_before() -> None:
    long = idle.Idle(since=NOW - 9 * HOUR)
    assert idle.judged(long, active=False, now=NOW, limits=LIMITS).action == idle.WARN


def test_a_lease_may_idle_where_that_is_set() -> None:
    found = idle.judged(
        idle.Idle(since=0.0, warned=True), active=False, now=NOW, limits=Limits(idle_free_minutes=0)
    )
    assert found.action == ""


@pytest.mark.parametrize(
    ("percents", "active"), [((0, 5), False), ((0, 6), True), ((0, None), True), ((), True)]
)
def test_what_cannot_be_told_counts_as_computing(percents: tuple[int | None, ...], active: bool) -> None:
    assert idle.is_active(percents, LIMITS) is active
