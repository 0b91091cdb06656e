"""Results that workloads bring back: read when whole, a failed reading when not."""

import json
from datetime import UTC, datetime

import pytest

from orchestrator.models import Outcome, WorkloadRequest, WorkloadRun
from orchestrator.stages.validate.results import Asked, read_result

ASKED = Asked(
    host="lab-1",
    request=WorkloadRequest(
        workload="smoke",
        device="auto",
        backend="tensorflow",
        memory_limit_mib=None,
        epochs=1,
        batch_size=32,
        min_accuracy=0.85,
    ),
    gpu_expected=False,
    started_at=datetime(2026, 1, 1, tzinfo=UTC),
)


def result(**changes: object) -> bytes:
    whole = {
        "schema": 1,
        "workload": "smoke",
        "status": "passed",
        "versions": {"tensorflow": "2.21.0"},
        "device": {
            "requested": "auto",
            "used": "CPU",
            "devices": [{"name": "CPU:0", "kind": "CPU", "memory_mib": None, "description": ""}],
        },
        "checks": [{"name": "hello_world", "outcome": "passed", "seen": "a", "expected": "a", "reason": ""}],
        "metrics": {"seconds": 1},
        "curve": [{"epoch": 1, "loss": 0.5, "accuracy": 0.8, "seconds": 2, "images_per_s": 100.0}],
        "error": None,
    }
    return json.dumps(whole | changes).encode()


def read(text: bytes | None) -> WorkloadRun:
    return read_result(ASKED, text, exit_code=0, seconds=3.0)


def test_a_whole_result_is_read() -> None:
    run = read(result())
    assert (run.host, run.device_used, run.exit_code, run.seconds) == ("lab-1", "CPU", 0, 3.0)
    assert [(check.name, check.outcome) for check in run.checks] == [("hello_world", Outcome.PASSED)]
    assert run.metrics == {"seconds": 1.0}
    assert run.curve[0].images_per_s == 100.0
    assert run.devices[0].name == "CPU:0"


def test_keys_of_later_versions_are_passed_over() -> None:
    assert read(result(colour="blue")).checks[0].outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        (None, "no result file"),
        (b"", "the file: Invalid JSON"),
        (result()[:-20], "the file: Invalid JSON"),
        (b"[]", "the file: Input should be an object"),
        (result(schema=2), "schema: Input should be 1"),
        (result(workload="fashion_mnist"), "a result of fashion_mnist"),
        (result(status="great"), "status: Input should be 'passed', 'failed' or 'error'"),
        (result(metrics={"seconds": float("nan")}), "metrics.seconds: Input should be a finite number"),
        (result(checks=[{"name": "x", "outcome": "fine"}]), "checks.0.outcome"),
        (result(device={"used": "TPU", "devices": []}), "device.used"),
    ],
)
def test_what_cannot_be_read_is_an_error_that_says_why(text: bytes | None, seen: str) -> None:
    run = read(text)
    assert [(check.name, check.outcome) for check in run.checks] == [("result_readable", Outcome.ERROR)]
    assert run.checks[0].reason.startswith(seen)
    assert (run.device_used, run.metrics, run.curve) == ("", {}, ())


def test_an_error_of_the_job_is_a_check_that_did_not_pass() -> None:
    run = read(result(status="error", checks=[], error={"type": "ImportError", "message": "no tensorflow"}))
    assert [(check.name, check.outcome) for check in run.checks] == [("ran_to_its_end", Outcome.ERROR)]
    assert run.checks[0].reason == "ImportError: no tensorflow"
