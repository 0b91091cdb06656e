"""Every figure of every configuration, and each way in which one can be wrong."""

import math
from typing import Any

import pytest

from tests.unit.workloads.asked import CPU as HOST_CPU
from tests.unit.workloads.cifar10.made_up import CPU, configuration, measurement
from workloads.cifar10.configurations import Precision, Spread
from workloads.cifar10.job import CHECKS
from workloads.cifar10.judge import check_measured, check_used, judge
from workloads.result import Check, Device, Failure, Kind, Outcome

OTHER = configuration(name="cpu-mixed", precision=Precision.MIXED_BFLOAT16)
MIRRORED = configuration(name="cpu-mirrored", devices=(0, 1), spread=Spread.MIRRORED)


def outcomes(*, published: bool = True, **wrong: Any) -> dict[str, Outcome]:
    measured = {OTHER: measurement(), CPU: measurement(**wrong)}
    return {check.name: check.outcome for check in judge(measured, least_accuracy=0.5, published=published)}


def test_an_honest_measurement_passes_everything() -> None:
    assert set(outcomes().values()) == {Outcome.PASSED}


@pytest.mark.parametrize(
    ("wrong", "check"),
    [
        ({"losses": (2.31, 2.31)}, "loss_falls"),
        ({"losses": (2.31, math.nan, 1.2)}, "loss_falls"),
        ({"losses": (2.31, math.inf, 1.2)}, "loss_falls"),
        ({"images_per_s": 0.0}, "throughput_measured"),
        ({"images_per_s": math.nan}, "throughput_measured"),
        ({"test_accuracy": 0.49}, "test_accuracy"),
        ({"test_accuracy": 0.97, "training_accuracy": 0.99}, "training_bands"),
        ({"test_accuracy": 0.61, "training_accuracy": 0.55}, "training_bands"),
        ({"training_accuracy": math.nan}, "training_bands"),
        ({"losses": (1.9, 1.6, 1.2)}, "training_bands"),
        ({"still": ("conv2d/kernel",)}, "weights_changed"),
        ({"recomputed_accuracy": 0.59}, "accuracy_recomputed"),
        ({"recomputed_accuracy": math.nan}, "accuracy_recomputed"),
    ],
)
def test_one_wrong_figure_of_one_configuration_fails_its_check_alone(
    wrong: dict[str, Any], check: str
) -> None:
    assert [name for name, outcome in outcomes(**wrong).items() if outcome is Outcome.FAILED] == [check]


def test_what_fails_names_the_configuration() -> None:
    checks = judge(
        {OTHER: measurement(), CPU: measurement(images_per_s=0.0)}, least_accuracy=0.5, published=True
    )
    (failed,) = (check for check in checks if check.reason)
    assert failed.reason.startswith("cpu-threads-1: every batch was warm-up")


def test_of_other_images_only_the_first_loss_has_a_band() -> None:
    assert outcomes(published=False, test_accuracy=1.0)["training_bands"] is Outcome.PASSED
    assert outcomes(published=False, losses=(1.9, 1.2))["training_bands"] is Outcome.FAILED


def test_mixed_precision_may_differ_more_from_numpy() -> None:
    made = measurement(recomputed_accuracy=0.615)
    for each, outcome in ((OTHER, Outcome.PASSED), (CPU, Outcome.FAILED)):
        checks = judge({each: made}, least_accuracy=0.5, published=True)
        assert {check.outcome for check in checks if check.name == "accuracy_recomputed"} == {outcome}


@pytest.mark.parametrize(
    ("replicas", "difference", "reason"),
    [
        (2, 0.0, ""),
        (2, 5e-5, ""),
        (2, 1e-3, "cpu-mirrored: a weight differs by 0.001 between devices"),
        (2, math.nan, "cpu-mirrored: a weight differs by nan between devices"),
        (1, 0.0, "cpu-mirrored: 1 copies of each weight on 2 devices"),
    ],
)
def test_replicas_have_to_be_there_and_to_agree(replicas: int, difference: float, reason: str) -> None:
    made = measurement(replicas=replicas, difference=difference)
    checks = judge({MIRRORED: made}, least_accuracy=0.5, published=True)
    assert [check.reason for check in checks if check.name == "replicas_agree"] == [reason]


def test_a_configuration_that_broke_off_fails_by_name_and_reason() -> None:
    failure = Failure(type="OutOfMemoryError", message="batch size 60000")
    check = check_measured((CPU, OTHER), {OTHER: failure})
    assert (check.outcome, check.seen) == (Outcome.FAILED, "1 of 2")
    assert check.reason == "cpu-mixed: OutOfMemoryError: batch size 60000"


def test_no_configuration_at_all_fails() -> None:
    assert check_measured((), {}).outcome is Outcome.FAILED
    assert check_measured((CPU,), {}).outcome is Outcome.PASSED


SECOND = configuration(name="gpu1", kind=Kind.GPU, devices=(1,))
BOTH = configuration(name="gpus-mirrored", kind=Kind.GPU, devices=(0, 1), spread=Spread.MIRRORED)
CARDS = tuple(
    Device(name=f"GPU:{index}", kind=Kind.GPU, memory_mib=16384, description="a card", uuid=f"GPU-{index}")
    for index in range(2)
)


def used(each: Any, **made: Any) -> Check:
    return check_used({each: measurement(**made)}, (HOST_CPU, *CARDS))


def test_a_configuration_computes_on_the_cards_that_it_is_for() -> None:
    assert used(CPU).outcome is Outcome.PASSED
    assert used(SECOND, places=("GPU:0",), cards=("GPU-1",)).outcome is Outcome.PASSED
    assert used(BOTH, places=("GPU:0", "GPU:1"), cards=("GPU-0", "GPU-1")).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("each", "made", "reason"),
    [
        (
            SECOND,
            {"places": ("CPU:0",), "cards": ("GPU-1",)},
            "gpu1: asked for GPU:0, and what computed is CPU:0",
        ),
        (
            SECOND,
            {"places": ("GPU:0",), "cards": ("GPU-0",)},
            "gpu1: asked for card GPU-1, and was shown GPU-0",
        ),
        (
            BOTH,
            {"places": ("GPU:0",), "cards": ("GPU-0", "GPU-1")},
            "gpus-mirrored: asked for GPU:0, GPU:1, and what computed is GPU:0",
        ),
    ],
)
def test_a_configuration_that_computed_elsewhere_fails(each: Any, made: dict[str, Any], reason: str) -> None:
    assert used(each, **made).reason == reason


def test_the_checks_that_are_made_are_those_that_are_owed() -> None:
    made = [
        check_measured((CPU,), {}).name,
        *(check.name for check in judge({CPU: measurement()}, least_accuracy=0.5, published=True)),
        used(CPU).name,
    ]
    assert CHECKS[6:-1] == tuple(made)
