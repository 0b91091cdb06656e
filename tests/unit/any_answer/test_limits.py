"""Whatever a host says of its own end: limits that can be shown and reckoned with, or an error of ours; never a traceback."""

import json
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings

from orchestrator.errors import GarbledAnswerError
from orchestrator.pipeline.lifetime import _read_lifetime
from tests.unit.any_answer.anything import assert_an_error_of_ours, spoilt
from tests.unit.builders import ScriptedShell, completed

SAID = {
    "spent_seconds": 3600,
    "cost_usd": 0.5,
    "limits": {"max_hours": 12.0},
    "extensions": [],
    "ends_at": "2026-11-28T14:00:00+02:00",
    "reason": "12 hours in all",
    "idle_seconds": 0,
    "idle_limit_seconds": None,
    "last_end": None,
    "interruption": {"at": "2026-11-28T12:30:00+00:00", "action": "terminate", "advised_at": None},
}
UNDISTURBED = {key: value for key, value in SAID.items() if key != "interruption"}


def test_a_time_of_day_elsewhere_is_told_in_utc() -> None:
    life = _read_lifetime("lab-1", saying(json.dumps(UNDISTURBED)))
    assert life.statement == "ends 2026-11-28 12:00 UTC (12 hours in all)"


@settings(max_examples=120)
@given(spoilt(SAID))
def test_any_word_of_its_end_is_shown_or_refused(said: str) -> None:
    try:
        life = _read_lifetime("lab-1", saying(said))
    except GarbledAnswerError as error:
        assert_an_error_of_ours(error, "lab-1: orchestrate-lifetime answers what cannot be read")
        return
    assert "\n" not in life.statement
    assert life.cost_usd is None or 0 <= life.cost_usd < 1e9
    for at in filter(None, (life.ends_at, life.interrupted_at)):
        assert at.utcoffset() == timedelta()
        assert isinstance(at - datetime(2026, 11, 28, tzinfo=UTC), timedelta)


def saying(stdout: str) -> ScriptedShell:
    return ScriptedShell(lambda _argv: completed(stdout))
