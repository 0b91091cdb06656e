"""Stores, trainings, the kept model and the submission: what is right passes, each fault is seen by what it is."""

import math

import numpy as np
import pytest

from workloads.devices.framework import Array
from workloads.otto import judge
from workloads.otto.judge import ReadBack, Submission
from workloads.result import Outcome

FEATURES = np.arange(93 * 4, dtype=np.float32).reshape(4, 93) / 100
TARGETS = np.array([0, 3, 8, 3], np.uint8)
IDS = ("1", "2", "3")
SHARES = np.full((3, 9), 1 / 9, np.float32)


def test_a_table_that_comes_back_as_it_was_passes() -> None:
    check = judge.check_stores(FEATURES, TARGETS, [back("HDF5"), back("LMDB")])
    assert check.outcome is Outcome.PASSED
    assert check.expected == "float32 4x93 from 0 to 3.71"


def test_floats_that_were_stored_as_bytes_are_seen() -> None:
    as_bytes = (FEATURES / FEATURES.max()).astype(np.uint8)
    check = judge.check_stores(FEATURES, TARGETS, [back("HDF5"), back("LMDB", features=as_bytes)])
    assert check.outcome is Outcome.FAILED
    assert check.reason == (
        "LMDB: uint8 came back, and float32 was meant: the table reaches from 0 to 3.71, and this from 0 to 1"
    )


@pytest.mark.parametrize(
    ("features", "targets", "reason"),
    [
        (FEATURES.astype(np.float64), TARGETS, "float64 came back, and float32 was meant"),
        (FEATURES[:3], TARGETS, "(3, 93) came back, and (4, 93) was meant"),
        (
            np.where(FEATURES[2, 5] == FEATURES, np.float32(7), FEATURES),
            TARGETS,
            "1 values came back changed",
        ),
        (np.where(FEATURES == 0, np.float32(math.nan), FEATURES), TARGETS, "1 values came back changed"),
        (FEATURES, TARGETS[::-1].copy(), "4 values came back changed"),
        (FEATURES, TARGETS.astype(np.int64), "int64 came back, and uint8 was meant"),
    ],
    ids=["wider", "rows lost", "a value", "no number", "classes", "classes of another kind"],
)
def test_whatever_comes_back_otherwise_is_named(features: Array, targets: Array, reason: str) -> None:
    check = judge.check_stores(
        FEATURES, TARGETS, [ReadBack(store="HDF5", features=features, classes=targets)]
    )
    assert check.outcome is Outcome.FAILED
    assert reason in check.reason


def test_nothing_stored_is_no_pass() -> None:
    assert judge.check_stores(FEATURES, TARGETS, []).outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("other", "on_gpu", "outcome"),
    [
        ((2.2, 0.5), False, Outcome.PASSED),
        ((2.2, 0.50001), False, Outcome.FAILED),
        ((2.2, 0.505), True, Outcome.PASSED),
        ((2.2, 0.52), True, Outcome.FAILED),
        ((2.2, math.nan), True, Outcome.FAILED),
    ],
)
def test_the_same_rows_with_the_same_seed_come_to_the_same_losses(
    other: tuple[float, ...], outcome: Outcome, *, on_gpu: bool
) -> None:
    check = judge.check_same([("HDF5", (2.2, 0.5)), ("LMDB", other)], on_gpu=on_gpu)
    assert check.outcome is outcome


def test_one_training_alone_is_the_same_as_nothing() -> None:
    assert judge.check_same([("HDF5", (2.2, 0.5))], on_gpu=False).outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("log_loss", "most", "outcome"),
    [
        (0.5, 0.7, Outcome.PASSED),
        (0.71, 0.7, Outcome.FAILED),
        (2.0, 5.0, Outcome.FAILED),
        (1.9, 5.0, Outcome.FAILED),
        (math.nan, 0.7, Outcome.FAILED),
    ],
)
def test_the_log_loss_is_low_enough_and_better_than_the_frequencies_own(
    log_loss: float, most: float, outcome: Outcome
) -> None:
    assert judge.check_log_loss(log_loss, most, 1.9).outcome is outcome


@pytest.mark.parametrize(
    ("recomputed", "outcome"),
    [(0.50005, Outcome.PASSED), (0.51, Outcome.FAILED), (math.nan, Outcome.FAILED)],
)
def test_a_loss_that_the_weights_do_not_have_fails(recomputed: float, outcome: Outcome) -> None:
    assert judge.check_recomputed(0.5, recomputed).outcome is outcome


def test_the_reloaded_model_gives_what_the_trained_one_gives() -> None:
    assert judge.check_production(SHARES, SHARES + 1e-7, ()).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("after", "of_training", "reason"),
    [
        (SHARES + 1e-3, (), "gives other shares"),
        (SHARES * math.nan, (), "gives other shares"),
        (SHARES[:2], (), "gives other shares"),
        (SHARES, ("dropout_1", "an optimizer"), "it still has dropout_1, an optimizer"),
    ],
)
def test_a_production_model_that_differs_or_still_trains_fails(
    after: Array, of_training: tuple[str, ...], reason: str
) -> None:
    check = judge.check_production(SHARES, after, of_training)
    assert check.outcome is Outcome.FAILED
    assert reason in check.reason


def test_a_submission_as_the_model_gave_it_passes() -> None:
    assert judge.check_submission(Submission(ids=IDS, shares=SHARES), IDS, SHARES).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("ids", "shares", "reason"),
    [
        (("1", "2"), SHARES[:2], "2 rows, and 3 ids were asked for"),
        (("1", "3", "2"), SHARES, "row 2 has id 3, and 2 was to be there"),
        (IDS, SHARES * [[1], [1.01], [1]], "the shares of id 2 sum to 1.01"),
        (IDS, SHARES * [[1], [1], [math.nan]], "the shares of id 3 sum to nan"),
        (IDS, np.roll(np.eye(3, 9), 1, axis=1), "the shares are not those that the model gave"),
    ],
)
def test_a_submission_with_a_fault_fails_by_it(ids: tuple[str, ...], shares: Array, reason: str) -> None:
    check = judge.check_submission(Submission(ids=ids, shares=shares), IDS, SHARES)
    assert (check.outcome, check.reason) == (Outcome.FAILED, reason)


def back(store: str, *, features: Array = FEATURES) -> ReadBack:
    return ReadBack(store=store, features=features, classes=TARGETS)
