"""The known answers of every device, and each way in which one can be wrong."""

import math
from dataclasses import replace

import pytest

from workloads.known_answer.judge import judge
from workloads.result import Outcome
from workloads.result.evidence import KnownAnswer

RIGHT = KnownAnswer(
    device="GPU:0",
    places=("GPU:0",),
    matmul_error=0.01,
    forward_error=0.01,
    gradient_error=0.01,
    still=(),
    first_loss=2.38472,
    last_loss=0.871654,
    loss_error=0.01,
    training_accuracy=0.738,
    test_accuracy=0.69,
)
SECOND = replace(RIGHT, device="GPU:1", places=("GPU:1",))
DEVICES = ("GPU:0", "GPU:1")


def test_right_answers_of_every_device_pass() -> None:
    assert outcomes(RIGHT, SECOND) == {
        "device_matmul": Outcome.PASSED,
        "device_convolution": Outcome.PASSED,
        "device_training": Outcome.PASSED,
    }


@pytest.mark.parametrize(
    ("wrong", "check"),
    [
        ({"matmul_error": 1.01}, "device_matmul"),
        ({"matmul_error": math.nan}, "device_matmul"),
        ({"forward_error": 1.01}, "device_convolution"),
        ({"gradient_error": 1.01}, "device_convolution"),
        ({"gradient_error": math.nan}, "device_convolution"),
        ({"still": ("first convolution",)}, "device_convolution"),
        ({"loss_error": 1.01}, "device_training"),
        ({"loss_error": math.nan}, "device_training"),
        ({"first_loss": 2.2945}, "device_training"),
        ({"last_loss": 2.2937}, "device_training"),
        ({"last_loss": 0.5}, "device_training"),
        ({"last_loss": math.nan}, "device_training"),
        ({"training_accuracy": 1.0}, "device_training"),
        ({"test_accuracy": 0.987}, "device_training"),
        ({"test_accuracy": 0.1}, "device_training"),
    ],
)
def test_one_wrong_figure_on_the_last_device_fails_its_check(wrong: dict[str, float], check: str) -> None:
    made = outcomes(RIGHT, replace(SECOND, **wrong))  # type: ignore[arg-type]  # each of a field's own type
    assert [name for name, outcome in made.items() if outcome is Outcome.FAILED] == [check]


def test_a_device_that_gave_no_answer_fails_everything() -> None:
    assert set(outcomes(RIGHT).values()) == {Outcome.FAILED}
    assert set(outcomes().values()) == {Outcome.FAILED}


def test_right_answers_from_another_device_fail_everything() -> None:
    made = judge((RIGHT, replace(SECOND, places=("GPU:0",))), DEVICES)
    assert {check.reason for check in made} == {"GPU:1 was asked, and what computed is GPU:0"}


def outcomes(*answers: KnownAnswer) -> dict[str, Outcome]:
    return {check.name: check.outcome for check in judge(answers, DEVICES)}
