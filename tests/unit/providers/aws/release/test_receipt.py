"""Hours and dollars."""

from datetime import UTC, datetime

import pytest

from orchestrator.providers.aws import tags
from orchestrator.providers.aws.release.kinds import INSTANCE, Belonging
from orchestrator.providers.aws.release.receipt import host_line

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
THREE = datetime(2026, 11, 21, 15, tzinfo=UTC)


def instance(state: str, *, moved: str = "", price: str = "0.5") -> Belonging:
    return Belonging(
        kind=INSTANCE,
        id="i-1",
        state=state,
        marks={tags.HOST: "train-1", tags.PRICE: price},
        launch_index=2,
        started_at=NOON,
        moved=moved,
    )


def test_a_host_that_was_terminated_is_billed_until_then() -> None:
    now = instance("terminated", moved="User initiated (2026-11-21 13:30:00 GMT)")
    line = host_line(instance("running"), now, THREE)
    assert (line.resource.name, line.gone, line.hours, line.cost_usd) == ("train-3", True, 1.5, 0.75)
    assert line.proof == "ec2 DescribeInstances i-1: terminated"


def test_a_host_that_stood_still_is_not_billed_for_that() -> None:
    was = instance("stopped", moved="User initiated (2026-11-21 12:30:00 GMT)")
    now = instance("terminated", moved="User initiated (2026-11-21 15:00:00 GMT)")
    assert host_line(was, now, THREE).hours == 0.5


def test_a_host_that_ec2_does_not_know_any_more_is_gone_and_billed_until_now() -> None:
    line = host_line(instance("running"), None, THREE)
    assert (line.gone, line.hours, line.proof) == (True, 3.0, "ec2 DescribeInstances i-1: not found")


@pytest.mark.parametrize("price", ["", "0.0", "cheap"])
def test_a_price_that_nobody_knows_makes_no_cost(price: str) -> None:
    assert host_line(instance("running", price=price), None, THREE).cost_usd is None


def test_a_host_that_stays_says_why() -> None:
    line = host_line(instance("running"), instance("running"), THREE, "AWS refused it")
    assert (line.gone, line.proof) == (False, "ec2 DescribeInstances i-1: running: AWS refused it")
