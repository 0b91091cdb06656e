"""A host that was only launched ends itself all the same, and says so."""

from dataclasses import replace
from datetime import UTC, datetime

from orchestrator.models import Limits
from orchestrator.pipeline.lifetime import first_boot
from tests.unit.builders import ScriptedShell, completed, host
from tests.unit.pipeline.accounts import planned
from tests.unit.providers.aws.rig import request

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
RENTED = replace(host("t-1"), price_usd_per_hour=0.5, started_at=NOON)


def test_the_timer_of_the_first_boot_is_said_with_its_time() -> None:
    shell = ScriptedShell(lambda _argv: completed())
    life = first_boot(RENTED, planned(request(limits=Limits(max_hours=8))), shell)
    assert life.told == "ends 2026-11-21 20:00 UTC by the timer of its first boot, which is armed"
    assert shell.ran == [("systemctl", "is-active", "--quiet", "orchestrate-deadline.timer")]


def test_a_host_without_a_timer_has_no_limits_of_its_own() -> None:
    shell = ScriptedShell(lambda _argv: completed(exit_code=3))
    life = first_boot(RENTED, planned(request(limits=Limits(max_hours=8))), shell)
    assert (life.told, life.ends_at) == ("has no limits of its own", None)
