"""A host that was only launched ends itself all the same, and says so."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from orchestrator.models import Limits, Market
from orchestrator.pipeline.lifetime import first_boot, parse_lifetime
from tests.unit.builders import ScriptedShell, completed, host
from tests.unit.pipeline.accounts import planned
from tests.unit.providers.aws.rig import request

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
RENTED = replace(host("t-1"), price_usd_per_hour=0.5, started_at=NOON)


def test_the_timer_of_the_first_boot_is_said_with_its_time() -> None:
    shell = ScriptedShell(lambda _argv: completed())
    life = first_boot(RENTED, planned(request(limits=Limits(max_hours=8))), shell)
    assert life.statement == "ends 2026-11-21 20:00 UTC by the timer of its first boot, which is armed"
    assert shell.ran == [("systemctl", "is-active", "--quiet", "orchestrate-deadline.timer")]


def test_a_host_without_a_timer_has_no_limits_of_its_own() -> None:
    shell = ScriptedShell(lambda _argv: completed(exit_code=3))
    life = first_boot(RENTED, planned(request(limits=Limits(max_hours=8))), shell)
    assert (life.statement, life.ends_at) == ("has no limits of its own", None)


def test_a_host_in_a_block_is_said_to_end_before_its_block_does() -> None:
    until = NOON + timedelta(hours=3)
    in_block = replace(RENTED, market=Market.CAPACITY_BLOCK, price_usd_per_hour=0.0, ends_at=until)
    life = first_boot(
        in_block, planned(request(limits=Limits(max_hours=8))), ScriptedShell(lambda _argv: completed())
    )
    assert life.ends_at == until


SAYS = {"ends_at": "2026-11-28T20:00:00+00:00", "reason": "12 hours in all", "cost_usd": 1.5}
NOTICE = {"action": "terminate", "at": "2026-11-28T14:02:00+00:00", "advised_at": ""}


def test_a_spot_host_that_ec2_takes_back_says_so_before_its_own_end() -> None:
    life = parse_lifetime("t-1", {**SAYS, "interruption": NOTICE})
    assert life.statement == (
        "EC2 takes this host back at 14:02:00 UTC (terminate), ends 2026-11-28 20:00 UTC (12 hours in all)"
    )
    assert life.interrupted_at == datetime(2026, 11, 28, 14, 2, tzinfo=UTC)


def test_a_host_that_ec2_may_take_back_soon_says_since_when() -> None:
    advised = {"action": "", "at": "", "advised_at": "2026-11-28T13:59:00+00:00"}
    life = parse_lifetime("t-1", {**SAYS, "interruption": advised})
    assert life.statement.startswith(
        "EC2 said at 13:59 UTC that it is likelier than others to be taken back, ends "
    )
    assert life.interrupted_at is None


def test_a_host_with_an_older_program_says_nothing_of_a_notice() -> None:
    assert parse_lifetime("t-1", SAYS).statement == "ends 2026-11-28 20:00 UTC (12 hours in all)"
