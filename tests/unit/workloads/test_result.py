"""What follows from what a job saw, and the file that says so."""

import json
import math
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pytest

from tests.unit.workloads.asked import arguments, not_passed, passed, point, result, training
from workloads.result import Arguments, Check, DataSetError, Failure, Outcome, Status, completed, explain
from workloads.result.document import to_json, write

BROKEN_OFF = Failure(type="DataSetError", message="Fashion-MNIST cannot be loaded")


class ResourceExhaustedError(Exception):
    """Named as TensorFlow's."""


class OutOfMemoryError(RuntimeError):
    """Named as PyTorch's."""


def test_a_job_whose_checks_all_passed_has_passed() -> None:
    assert result(passed(), passed("device_used")).status is Status.PASSED


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.SKIPPED, Outcome.ERROR])
def test_one_check_that_did_not_pass_fails_the_job(outcome: Outcome) -> None:
    assert result(passed(), not_passed(outcome)).status is Status.FAILED


def test_a_job_that_checked_nothing_has_failed() -> None:
    assert result().status is Status.FAILED


def test_a_job_that_broke_off_is_an_error_even_after_good_checks() -> None:
    assert result(passed(), failure=BROKEN_OFF).status is Status.ERROR


def test_checks_that_an_early_failure_left_out_are_skipped() -> None:
    checks = completed((passed("a"),), ("a", "b", "c"), None)
    assert outcomes(checks) == {"a": "passed", "b": "skipped", "c": "skipped"}
    assert {made.reason for made in checks[1:]} == {"not tried: an earlier check failed"}


def test_the_check_at_which_a_job_broke_off_is_an_error_and_the_rest_skipped() -> None:
    checks = completed((passed("b"),), ("a", "b", "c"), BROKEN_OFF)
    assert outcomes(checks) == {"b": "passed", "a": "error", "c": "skipped"}
    assert {made.reason for made in checks[1:]} == {"not reached: DataSetError"}


def test_a_complete_set_of_checks_stays_as_it_is() -> None:
    assert completed((passed("a"),), ("a",), None) == (passed("a"),)


@pytest.mark.parametrize(
    "cause",
    [
        MemoryError("Unable to allocate 7.45 GiB for an array"),
        ResourceExhaustedError("OOM when allocating tensor with shape[1024,1024]"),
        OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB"),
        RuntimeError("RESOURCE_EXHAUSTED: Out of memory while trying to allocate 4096 bytes"),
    ],
)
def test_want_of_memory_has_one_name_and_says_what_was_asked_for(cause: Exception) -> None:
    explained = explain(cause, training(limit=512, batch_size=60_000))
    assert explained.type == "OutOfMemoryError"
    assert explained.message == f"{cause}; memory limit 512 MiB; batch size 60000"


def test_a_known_cause_keeps_its_own_name_and_sentence() -> None:
    assert explain(DataSetError("no images"), training()) == Failure(type="DataSetError", message="no images")


def test_a_failed_import_says_which_python_it_was() -> None:
    explained = explain(ModuleNotFoundError("No module named 'keras'"), arguments())
    assert explained.message.startswith("No module named 'keras'; this is /")


def test_a_cause_without_words_is_named_by_its_class() -> None:
    assert explain(ValueError(), arguments()).message == "ValueError"


def test_a_long_explanation_is_cut_to_its_first_line() -> None:
    explained = explain(ValueError("x" * 9000 + "\nand the graph"), arguments())
    assert explained.message == "x" * 500


def test_the_file_has_these_keys() -> None:
    form = to_json(result(passed(), curve=(point(),), metrics={"test_accuracy": 0.89}, failure=BROKEN_OFF))
    assert list(form) == [
        "schema",
        "workload",
        "attempt",
        "status",
        "started_at",
        "finished_at",
        "duration_s",
        "host",
        "arguments",
        "versions",
        "device",
        "cards",
        "data",
        "known_answers",
        "settings",
        "gpus",
        "notes",
        "checks",
        "metrics",
        "curve",
        "tables",
        "files",
        "error",
    ]
    assert form["device"] == {
        "requested": "auto",
        "used": "CPU",
        "devices": [
            {
                "name": "CPU:0",
                "kind": "CPU",
                "memory_mib": 8192,
                "description": "a CPU, 2 cores",
                "uuid": "",
                "address": "",
            }
        ],
    }
    assert form["started_at"] == "2026-11-20T15:00:00+00:00"


def test_figures_that_are_no_numbers_stay_out_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "result.json"
    curve = (point(epoch=1), point(epoch=2, loss=math.nan), point(epoch=3, loss=math.inf))
    write(result(passed(), curve=curve, metrics={"last_loss": math.inf, "images_per_s": 5.0}), file)
    form = json.loads(file.read_text(encoding="utf-8"), parse_constant=pytest.fail)
    assert [kept["epoch"] for kept in form["curve"]] == [1]
    assert form["metrics"] == {"images_per_s": 5.0}


def test_a_result_replaces_an_older_one_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "result.json"
    file.write_text("older", encoding="utf-8")
    write(result(passed()), file)
    assert json.loads(file.read_text(encoding="utf-8"))["status"] == "passed"
    assert list(tmp_path.iterdir()) == [file]


def test_a_result_that_cannot_be_put_in_place_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = tmp_path / "result.json"
    folder.mkdir()
    with pytest.raises(OSError, match=r"result\.json"):
        write(result(passed()), folder)
    assert list(tmp_path.iterdir()) == [folder]


def outcomes(checks: tuple[Check, ...]) -> dict[str, str]:
    return {made.name: made.outcome.value for made in checks}


def test_several_values_of_an_argument_are_one_text_between_commas() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Asked(Arguments):
        configurations: tuple[str, ...]

    common = asdict(arguments())
    several = Asked(**common, configurations=("cpu-threads-1", "cpu-xla"))
    form = to_json(replace(result(passed()), arguments=several))
    assert form["arguments"] == common | {"configurations": "cpu-threads-1,cpu-xla"}
