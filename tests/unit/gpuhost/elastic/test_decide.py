"""Which hosts are started and which wait: limits, max_hosts, refusals."""

from dataclasses import replace

import pytest

from gpuhost.elastic.decide import TOO_MANY, Change, balanced, starts
from gpuhost.elastic.scontrol import OURS
from tests.unit.gpuhost.elastic.played import HOSTS, SETTINGS, instance, run, seen, slurm

ALL = {f"t-{n}": slurm(n) for n in (2, 3, 4)}
TWO = replace(SETTINGS, max_hosts=2)


def test_what_is_stopped_is_started_and_what_runs_is_left() -> None:
    chosen, refused = starts(("t-2", "t-3"), seen(instance(3, "running")))
    assert ([host.name for host in chosen], refused) == (["t-2"], {})


def test_no_more_run_than_may() -> None:
    chosen, refused = starts(("t-2", "t-3", "t-4"), seen(settings=TWO))
    assert [host.name for host in chosen] == ["t-2"]
    waits = "waits: 1 hosts run, and cluster.max_hosts is 2"
    assert refused == {"t-3": waits, "t-4": waits}


@pytest.mark.parametrize(
    ("limits", "hours", "why"),
    [
        (
            {"max_hours": 8.0},
            7.9,
            "has run 7.90 hours, and its limit is 8 hours: `limits:` in the fleet file",
        ),
        (
            {"max_hours": 80.0, "max_cost_usd": 4.0},
            7.9,
            "has run 7.90 hours, and its limit is 4 USD at 0.5 USD an hour: `limits:` in the fleet file",
        ),
        ({"max_hours": 8.0}, 7.8, ""),
    ],
)
def test_a_host_whose_hours_or_dollars_are_spent_is_not_started(
    limits: dict[str, float], hours: float, why: str
) -> None:
    settings = replace(SETTINGS, **limits)  # type: ignore[arg-type]
    chosen, refused = starts(("t-2",), seen(settings=settings, runs=(run(2, hours), run(3, 9))))
    assert refused == ({"t-2": why} if why else {})
    assert len(chosen) == (not why)


def test_a_host_that_is_gone_or_unknown_is_named() -> None:
    _, refused = starts(("t-2", "t-9"), seen(instance(2, "terminated")))
    assert refused["t-2"] == "EC2 has it no more: `orchestrate up` makes it anew"
    assert refused["t-9"] == "is not among the hosts that are started"


def test_stopped_hosts_are_drained_while_others_fill_the_cluster_and_taken_back_after() -> None:
    full = seen(instance(2, "running"), settings=TWO)
    known = {**ALL, "t-2": slurm(2, "MIXED")}
    why = "waits: 2 hosts run, and cluster.max_hosts is 2"
    assert balanced(known, full) == (Change("t-3", "drain", why), Change("t-4", "drain", why))
    held = {f"t-{n}": slurm(n, "IDLE+POWERED_DOWN+DRAIN", f"{OURS}{why}") for n in (2, 3, 4)}
    assert balanced({**held, "t-2": slurm(2, "MIXED")}, full) == ()
    assert balanced(held, seen(settings=TWO)) == tuple(Change(host.name, "resume") for host in HOSTS)


def test_what_a_person_drained_stays_drained() -> None:
    held = {"t-2": slurm(2, "IDLE+POWERED_DOWN+DRAIN", "its fan is broken")}
    assert balanced(held, seen()) == ()


def test_a_host_that_somebody_started_is_taken_back_and_one_that_somebody_stopped_may_be_asked_for() -> None:
    known = {
        "t-2": slurm(2, "IDLE+DRAIN", f"{OURS}waits"),
        "t-3": slurm(3, "DOWN+NOT_RESPONDING"),
        "t-4": slurm(4, "ALLOCATED+POWERING_UP+NOT_RESPONDING"),
    }
    there = seen(instance(2, "running"), instance(3, "stopped"), instance(4, "pending"))
    assert balanced(known, there) == (Change("t-2", "resume"), Change("t-3", "power_down_force"))


def test_idle_hosts_beyond_the_most_are_stopped_the_last_first() -> None:
    known = {"t-2": slurm(2, "ALLOCATED"), "t-3": slurm(3, "IDLE"), "t-4": slurm(4, "IDLE")}
    running = [instance(n, "running") for n in (2, 3, 4)]
    assert balanced(known, seen(*running, settings=replace(TWO, max_hosts=3))) == (
        Change("t-4", "power_down", TOO_MANY),
    )
    assert balanced(known, seen(*running)) == ()


def test_a_refusal_of_ec2s_holds_for_a_while() -> None:
    refused = seen(refused={"t-3": "EC2 does not start it now: no room"})
    assert balanced(ALL, refused) == (Change("t-3", "drain", "EC2 does not start it now: no room"),)
