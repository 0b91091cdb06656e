"""Multi-class log loss as Kaggle takes it: rows are divided by their sums, then shares are clipped."""

import math

import numpy as np
import pytest

from workloads.training.log_loss import log_loss, of_frequencies


def test_an_answer_that_knows_nothing_has_the_logarithm_of_the_classes() -> None:
    assert log_loss(np.full((5, 9), 1 / 9), [0, 1, 2, 3, 8]) == pytest.approx(math.log(9), abs=1e-12)


def test_the_share_of_the_right_class_is_what_counts() -> None:
    shares = [[0.5, 0.25, 0.25], [0.1, 0.1, 0.8]]
    assert log_loss(shares, [0, 2]) == pytest.approx(-(math.log(0.5) + math.log(0.8)) / 2)


def test_rows_are_divided_by_their_sums() -> None:
    assert log_loss([[2.0, 1.0, 1.0]], [0]) == pytest.approx(math.log(2))


def test_a_certain_answer_is_clipped_on_either_side() -> None:
    assert log_loss([[0.0, 1.0]], [0]) == pytest.approx(-math.log(1e-15))
    assert 0 < log_loss([[0.0, 1.0]], [1]) < 1e-14


def test_a_row_of_zeros_is_no_number() -> None:
    assert math.isnan(log_loss([[0.0, 0.0], [0.5, 0.5]], [0, 1]))


def test_the_frequencies_own_loss_is_that_of_an_answer_that_knows_no_row() -> None:
    assert of_frequencies(np.array([0, 0, 0, 1]), np.array([0, 1]), 2) == pytest.approx(
        -(math.log(0.75) + math.log(0.25)) / 2
    )
