"""The network in NumPy against one that is worked out by hand, and shares from logits."""

import numpy as np

from workloads.otto.network import numpy_shares, shares_of


def test_shares_sum_to_one_and_large_logits_do_not_overflow() -> None:
    shares = shares_of(np.array([[1000.0, 999.0], [-1000.0, -1000.0]], np.float32))
    assert np.allclose(shares, [[0.731058579, 0.268941421], [0.5, 0.5]])


def test_numpy_scales_by_the_rows_that_were_learnt_from_and_not_by_those_it_judges() -> None:
    training = np.expm1(np.array([[0.0, 1.0], [2.0, 1.0]]))
    identity, none = np.eye(2), np.zeros(2)
    shares = numpy_shares([identity, none, identity, none], training, np.expm1(np.array([[3.0, 1.0]])))
    # (3 - 1) / 1 = 2 in the first column; the second never varies, and is 0 away from its mean.
    assert np.allclose(shares, shares_of(np.array([[2.0, 0.0]])))


def test_hidden_layers_let_nothing_below_zero_through() -> None:
    training = np.expm1(np.array([[0.0], [2.0]]))
    weights = [np.array([[-1.0]]), np.zeros(1), np.array([[1.0, -1.0]]), np.array([0.5, 0.0])]
    shares = numpy_shares(weights, training, np.expm1(np.array([[3.0]])))
    assert np.allclose(shares, shares_of(np.array([[0.5, 0.0]])))
