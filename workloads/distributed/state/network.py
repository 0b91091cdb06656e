"""The network of `fashion_mnist` as one vector of weights, so that one sum over all hosts is a step's whole exchange. Pure."""

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

Array: TypeAlias = Any
"""NumPy's, which comes with the training environment and is not there where types are checked."""

SHAPES: tuple[tuple[int, ...], ...] = (
    (3, 3, 1, 16),
    (16,),
    (3, 3, 16, 32),
    (32,),
    (7 * 7 * 32, 64),
    (64,),
    (64, 10),
    (10,),
)
"""Kernels and biases as in `fashion_mnist.network`."""
NAMES = tuple(
    f"{layer} {part}"
    for layer in ("first convolution", "second convolution", "hidden layer", "last layer")
    for part in ("kernel", "bias")
)
SIZES = tuple(math.prod(shape) for shape in SHAPES)
LENGTH = sum(SIZES)
LEARNING_RATE = 0.01
"""At the start, as in `fashion_mnist`; it falls to zero along a cosine."""
FIRST_DECAY, SECOND_DECAY, EPSILON = 0.9, 0.999, 1e-7
"""Of Adam (Kingma and Ba, 2015), with Keras' epsilon."""


def initial(seed: int) -> Array:
    """Glorot's uniform kernels (2010), biases of zero: float32, the same on every host for the same seed."""
    import numpy as np

    stream = np.random.default_rng(seed)
    parts = []
    for shape in SHAPES:
        if len(shape) == 1:
            parts.append(np.zeros(shape, np.float32))
            continue
        area = math.prod(shape[:-2])
        limit = math.sqrt(6 / (area * (shape[-2] + shape[-1])))
        parts.append(stream.uniform(-limit, limit, shape).astype(np.float32).ravel())
    return np.concatenate(parts)


def layers(weights: Array) -> list[Array]:
    """The vector's parts in their shapes; of any framework's vector that can be sliced and has `reshape`, or of NumPy's."""
    found, at = [], 0
    for shape, size in zip(SHAPES, SIZES, strict=True):
        found.append(weights[at : at + size].reshape(shape))
        at += size
    return found


def pace(step: int, steps: int) -> float:
    """Adam's learning rate for one step from 0, with the correction of its averages in it.

    Args:
        step: which one.
        steps: how many the whole training has.
    """
    rate = LEARNING_RATE * 0.5 * (1 + math.cos(math.pi * min(step, steps) / steps))
    made = step + 1
    return rate * math.sqrt(1 - SECOND_DECAY**made) / (1 - FIRST_DECAY**made)


def spans(sizes: Sequence[int] = SIZES) -> tuple[tuple[int, int], ...]:
    """Where each part begins and ends in the vector."""
    ends = [sum(sizes[: index + 1]) for index in range(len(sizes))]
    return tuple(zip([0, *ends[:-1]], ends, strict=True))
