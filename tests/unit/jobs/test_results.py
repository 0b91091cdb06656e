"""Results that workloads bring back: read when whole, a failed reading when not."""

import json
from datetime import UTC, datetime

import pytest
from pydantic import TypeAdapter

from orchestrator.jobs.results import ResultContext, read_result
from orchestrator.jobs.unit import JobState
from orchestrator.models import Outcome, WorkloadRequest, WorkloadRun

ASKED = ResultContext(
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
    began=datetime(2026, 1, 1, tzinfo=UTC),
    read_at=datetime(2026, 1, 1, 0, 0, 3, tzinfo=UTC),
    attempt="c0ffee01",
)
ENDED = JobState(exists=True, running=False, ended="success 0", printed=b"")

CARDS = {"pci_bus": 1, "device_nodes": 1, "nvml": 1, "cuda": None, "listed": 1, "mig": 0, "hidden_by": ""}
DATA = {"name": "t10k", "split": "test", "records": 10000, "sha256": "5b41", "expected_sha256": "5b41"}
ANSWER = {
    "device": "GPU:0",
    "places": ["GPU:0"],
    "matmul_error": 0.02,
    "forward_error": 0.01,
    "gradient_error": None,
    "still": ["dense"],
    "first_loss": 2.3,
    "last_loss": 1,
    "loss_error": 0.1,
    "training_accuracy": 0.7,
    "test_accuracy": 0.7,
}
FACTS = {"ecc_uncorrected_volatile": 0, "power_limit_w": 70.5, "nvlinks": "not supported"}
READINGS = {
    "driver": "580.95.05",
    "error": "",
    "gpus": [
        {
            "index": 0,
            "uuid": "GPU-1",
            "address": "0000:00:1e.0",
            "name": "Tesla T4",
            "facts": FACTS,
            "processes": [{"pid": 7, "kind": "compute", "memory_mib": None}],
        }
    ],
    "xids": [],
    "xids_from": "",
}


def result(**changes: object) -> bytes:
    whole = {
        "schema": 2,
        "workload": "smoke",
        "attempt": "5e1f0a2b",
        "status": "passed",
        "started_at": "2026-01-01T00:00:01+00:00",
        "finished_at": "2026-01-01T00:00:05+00:00",
        "duration_s": 4.0,
        "host": {"boot_id": "0f6a", "started_uptime_s": 400.5, "finished_uptime_s": 404.5},
        "arguments": {"workload": "smoke", "seed": 1, "memory_limit_mib": None, "attempt": "5e1f0a2b"},
        "versions": {"tensorflow": "2.21.0"},
        "device": {
            "requested": "auto",
            "used": "CPU",
            "devices": [
                {
                    "name": "CPU:0",
                    "kind": "CPU",
                    "memory_mib": None,
                    "description": "",
                    "uuid": "",
                    "address": "",
                }
            ],
        },
        "cards": CARDS,
        "data": [DATA],
        "known_answers": [ANSWER],
        "settings": [
            {
                "name": "floatx",
                "found": "float16",
                "used": "float32",
                "source": "/home/ada/.keras/keras.json",
            }
        ],
        "gpus": {"before": READINGS, "after": None},
        "notes": ["cards 0 and 1 share a slot"],
        "checks": [{"name": "hello_world", "outcome": "passed", "seen": "a", "expected": "a", "reason": ""}],
        "metrics": {"seconds": 1},
        "curve": [{"epoch": 1, "loss": 0.5, "accuracy": 0.8, "seconds": 2, "images_per_s": 100.0}],
        "error": None,
    }
    return json.dumps(whole | changes).encode()


def read(text: bytes | None) -> WorkloadRun:
    return read_result(ASKED, text, ENDED)


def test_a_whole_result_is_read() -> None:
    run = read(result())
    assert (run.host, run.device_used, run.exit_code, run.seconds) == ("lab-1", "CPU", 0, 4.0)
    assert [(check.name, check.outcome) for check in run.checks] == [("hello_world", Outcome.PASSED)]
    assert run.metrics == {"seconds": 1.0}
    assert run.curve[0].images_per_s == 100.0
    assert run.devices[0].name == "CPU:0"


def test_what_others_can_judge_again_is_read_as_it_was_written() -> None:
    run = read(result())
    assert run.job is not None
    assert (run.job.attempt, run.job.status, run.job.boot_id) == ("5e1f0a2b", "passed", "0f6a")
    assert run.job.finished_uptime_s - run.job.started_uptime_s == run.job.duration_s
    assert run.job.arguments["memory_limit_mib"] is None
    assert run.evidence is not None
    assert run.evidence.known_answers[0].still == ("dense",)
    assert run.evidence.gpus_before is not None
    assert run.evidence.gpus_before.gpus[0].facts == FACTS
    assert TypeAdapter(WorkloadRun).validate_json(TypeAdapter(WorkloadRun).dump_json(run)) == run


def test_keys_of_later_versions_are_passed_over() -> None:
    assert read(result(colour="blue")).checks[0].outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        (None, "no result file"),
        (b"", "the file: Invalid JSON"),
        (result()[:-20], "the file: Invalid JSON"),
        (b"[]", "the file: Input should be an object"),
        (result(schema=1), "schema: Input should be 2"),
        (result(known_answers=[ANSWER | {"first_loss": float("nan")}]), "the file: NaN is no JSON number"),
        (result(data=[DATA | {"records": "10000"}]), "data.0.records"),
        (result(started_at="2026-01-01T00:00:01"), "started_at: Input should have timezone info"),
        (result(host={"boot_id": "0f6a"}), "host.started_uptime_s: Field required"),
        (result(workload="fashion_mnist"), "a result of fashion_mnist"),
        (result(status="great"), "status: Input should be 'passed', 'failed' or 'error'"),
        (result(metrics={"seconds": float("nan")}), "the file: NaN is no JSON number"),
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
