"""Eve in NumPy and float64, line by line as its authors publish it: what the Keras optimizer has to equal. Pure.

arXiv:1611.01505 has two algorithms under this name:

- `2016`, versions 1 and 2: Koushik and Hayashi, "Improving Stochastic Gradient Descent with Feedback", November 2016, Algorithm 1.
- `2018`, version 3: Hayashi, Koushik and Neubig, "Eve: A Gradient Based Optimization Method with Locally and Globally Adaptive
  Learning Rates", the algorithm of section 3.2.

Both are Adam with one coefficient d for all weights, by which the step is divided: it follows the objective f from step to step.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

Array: TypeAlias = Any
"""NumPy's, which is not there where types are checked."""

Objective: TypeAlias = Callable[[Sequence[Array], int], tuple[float, Sequence[Array]]]
"""From weights and the number of a step, counted from 1, to the value f and the gradient of each weight."""

FIRST, SECOND, ADAM = "2016", "2018", "adam"
REVISIONS = (FIRST, SECOND)
"""Of Eve. `ADAM` is either of them with d = 1 all the way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Constants:
    """By the defaults of Algorithm 1 in either version; what differs is marked."""

    alpha: float = 1e-3
    """Learning rate."""
    beta_1: float = 0.9
    beta_2: float = 0.999
    """Decay of the gradient's first and second moment, as in Adam."""
    beta_3: float = 0.999
    """Decay of the coefficient d."""
    epsilon: float = 1e-8
    lower: float = 0.1
    """2016: k, the least relative change of f that counts."""
    upper: float = 10.0
    """2016: K, the largest."""
    clip: float = 10.0
    """2018: c; each d lies in 1/c..c."""
    minimum: float = 0.0
    """2018: f*, the least value that f can have. 0 for a cross entropy or a mean square, as in the paper's experiments."""


PUBLISHED = Constants()


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """What came out of all steps."""

    weights: tuple[Array, ...]
    coefficients: tuple[float, ...]
    """d of each step."""
    bounds: frozenset[str]
    """Which bounds held the change of f at some step: `lower`, `upper`, or `none` for a change between them."""


def follow(
    revision: str,
    weights: Sequence[Array],
    objective: Objective,
    steps: int,
    constants: Constants = PUBLISHED,
) -> Path:
    """The weights after `steps` steps.

    Args:
        revision: of REVISIONS, or ADAM.
        weights: at the start, float64.
        objective: what is minimized.
        steps: how many.
        constants: of the algorithm.
    """
    import numpy as np

    theta = [np.array(weight, np.float64) for weight in weights]
    m = [np.zeros_like(weight) for weight in theta]
    v = [np.zeros_like(weight) for weight in theta]
    f_before, d = 0.0, 1.0
    coefficients, bounds = [], set()
    for t in range(1, steps + 1):
        f, gradients = objective(theta, t)
        if revision == FIRST:
            f_before, d, bound = _first(constants, t, f, f_before, d)
            bounds.add(bound)
        elif revision == SECOND:
            f_before, d, bound = _second(constants, t, f, f_before, d)
            bounds.add(bound)
        coefficients.append(d)
        for index, g in enumerate(gradients):
            m[index] = constants.beta_1 * m[index] + (1 - constants.beta_1) * g
            v[index] = constants.beta_2 * v[index] + (1 - constants.beta_2) * g**2
            m_hat = m[index] / (1 - constants.beta_1**t)
            v_hat = v[index] / (1 - constants.beta_2**t)
            if revision == FIRST:
                step = constants.alpha * m_hat / (d * np.sqrt(v_hat) + constants.epsilon)
            else:
                step = constants.alpha / d * m_hat / (np.sqrt(v_hat) + constants.epsilon)
            theta[index] = theta[index] - step
    return Path(weights=tuple(theta), coefficients=tuple(coefficients), bounds=frozenset(bounds - {""}))


def _first(constants: Constants, t: int, f: float, tracked: float, d: float) -> tuple[float, float, str]:
    """2016: `tracked` is f-hat, which follows f by steps of at least k and at most K.

    The branches are those of the paper's text and of its authors' program: where f rises, its change counts as 1+k to 1+K.
    """
    if t == 1:
        return f, 1.0, ""
    if f >= tracked:
        low, high = constants.lower + 1, constants.upper + 1
    else:
        low, high = 1 / (constants.upper + 1), 1 / (constants.lower + 1)
    c = min(max(low, f / tracked), high)
    f_hat = c * tracked
    r = abs(f_hat - tracked) / min(f_hat, tracked)
    small, large = (low, high) if f >= tracked else (high, low)
    bound = {small: "lower", large: "upper"}.get(c, "none")
    return f_hat, constants.beta_3 * d + (1 - constants.beta_3) * r, bound


def _second(constants: Constants, t: int, f: float, before: float, d: float) -> tuple[float, float, str]:
    """2018: `before` is the step before's f."""
    if t == 1:
        return f, 1.0, ""
    change = abs(f - before) / (min(f, before) - constants.minimum)
    clipped = min(max(change, 1 / constants.clip), constants.clip)
    bound = "none" if clipped == change else "lower" if clipped > change else "upper"
    return f, constants.beta_3 * d + (1 - constants.beta_3) * clipped, bound
