"""What a comparison of optimizers has to show: each fault fails its check by name."""

import math
from dataclasses import replace

import pytest

from workloads.optimizers import judge
from workloads.optimizers.training import (
    EVE,
    OPTIMIZERS,
    EpochFigures,
    OptimizersArguments,
    Training,
    batch_order,
)
from workloads.optimizers.trial import Trial
from workloads.result import Outcome

TRIAL = Trial(
    revision="2016",
    difference=6.5e-8,
    from_adam=5e-3,
    coefficient=1.2229,
    expected_coefficient=1.2229,
    bounds=frozenset({"lower", "upper", "none"}),
)
TRAININGS = tuple(
    Training(
        optimizer=optimizer,
        seed=seed,
        first_loss=2.3 + seed,
        epochs=(
            EpochFigures(loss=0.7, test_loss=0.6, test_accuracy=0.78),
            EpochFigures(loss=0.5, test_loss=0.5, test_accuracy=0.82),
        ),
        seconds=3.0,
        coefficient=0.94 if optimizer == EVE else None,
        still=(),
    )
    for seed in (1, 2)
    for optimizer in OPTIMIZERS
)


def test_an_eve_that_is_the_paper_s_passes() -> None:
    made = judge.check_paper([TRIAL, replace(TRIAL, revision="2018")])
    assert (made.outcome, made.seen) == (
        Outcome.PASSED,
        "2016: 6.5e-08 off, d 1.222900, 2018: 6.5e-08 off, d 1.222900",
    )


@pytest.mark.parametrize(
    ("trial", "reason"),
    [
        (replace(TRIAL, difference=1.1e-6), "Eve of 2016 differs from the paper by 1.1e-06"),
        (replace(TRIAL, difference=math.nan), "Eve of 2016 differs from the paper by nan"),
        (replace(TRIAL, from_adam=5e-5), "the steps of 2016 cannot tell Eve from Adam"),
    ],
)
def test_an_eve_that_is_not_fails(trial: Trial, reason: str) -> None:
    made = judge.check_paper([trial])
    assert (made.outcome, made.reason) == (Outcome.FAILED, reason)


def test_nothing_tried_or_trained_is_no_pass() -> None:
    assert judge.check_paper([]).outcome is Outcome.FAILED
    for check in (
        judge.check_same_start,
        judge.check_losses,
        judge.check_feedback,
        judge.check_changed,
    ):
        assert check([]).outcome is Outcome.FAILED
    assert judge.check_accuracies([], 0.5).outcome is Outcome.FAILED


def test_honest_trainings_pass_every_check() -> None:
    for made in (
        judge.check_same_start(TRAININGS),
        judge.check_losses(TRAININGS),
        judge.check_feedback(TRAININGS),
        judge.check_accuracies(TRAININGS, 0.8),
        judge.check_changed(TRAININGS),
    ):
        assert made.outcome is Outcome.PASSED, made


def test_an_optimizer_that_began_elsewhere_fails() -> None:
    spoilt = (replace(TRAININGS[0], first_loss=3.31), *TRAININGS[1:])
    assert judge.check_same_start(spoilt).reason == "seed 1 began with losses from 3.300000 to 3.310000"
    unknown = (replace(TRAININGS[0], first_loss=math.nan), *TRAININGS[1:])
    assert judge.check_same_start(unknown).outcome is Outcome.FAILED


def test_an_optimizer_that_is_left_out_fails() -> None:
    assert judge.check_same_start(TRAININGS[1:]).reason == "seed 1 was not trained by eve"


def test_one_training_whose_loss_does_not_fall_fails_by_name() -> None:
    risen = replace(TRAININGS[2], epochs=(EpochFigures(loss=9.0, test_loss=0.6, test_accuracy=0.8),))
    assert judge.check_losses((*TRAININGS[:2], risen)).reason == "sgd with seed 1: it did not fall"


@pytest.mark.parametrize("coefficient", [None, 1.0, math.nan, math.inf, -0.2])
def test_an_objective_that_did_not_reach_eve_fails(coefficient: float | None) -> None:
    deaf = replace(TRAININGS[0], coefficient=coefficient)
    assert judge.check_feedback([deaf]).reason == "eve with seed 1: the objective did not reach it"


def test_one_poor_optimizer_fails_by_name() -> None:
    poor = replace(TRAININGS[3], epochs=(EpochFigures(loss=0.5, test_loss=0.5, test_accuracy=math.nan),))
    assert judge.check_accuracies((*TRAININGS[:3], poor), 0.8).reason == "below 0.8: rmsprop nan"


def test_a_weight_that_stood_still_fails_by_name() -> None:
    made = judge.check_changed((replace(TRAININGS[1], still=("dense/kernel",)), TRAININGS[0]))
    assert made.reason == "unchanged or no number: adam with seed 1: dense/kernel"


def test_the_order_of_images_follows_from_seed_and_epoch_alone_and_fills_its_batches() -> None:
    asked = OptimizersArguments(
        workload="optimizers",
        device="cpu",
        backend="jax",
        memory_limit_mib=None,
        seed=1,
        attempt="",
        epochs=2,
        batch_size=32,
        min_accuracy=0.5,
        revision="2016",
        seeds=2,
        limit=100,
    )
    order = batch_order(1, 1, asked)
    assert len(order) == len(set(order.tolist())) == 96
    assert max(order) < 100
    assert (order == batch_order(1, 1, asked)).all()
    assert (order != batch_order(1, 2, asked)).any()
    assert (order != batch_order(2, 1, asked)).any()
