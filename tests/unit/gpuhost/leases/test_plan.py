"""Who gets which devices and when. The last tests play whole days that nobody thought of."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from gpuhost.leases.policy.plan import DEPTH, plan, refusal
from gpuhost.leases.policy.values import MPS, Grant, Lease, Limits, Plan, Request
from tests.unit.gpuhost.leases.samples import (
    ANNA,
    BEN,
    HOUR,
    NOW,
    device,
    lease,
    request,
    reservation,
    state,
)


def granted(decided: Plan) -> dict[int, tuple[str, ...]]:
    return {grant.request.id: tuple(each.id for each in grant.devices) for grant in decided.grants}


def test_who_comes_first_is_served_first() -> None:
    decided = plan(state(2, requests=(request(3), request(1), request(2))), NOW)
    assert granted(decided) == {1: ("GPU-0",), 2: ("GPU-1",)}
    assert [wait.request.id for wait in decided.waits] == [3]
    assert decided.waits[0].starts_at == NOW + HOUR


def test_who_has_used_more_of_late_comes_later() -> None:
    requests = (request(1), request(2, uid=BEN))
    assert list(granted(plan(state(1, requests=requests, used={ANNA: HOUR}), NOW))) == [2]
    assert list(granted(plan(state(1, requests=requests, used={ANNA: 60.0}), NOW))) == [1], "about as much"


def test_a_job_for_several_gpus_is_not_overtaken_by_one_that_would_delay_it() -> None:
    running = lease(1, 0)
    large, small = request(2, gpus=4), request(3, seconds=2 * HOUR)
    decided = plan(state(4, leases=(running,), requests=(large, small)), NOW)
    assert decided.grants == ()
    assert [wait.starts_at for wait in decided.waits] == [NOW + HOUR, NOW + 2 * HOUR]


def test_a_short_job_goes_before_a_large_one_where_that_delays_it_by_nothing() -> None:
    decided = plan(
        state(4, leases=(lease(1, 0),), requests=(request(2, gpus=4), request(3, seconds=HOUR))), NOW
    )
    assert granted(decided) == {3: ("GPU-1",)}


def test_a_job_without_a_gpu_never_waits() -> None:
    assert granted(plan(state(0, requests=(request(1, gpus=0),)), NOW)) == {1: ()}


def test_fractions_share_a_card_with_each_other_and_with_nobody_else() -> None:
    half = request(2, fraction=0.5)
    beside = plan(state(2, leases=(lease(1, 1, fraction=0.5),), requests=(half,)), NOW)
    assert granted(beside) == {2: ("GPU-1",)}, "rather than on an empty card"
    full = plan(state(1, leases=(lease(1, 0, fraction=0.6),), requests=(half,)), NOW)
    assert full.grants == ()
    whole = plan(state(1, leases=(lease(1, 0),), requests=(half,)), NOW)
    assert whole.grants == ()
    other = plan(state(1, leases=(lease(1, 0, fraction=0.1),), requests=(request(2),)), NOW)
    assert other.grants == ()


def test_a_card_on_which_somebody_computes_without_a_lease_is_not_given_out() -> None:
    taken = device(0, blocked="python of ben (process 7) computes there without a lease")
    decided = plan(state(devices=(taken,), requests=(request(1),)), NOW)
    assert decided.grants == ()
    assert decided.waits[0].why == "GPU 0: python of ben (process 7) computes there without a lease"
    assert decided.waits[0].starts_at is None, "nobody knows when"


def test_who_waits_is_told_who_has_what() -> None:
    decided = plan(state(1, leases=(lease(7, 0, uid=BEN),), requests=(request(8),)), NOW)
    assert decided.waits[0].why.startswith("GPU 0: ben (job 7, until ")


def test_a_user_has_at_most_as_many_as_one_may_have() -> None:
    limits = Limits(max_gpus_per_user=2)
    requests = (request(2), request(3), request(4, uid=BEN))
    decided = plan(state(4, leases=(lease(1, 0),), requests=requests, limits=limits), NOW)
    assert set(granted(decided)) == {2, 4}
    assert decided.waits[0].why == "anna may have 2 at once, and has 2"


def test_what_is_reserved_is_left_alone_by_whoever_would_still_run_then() -> None:
    kept = reservation(9, gpus=1, starts_at=NOW + HOUR)
    decided = plan(state(1, reservations=(kept,), requests=(request(1, seconds=2 * HOUR), request(2))), NOW)
    assert list(granted(decided)) == [2], "it ends in time"
    assert decided.waits[0].starts_at == kept.ends_at


def test_who_reserved_has_it_for_all_jobs_until_its_end() -> None:
    kept = reservation(9, gpus=1, starts_at=NOW - HOUR, ends_at=NOW + HOUR)
    decided = plan(
        state(1, reservations=(kept,), requests=(request(1), request(2, uid=BEN, seconds=9 * HOUR))), NOW
    )
    assert granted(decided) == {2: ("GPU-0",)}
    grant = decided.grants[0]
    assert (grant.ends_at, grant.reservation) == (kept.ends_at, 9)


def test_a_job_with_a_reservation_of_its_own_starts_with_it() -> None:
    kept = reservation(5, starts_at=NOW + HOUR)
    own = request(5, uid=BEN, reservation=5)
    before = plan(state(2, reservations=(kept,), requests=(own,)), NOW)
    assert before.waits[0].starts_at == NOW + HOUR
    then = plan(state(2, reservations=(kept,), requests=(own,)), NOW + HOUR)
    assert list(granted(then)) == [5]


def test_the_lease_of_a_reservation_does_not_count_beside_it() -> None:
    kept = reservation(9, starts_at=NOW - HOUR, ends_at=NOW + HOUR)
    used = lease(1, 0, uid=BEN, reservation=9)
    assert list(
        granted(plan(state(2, leases=(used,), reservations=(kept,), requests=(request(2),)), NOW))
    ) == [2]


def test_what_can_never_be_had_is_refused_and_says_what_is_there() -> None:
    assert refusal(state(2), request(1, gpus=3), NOW) == "this host has 2 GPUs, and 3 were asked for"
    assert refusal(state(2), request(1, kind="1g.10gb"), NOW).startswith("this host has no slices 1g.10gb")
    limited = state(4, limits=Limits(max_gpus_per_user=1))
    assert refusal(limited, request(1, gpus=2), NOW) == "anna may have 1 at once, and 2 were asked for"
    assert refusal(state(2, leases=(lease(1, 0, 1),)), request(2, gpus=2), NOW) == ""


def test_a_reservation_is_refused_where_something_else_is_there_by_then() -> None:
    there = state(2, leases=(lease(1, 0, ends_at=NOW + 2 * HOUR),), reservations=(reservation(2),))
    refused = refusal(there, reservation(3, starts_at=NOW + HOUR, ends_at=NOW + 2 * HOUR), NOW)
    assert "GPU 0: anna (job 1, until " in refused
    assert "ben has reserved 1 GPU from " in refused
    assert refusal(there, reservation(3, starts_at=NOW + 2 * HOUR, ends_at=NOW + 3 * HOUR), NOW) == ""


def test_shares_of_one_card_are_one_users_at_a_time() -> None:
    shares = tuple(device(number, card="GPU-x", kind=MPS, weight=0.5) for number in range(2))
    requests = (request(1, kind=MPS), request(2, uid=BEN, kind=MPS), request(3, kind=MPS))
    assert set(granted(plan(state(devices=shares, requests=requests), NOW))) == {1, 3}


def test_slices_are_leased_to_those_who_ask_for_such() -> None:
    devices = (device(0), device(1, kind="1g.10gb"))
    assert granted(plan(state(devices=devices, requests=(request(1, kind="1g.10gb"),)), NOW)) == {
        1: ("GPU-1",)
    }


def test_who_is_far_behind_is_not_planned_for_and_does_not_start() -> None:
    requests = tuple(request(number) for number in range(2, DEPTH + 5))
    decided = plan(state(1, leases=(lease(1, 0),), requests=requests), NOW)
    assert decided.grants == ()
    assert decided.waits[-1].why == f"more than {DEPTH} others are before it"


REQUESTS = st.lists(
    st.builds(
        lambda uid, gpus, hours, fraction: request(
            0, uid=uid, gpus=1 if fraction else gpus, seconds=hours * HOUR, fraction=fraction
        ),
        st.sampled_from((ANNA, BEN)),
        st.integers(1, 4),
        st.sampled_from((0.5, 1.0, 3.0)),
        st.sampled_from((0.0, 0.0, 0.3, 0.5, 1.0)),
    ),
    min_size=1,
    max_size=20,
)


@settings(max_examples=60, deadline=None)
@given(REQUESTS, st.integers(0, 3))
def test_a_day_of_jobs_never_has_two_on_what_one_has_and_all_are_served(
    asked: list[Request], reserved: int
) -> None:
    waiting = [replace(each, id=number) for number, each in enumerate(asked)]
    kept = (reservation(99, uid=77, gpus=reserved),) if reserved else ()
    leases: list[Lease] = []
    now, served = NOW, 0
    for _ in range(200):
        leases = [each for each in leases if each.ends_at > now]
        there = state(leases=tuple(leases), requests=tuple(waiting), reservations=kept)
        for grant in plan(there, now).grants:
            waiting.remove(grant.request)
            leases.append(_lease(grant, now))
            served += 1
        _assert_nobody_shares_unasked(leases)
        if kept and kept[0].starts_at <= now < kept[0].ends_at:
            taken = {one for each in leases for one in each.devices}
            assert len(taken) <= 4 - reserved
        if not waiting:
            break
        ends = [each.ends_at for each in leases] + [each.ends_at for each in kept if each.ends_at > now]
        now = min(ends + [each.starts_at for each in kept if each.starts_at > now])
    assert served == len(asked)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(60.0, HOUR), min_size=20, max_size=20))
def test_twenty_jobs_of_one_length_on_four_cards_start_in_the_order_of_arrival(ends: list[float]) -> None:
    waiting = [request(number) for number in range(20)]
    leases: list[Lease] = []
    started: list[int] = []
    now = NOW
    while waiting:
        leases = [each for each in leases if each.ends_at > now]
        decided = plan(state(leases=tuple(leases), requests=tuple(waiting)), now)
        for grant in decided.grants:
            started.append(grant.request.id)
            waiting.remove(grant.request)
            leases.append(replace(_lease(grant, now), ends_at=now + ends[grant.request.id]))
        _assert_nobody_shares_unasked(leases)
        now = min(each.ends_at for each in leases)
    assert started == list(range(20))


def _lease(grant: Grant, now: float) -> Lease:
    asked = grant.request
    return Lease(
        id=asked.id,
        uid=asked.uid,
        user=asked.user,
        devices=tuple(each.id for each in grant.devices),
        starts_at=now,
        ends_at=grant.ends_at,
        fraction=asked.fraction,
    )


def _assert_nobody_shares_unasked(leases: list[Lease]) -> None:
    for name in {one for each in leases for one in each.devices}:
        there = [each for each in leases if name in each.devices]
        assert len(there) == 1 or all(each.fraction for each in there)
        assert sum(each.fraction or 1.0 for each in there) <= 1.0 + 1e-6
