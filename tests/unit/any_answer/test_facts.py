"""Whatever a host says of itself before the first change: facts that can be judged, or an error of ours; never a traceback."""

import json
from contextlib import suppress
from dataclasses import asdict

from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.catalog import load
from orchestrator.errors import GarbledAnswerError, HostNotReadyError, OrchestrateError
from orchestrator.stages.preflight import hardware, obstacles
from orchestrator.stages.preflight.probe import facts_from
from tests.unit.any_answer.anything import ANY_TEXT, assert_an_error_of_ours, spoilt
from tests.unit.builders import completed, host
from tests.unit.stages.preflight.situations import (
    CONTAINED,
    CPU_STACK,
    GPU_STACK,
    READY,
    SIGN,
    WITH_TOOLKIT,
    assert_well_said,
    holder,
)

SAID = asdict(READY) | {
    "gpu_holders": [asdict(holder())],
    "present": ["/opt/ml/envs/default/environment.json"],
}
CONTAINER_SAID = asdict(CONTAINED)


@settings(max_examples=150)
@given(spoilt(json.loads(json.dumps(SAID))) | spoilt(json.loads(json.dumps(CONTAINER_SAID))))
def test_facts_with_anything_in_any_place_are_judged_or_refused(said: str) -> None:
    try:
        facts = facts_from(host(), completed(f"Welcome!\n{said}\n"))
    except GarbledAnswerError as error:
        assert_an_error_of_ours(error, "lab-1")
        return
    for stack in (GPU_STACK, WITH_TOOLKIT, CPU_STACK, None):
        for found in obstacles(facts, stack, load(), SIGN if stack is GPU_STACK else {}):
            assert_well_said(found)
    with suppress(OrchestrateError):  # a card that nobody knows
        hardware(facts, load())


@given(ANY_TEXT, ANY_TEXT, st.integers(-1, 255))
def test_a_refusal_in_any_words_has_a_cause_and_a_way_out(stdout: str, stderr: str, exit_code: int) -> None:
    try:
        facts_from(host(), completed(stdout, stderr=stderr, exit_code=exit_code or 1))
    except HostNotReadyError as error:
        assert_an_error_of_ours(error, "lab-1")
    else:
        raise AssertionError("an exit code that is not 0 was taken for an answer")
