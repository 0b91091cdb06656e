"""A training may be neither too good nor too poor."""

import math

import pytest

from tests.unit.workloads.asked import training
from workloads.fashion_mnist.bands import check_bands
from workloads.result import Outcome
from workloads.training.judge import check_recomputed

HONEST = ((2.294526, 0.453938, 0.285697, 0.228131), 0.9243, 0.8982)
"""Losses, accuracy on trained images and on test images, as measured."""


def test_an_honest_training_passes() -> None:
    assert check_bands(training(), *HONEST).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("losses", "trained", "tested", "figure"),
    [
        ((2.2945, 2.2941, 2.2937), 0.9, 0.89, "last loss"),
        ((2.2945, 0.4, 0.05), 0.92, 0.90, "last loss"),
        ((0.3, 0.25, 0.23), 0.92, 0.90, "first loss"),
        ((2.2945, 0.4, math.nan), 0.92, 0.90, "last loss"),
        ((math.nan, 0.4, 0.23), 0.92, 0.90, "first loss"),
        ((2.2945, 0.4, 0.23), 0.99, 0.987, "test accuracy"),
        ((2.2945, 0.4, 0.23), 0.85, 0.92, "training minus test accuracy"),
        ((2.2945, 0.4, 0.23), 0.99, 0.80, "training minus test accuracy"),
        ((2.2945, 0.4, 0.23), math.nan, 0.89, "training minus test accuracy"),
    ],
)
def test_a_figure_outside_its_band_fails_by_name(
    losses: tuple[float, ...], trained: float, tested: float, figure: str
) -> None:
    check = check_bands(training(), losses, trained, tested)
    assert check.outcome is Outcome.FAILED
    assert figure in check.reason


def test_a_training_of_a_few_steps_is_not_asked_for_its_last_loss() -> None:
    few = training(batch_size=10_000)
    assert check_bands(few, (2.30, 1.9), 0.5, 0.49).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("recomputed", "outcome"),
    [(0.8982, Outcome.PASSED), (0.895, Outcome.PASSED), (0.1, Outcome.FAILED), (math.nan, Outcome.FAILED)],
)
def test_an_accuracy_that_the_weights_do_not_have_fails(recomputed: float, outcome: Outcome) -> None:
    assert check_recomputed(0.8982, recomputed).outcome is outcome
