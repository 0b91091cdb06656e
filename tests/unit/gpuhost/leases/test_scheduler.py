"""The book of jobs on a host that only pretends: what is started, freed, warned and ended, and what is left after a crash."""

import json
from dataclasses import replace

from gpuhost.leases.daemon.jobs import ENDED, RUNNING, STARTING, WAITING, Book, parse_book
from tests.unit.gpuhost.leases.pretended import LIMITS, PretendedHost, found, result_of, scheduler, states
from tests.unit.gpuhost.leases.samples import BEN, HOUR, NOW, job, reservation


def test_a_job_starts_on_its_devices_and_the_next_when_it_has_ended() -> None:
    host = PretendedHost()
    made = scheduler(host)
    made.add(job(1), job(2))
    made.tick(NOW)
    assert states(made) == {1: RUNNING, 2: WAITING}
    made.ended(1, "success", 0, now=NOW + 60)
    made.tick(NOW + 60)
    assert states(made) == {1: ENDED, 2: RUNNING}
    assert host.done == ["begin 1 on GPU-0", "clear 1", "begin 2 on GPU-0"]
    assert made.book.usages[0][1].gpu_seconds == 60.0


def test_an_end_that_is_told_twice_counts_once() -> None:
    made = scheduler(PretendedHost())
    made.add(job(1))
    made.tick(NOW)
    for _ in range(2):
        made.ended(1, "signal KILL", None, now=NOW + 60)
    assert made.book.usages[0][1].gpu_seconds == 60.0


def test_a_unit_that_is_gone_without_a_word_is_freed_at_the_next_look() -> None:
    host = PretendedHost()
    made = scheduler(host)
    made.add(job(1))
    made.tick(NOW)
    host.units.clear()
    made.reconcile(NOW + 5)
    assert result_of(made, 1) == "lost"


def test_how_it_ended_while_the_service_was_away_is_read() -> None:
    host = PretendedHost(ends={1: ("exit code 3", 3)})
    made = scheduler(host, book=Book(jobs=(replace(job(1), state=RUNNING, devices=("GPU-0",), boot="b1"),)))
    made.reconcile(NOW)
    ended = made.job(1)
    assert ended is not None
    assert (ended.result, ended.exit_code) == ("exit code 3", 3)


def test_a_start_that_a_crash_cut_short_is_done_again() -> None:
    begun = replace(job(1), state=STARTING, devices=("GPU-0",), boot="b1", starts_at=NOW)
    made = scheduler(PretendedHost(), book=Book(jobs=(begun,)))
    made.reconcile(NOW)
    made.tick(NOW)
    assert states(made) == {1: RUNNING}


def test_a_start_that_was_carried_out_before_the_crash_is_not_repeated() -> None:
    host = PretendedHost(units={"orchestrate-run-1.service"})
    begun = replace(job(1), state=STARTING, devices=("GPU-0",), boot="b1", starts_at=NOW, ends_at=NOW + HOUR)
    made = scheduler(host, book=Book(jobs=(begun,)))
    made.reconcile(NOW)
    made.tick(NOW)
    assert states(made) == {1: RUNNING}
    assert host.done == []


def test_after_a_restart_of_the_host_what_ran_is_lost_and_what_waited_waits() -> None:
    ran = replace(job(1), state=RUNNING, devices=("GPU-0",), boot="b1")
    made = scheduler(PretendedHost(), book=Book(jobs=(ran, job(2))), boot="b2")
    made.reconcile(NOW)
    made.tick(NOW)
    assert states(made) == {1: ENDED, 2: RUNNING}
    assert result_of(made, 1) == "lost: the host was restarted"


def test_what_cannot_be_started_has_ended_and_frees_its_device() -> None:
    host = PretendedHost(broken=True)
    made = scheduler(host)
    made.add(job(1))
    made.tick(NOW)
    assert result_of(made, 1) == "it could not be started: no systemd"
    host.broken = False
    made.add(job(2))
    made.tick(NOW)
    assert states(made)[2] == RUNNING


def test_a_job_is_asked_to_end_then_ended_and_says_why() -> None:
    host = PretendedHost()
    made = scheduler(host)
    made.add(job(1))
    made.tick(NOW)
    made.end(made.book.jobs[0], "canceled by anna", NOW)
    made.tick(NOW + 5)
    assert host.done[1:] == ["signal 1"]
    made.tick(NOW + LIMITS.stop_seconds)
    assert host.done[1:] == ["signal 1", "stop 1"]
    made.ended(1, "signal TERM", None, now=NOW + 11)
    assert result_of(made, 1) == "canceled by anna"


def test_one_that_waits_is_ended_at_once() -> None:
    made = scheduler(PretendedHost(), cards=0)
    made.add(job(1))
    made.end(made.book.jobs[0], "canceled by anna", NOW)
    assert states(made) == {1: ENDED}


def test_a_job_is_warned_of_its_end_and_ended_at_it() -> None:
    host = PretendedHost()
    made = scheduler(host)
    made.add(job(1))
    for at in (NOW, NOW + HOUR - 240, NOW + HOUR - 200, NOW + HOUR):
        made.tick(at)
    assert host.done[1:] == ["job 1 ends in 4 minutes: its time is over then", "signal 1"]
    assert made.book.jobs[0].stopping == "time limit"


def test_a_lease_that_idles_is_warned_then_freed() -> None:
    host = PretendedHost()
    made = scheduler(host)
    made.add(replace(job(1), seconds=9 * HOUR))
    made.see((found(0, percent=0),), LIMITS)
    for minute in range(0, 25, 2):
        made.tick(NOW + minute * 60)
    assert [line.partition(" has not")[0] for line in host.done[1:]] == [
        "job 1",
        "job 1",
        "signal 1",
        "stop 1",
    ]
    assert made.book.jobs[0].stopping == "idle"


def test_where_the_cards_are_not_seen_nothing_counts_as_idle() -> None:
    host = PretendedHost()
    made = scheduler(host)
    made.add(replace(job(1), seconds=9 * HOUR))
    made.tick(NOW)
    made.see((), LIMITS)
    made.tick(NOW + HOUR)
    assert host.done == ["begin 1 on GPU-0"]


def test_a_reservation_ends_with_the_job_that_it_was_made_for() -> None:
    made = scheduler(PretendedHost())
    made.add(replace(job(5, uid=BEN, user="ben"), reservation=5), reservation(5, starts_at=NOW))
    made.tick(NOW)
    assert states(made) == {5: RUNNING}
    made.ended(5, "success", 0, now=NOW + 60)
    assert made.book.reservations == ()


def test_a_reservation_that_is_over_is_taken_away_with_what_still_waits_for_it() -> None:
    made = scheduler(PretendedHost(), cards=0)
    made.add(replace(job(5), reservation=5), reservation(5, starts_at=NOW, ends_at=NOW + 60))
    made.tick(NOW + 61)
    assert made.book.reservations == ()
    assert states(made) == {5: ENDED}


def test_a_reservation_that_nobody_comes_for_is_taken_away() -> None:
    made = scheduler(PretendedHost())
    made.add(reservation(3, starts_at=NOW, ends_at=NOW + 9 * HOUR))
    made.tick(NOW + LIMITS.idle_free_minutes * 60 - 1)
    assert len(made.book.reservations) == 1
    made.tick(NOW + LIMITS.idle_free_minutes * 60)
    assert not made.book.reservations


def test_one_that_was_used_is_kept_to_its_end() -> None:
    made = scheduler(PretendedHost())
    made.add(reservation(3, starts_at=NOW, ends_at=NOW + 9 * HOUR), job(4, uid=BEN, user="ben"))
    made.tick(NOW)
    made.ended(4, "success", 0, now=NOW + 60)
    made.tick(NOW + 2 * HOUR)
    assert len(made.book.reservations) == 1


def test_the_book_is_the_same_after_it_was_written_and_read() -> None:
    host = PretendedHost()
    made = scheduler(host)
    made.add(job(1), job(2), reservation(3))
    made.tick(NOW)
    made.ended(1, "success", 0, now=NOW + 60)
    assert parse_book(json.loads(json.dumps(host.saved.as_dict()))) == made.book


def test_jobs_that_ended_long_ago_are_forgotten() -> None:
    made = scheduler(PretendedHost())
    made.add(job(1), job(2))
    made.tick(NOW)
    made.ended(1, "success", 0, now=NOW)
    assert made.forget(NOW + 1) == (1,)
    assert list(states(made)) == [2]


def test_numbers_are_given_once() -> None:
    made = scheduler(PretendedHost())
    assert [made.number() for _ in range(3)] == [1, 2, 3]
