"""The paper's equations in NumPy: by hand for a few steps, and on the numbers that the optimizer is tried with."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from workloads.optimizers.paper import ADAM, FIRST, PUBLISHED, REVISIONS, SECOND, Array, Objective, follow
from workloads.optimizers.trial import BATCH, STEPS, batches, expected


def told(*values: float) -> Objective:
    """An objective that takes these values, with a gradient of 1 all the way."""

    def objective(weights: Sequence[Array], step: int) -> tuple[float, Sequence[Array]]:
        return values[step - 1], [np.ones_like(weight) for weight in weights]

    return objective


@pytest.mark.parametrize(
    ("values", "change"),
    [
        ((2.0, 3.0), 0.5),
        ((3.0, 2.0), 0.5),
        ((2.0, 2.1), 0.1),
        ((2.0, 2.0), 0.1),
        ((2.1, 2.0), 0.1),
        ((1.0, 50.0), 10.0),
        ((50.0, 1.0), 10.0),
    ],
    ids=["rises", "falls", "rises too little", "rests", "falls too little", "rises too far", "falls too far"],
)
def test_in_2016_the_relative_change_of_the_objective_counts_from_k_to_upper_k(
    values: tuple[float, float], change: float
) -> None:
    path = follow(FIRST, [np.zeros(1)], told(*values), 2)
    first, second = path.coefficients
    assert first == 1.0
    assert second == pytest.approx(0.999 + 0.001 * change, abs=1e-12)


def test_in_2016_the_third_step_is_compared_with_what_was_tracked_not_with_what_was_seen() -> None:
    path = follow(FIRST, [np.zeros(1)], told(1.0, 50.0, 22.0), 3)
    # f-hat is 11 after the second step, so 22 is a rise by 1, where it is less than half of 50.
    d = 0.999 + 0.001 * 10
    assert path.coefficients[-1] == pytest.approx(0.999 * d + 0.001 * 1.0, abs=1e-12)


@pytest.mark.parametrize(
    ("values", "change"),
    [((2.0, 3.0), 0.5), ((3.0, 2.0), 0.5), ((2.0, 2.1), 0.1), ((1.0, 50.0), 10.0), ((2.0, 2.0), 0.1)],
    ids=["rises", "falls", "rises too little", "rises too far", "rests"],
)
def test_in_2018_the_change_is_divided_by_the_distance_to_the_minimum_and_clipped(
    values: tuple[float, float], change: float
) -> None:
    path = follow(SECOND, [np.zeros(1)], told(*values), 2)
    first, second = path.coefficients
    assert first == 1.0
    assert second == pytest.approx(0.999 + 0.001 * change, abs=1e-12)


@pytest.mark.parametrize("revision", [*REVISIONS, ADAM])
def test_the_first_step_is_adam_s_and_goes_as_far_as_the_learning_rate(revision: str) -> None:
    (weight,) = follow(revision, [np.zeros(3)], told(1.0), 1).weights
    assert weight == pytest.approx(-PUBLISHED.alpha / (1 + PUBLISHED.epsilon), abs=1e-15)


def test_where_epsilon_stands_differs_between_the_versions() -> None:
    tiny = 1e-8

    def objective(weights: Sequence[Array], step: int) -> tuple[float, Sequence[Array]]:
        return (1.0, 12.0)[step - 1], [np.full_like(weight, tiny) for weight in weights]

    steps = {}
    for revision in REVISIONS:
        path = follow(revision, [np.zeros(1)], objective, 2)
        d = path.coefficients[-1]
        assert d == pytest.approx(1.009)
        steps[revision] = -float(path.weights[0][0]) - PUBLISHED.alpha / 2
    assert steps[FIRST] == pytest.approx(PUBLISHED.alpha * tiny / (1.009 * tiny + PUBLISHED.epsilon))
    assert steps[SECOND] == pytest.approx(PUBLISHED.alpha / 1.009 / 2)


@pytest.mark.parametrize("revision", REVISIONS)
def test_the_trial_meets_every_bound_and_tells_eve_from_adam(revision: str) -> None:
    data = batches()
    path = expected(data, revision)
    assert path.bounds == {"lower", "upper", "none"}
    assert len(path.coefficients) == STEPS
    adam = expected(data, ADAM).weights
    assert max(abs(one - other).max() for one, other in zip(adam, path.weights, strict=True)) > 1e-3


def test_the_gradients_of_the_trial_are_those_of_its_objective() -> None:
    data = batches()
    kernel, bias = (weight.astype(np.float64) for weight in data.start)
    _, (of_kernel, of_bias) = data.objective((kernel, bias), 7)
    step = 1e-6
    for place in ((0, 0), (5, 1)):
        moved = kernel.copy()
        moved[place] += step
        slope = (data.objective((moved, bias), 7)[0] - data.objective((kernel, bias), 7)[0]) / step
        assert slope == pytest.approx(of_kernel[place], rel=1e-4)
    moved_bias = bias + np.array((step, 0.0))
    slope = (data.objective((kernel, moved_bias), 7)[0] - data.objective((kernel, bias), 7)[0]) / step
    assert slope == pytest.approx(of_bias[0], rel=1e-4)
    assert data.inputs.shape[:2] == (STEPS, BATCH)
    assert math.isfinite(float(abs(data.targets).max()))
