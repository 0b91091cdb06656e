"""The controller's receipts become lines of the ledger: runs that EC2 has forgotten are on the bill."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from orchestrator.elastic.controller import ElasticRun, statuses
from orchestrator.ledger import bill, news
from orchestrator.models import InstanceStatus, Market

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


def after(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


def heard(state: str, hours: float, started: float) -> InstanceStatus:
    return InstanceStatus(
        at=after(hours),
        id="i-2",
        host="t-2",
        token="t-token",
        instance_type="g4dn.xlarge",
        zone="us-east-1a",
        market=Market.ON_DEMAND,
        usd_per_hour=1.0,
        state=state,
        started_at=after(started),
        created_at=NOON,
    )


def run(began: float, ended: float) -> ElasticRun:
    return ElasticRun(
        host="t-2", instance="i-2", began=after(began), ended=after(ended), why="idle for 10 minutes"
    )


def test_runs_between_two_looks_are_billed_once() -> None:
    known = [heard("running", 0.5, 0)]
    told = (run(0, 1), run(2, 4), run(5, 6))
    known += statuses(told, known)
    assert statuses(told, known) == ()
    known += news(known, [heard("running", 10.5, 10)], after(10.5))
    (mine,) = bill(known, after(11)).instances
    assert [(each.started_at, each.ended_before) for each in mine.runs] == [
        (after(0), after(1)),
        (after(2), after(4)),
        (after(5), after(6)),
        (after(10), after(11)),
    ]


def test_a_run_before_the_launch_is_none() -> None:
    assert statuses((run(-3, -2),), [heard("running", 0.5, 0)]) == ()


def test_a_run_of_an_instance_that_nobody_knows_is_left_out() -> None:
    assert statuses((replace(run(0, 1), instance="i-9"),), [heard("running", 0.5, 0)]) == ()
