"""The error in pixels, the mask, and the file of predictions: each fault is seen."""

import math

import numpy as np
import pytest

from workloads.keypoints import judge, network
from workloads.keypoints.table.data import Wanted
from workloads.result import Outcome

WANTED = (
    Wanted(row_id="1", image_id="5", coordinate="nose_tip_x"),
    Wanted(row_id="2", image_id="5", coordinate="nose_tip_y"),
)
GIVEN = {("5", "nose_tip_x"): 48.5, ("5", "nose_tip_y"): 60.25}
RIGHT = [("1", 48.5), ("2", 60.25)]


def test_the_error_is_taken_over_the_coordinates_that_are_known() -> None:
    true = np.array([[10.0, math.nan], [20.0, 30.0]], np.float32)
    assert network.rmse(true, np.array([[13.0, 99.0], [20.0, 34.0]])) == pytest.approx(
        math.sqrt((9 + 16) / 3)
    )


def test_where_nothing_is_known_there_is_no_error() -> None:
    assert math.isnan(network.rmse(np.full((2, 2), math.nan), np.zeros((2, 2))))


def test_pixels_and_shares_are_each_others_inverse_and_answers_stay_in_the_image() -> None:
    pixels = np.array([0.0, 48.0, 96.0, 12.5])
    assert np.allclose(network.in_pixels(network.shares(pixels)), pixels)
    assert network.in_pixels(np.array([-1.5, 1.5])).tolist() == [0, 96]


def test_mean_places_are_those_of_the_faces_in_which_a_point_is_known() -> None:
    true = np.array([[10.0, math.nan, math.nan], [20.0, 30.0, math.nan]])
    assert network.mean_places(true).tolist() == [15.0, 30.0, 48.0]


@pytest.mark.parametrize(
    ("rmse", "most", "outcome"),
    [
        (2.5, None, Outcome.PASSED),
        (4.0, None, Outcome.FAILED),
        (2.5, 2.0, Outcome.FAILED),
        (2.5, 2.5, Outcome.PASSED),
        (4.5, 9.0, Outcome.FAILED),
        (math.nan, None, Outcome.FAILED),
    ],
)
def test_the_error_is_below_that_of_mean_places_and_what_was_asked_for(
    rmse: float, most: float | None, outcome: Outcome
) -> None:
    assert judge.check_rmse(rmse, most, 4.0).outcome is outcome


@pytest.mark.parametrize(
    ("recomputed", "outcome"),
    [(2.505, Outcome.PASSED), (2.6, Outcome.FAILED), (math.nan, Outcome.FAILED)],
)
def test_an_error_that_the_weights_do_not_have_fails(recomputed: float, outcome: Outcome) -> None:
    assert judge.check_recomputed(2.5, recomputed).outcome is outcome


@pytest.mark.parametrize(
    ("missing", "known", "outcome"),
    [
        (0.0, 12.5, Outcome.PASSED),
        (0.25, 12.5, Outcome.FAILED),
        (math.nan, 12.5, Outcome.FAILED),
        (0.0, 0.0, Outcome.FAILED),
        (0.0, math.nan, Outcome.FAILED),
    ],
)
def test_missing_coordinates_pull_nowhere_and_known_ones_do(
    missing: float, known: float, outcome: Outcome
) -> None:
    assert judge.check_missing(missing, known).outcome is outcome


def test_predictions_as_the_network_gave_them_pass() -> None:
    assert judge.check_predictions({"submission.csv": RIGHT}, WANTED, GIVEN).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (RIGHT[:1], "the rows are not those that are asked for, in their order"),
        (RIGHT[::-1], "the rows are not those that are asked for, in their order"),
        ([("1", 96.5), RIGHT[1]], "row 1 is outside of the image"),
        ([RIGHT[0], ("2", math.nan)], "row 2 is outside of the image"),
        ([RIGHT[0], ("2", 60.26)], "row 2 is not what the network gave"),
    ],
)
def test_predictions_with_a_fault_fail_by_it(rows: list[tuple[str, float]], reason: str) -> None:
    check = judge.check_predictions({"predictions.csv": RIGHT, "submission.csv": rows}, WANTED, GIVEN)
    assert (check.outcome, check.reason) == (Outcome.FAILED, f"submission.csv: {reason}")


def test_no_file_of_predictions_is_no_pass() -> None:
    assert judge.check_predictions({}, WANTED, GIVEN).outcome is Outcome.FAILED


def test_numpy_runs_images_through_as_many_at_once_as_there_are() -> None:
    """With one pixel in each kernel's middle, and equal weights after it, the answer can be said beforehand."""
    kernels = []
    for channels in (1, 16, 32, 64):
        kernel = np.zeros((3, 3, channels, {1: 16, 16: 32, 32: 64, 64: 64}[channels]), np.float32)
        kernel[0, 0, 0, 0] = 1
        kernels += [kernel, np.zeros(kernel.shape[-1], np.float32)]
    hidden = np.zeros((6 * 6 * 64, 128), np.float32)
    hidden[0, 0] = 1
    last = np.zeros((128, 30), np.float32)
    last[0] = 2
    images = np.zeros((70, 96, 96, 1), np.uint8)
    images[:, 0, 0, 0] = range(70)
    weights = [*kernels, hidden, np.zeros(128, np.float32), last, np.full(30, -1, np.float32)]
    given = network.numpy_given(weights, images)
    assert given.shape == (70, 30)
    assert np.allclose(given[:, 0], np.arange(70) / 255 * 2 - 1)
