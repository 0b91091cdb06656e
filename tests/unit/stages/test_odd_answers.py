"""Whatever a host answers, there is a run with a check that did not pass, a certificate, and a report: never a traceback."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.jobs.progress_lines import topic_of
from orchestrator.jobs.results import read_result
from orchestrator.models import Outcome, Verdict
from orchestrator.stages.certify import certify
from orchestrator.stages.report import render
from tests.unit.jobs.test_results import ASKED, ENDED, result
from tests.unit.stages.proofs import NOW, plan, request
from tests.unit.stages.records import record

NUMBERS = (
    st.floats(allow_nan=True, allow_infinity=True)
    | st.integers()
    | st.just(10**19)
    | st.just(-1)
    | st.just(1e308)
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(st.characters(codec=None, exclude_categories=())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
WHOLE: dict[str, object] = json.loads(result())


@settings(max_examples=60)
@given(st.sampled_from(sorted(WHOLE)), ANYTHING)
def test_a_result_with_any_value_in_any_place_is_judged(key: str, value: object) -> None:
    run = read_result(ASKED, result(**{key: value}), ENDED)
    certificate = certify(
        plan("lab-1", workloads=(request("smoke"),)), (run,), hosts=("lab-1",), issued_at=NOW
    )
    assert certificate.verdict is not Verdict.PASS
    assert render(record(run, planned=plan("lab-1", workloads=(ASKED.request,)))).html


@given(st.binary(max_size=200))
def test_a_result_of_any_bytes_is_unreadable(text: bytes) -> None:
    run = read_result(ASKED, text, ENDED)
    assert [check.outcome for check in run.checks] == [Outcome.ERROR]


@given(
    st.sampled_from(["epoch", "batch", "check", "devices"]),
    st.dictionaries(
        st.sampled_from(["epoch", "loss", "accuracy", "images_per_s", "batch", "name", "outcome"]), ANYTHING
    ),
)
def test_a_line_of_progress_with_any_values_is_shown_on_one_line(
    kind: str, values: dict[str, object]
) -> None:
    topic, detail = topic_of("smoke", json.dumps({"event": kind} | values).encode())
    assert "\n" not in topic + detail
    assert len(topic + detail) < 500


@settings(max_examples=8)
@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_a_curve_of_any_figures_can_be_drawn(loss: float, speed: float) -> None:
    point = {"epoch": 1, "loss": loss, "accuracy": 0.5, "seconds": 1.0, "images_per_s": speed}
    run = read_result(
        ASKED, result(curve=[point, point | {"epoch": 10**15}], metrics={"test_accuracy": loss}), ENDED
    )
    assert render(record(run, planned=plan("lab-1", workloads=(ASKED.request,)))).html
