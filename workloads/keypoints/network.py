"""The network that finds the points, its loss where points are missing, and the same network in NumPy.

It gives 30 coordinates as shares: -1 is the left or upper edge of the image, 1 the right or lower.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

from workloads.keypoints.table.data import COORDINATES, SIDE
from workloads.known_answer.reference import convolve

Array: TypeAlias = Any
Model: TypeAlias = Any
Tensor: TypeAlias = Any
"""NumPy's, Keras's, and those of the framework below: they come with the training environment and are not there where types are checked."""

CHANNELS = (16, 32, 64, 64)
"""Of convolutions of 3 x 3 with stride 2: 96 pixels become 48, 24, 12, 6."""
HIDDEN = 128
LEARNING_RATE = 0.002
"""At the start; it falls to zero along a cosine."""
NEAR = 3.0
"""Pixels. A coordinate that is no further off counts as found: what Keras tells as accuracy is the share of these."""
_HALF = SIDE / 2
_AT_ONCE = 64


def shares(pixels: Array) -> Array:
    """Coordinates in pixels as the network gives them."""
    return (pixels - _HALF) / _HALF


def in_pixels(given: Array) -> Array:
    """What the network gives, in pixels; within the image, where every point is."""
    import numpy as np

    return np.clip(np.asarray(given, np.float64) * _HALF + _HALF, 0, SIDE)


def build(*, seed: int, steps: int, places: Array) -> Model:
    """Four convolutions and a dense layer: 370,000 weights, 8 million multiplications an image, for two cores.

    Args:
        seed: of the weights.
        steps: of the whole training.
        places: the mean place of each coordinate, in pixels: what the network gives at first, whatever it sees.
    """
    import keras

    keras.utils.set_random_seed(seed)
    layers = keras.layers
    convolutions = [
        layers.Conv2D(channels, 3, strides=2, padding="same", activation="relu", name=f"convolution_{number}")
        for number, channels in enumerate(CHANNELS, start=1)
    ]
    model = keras.Sequential(
        [
            keras.Input((SIDE, SIDE, 1), dtype="uint8"),
            layers.Rescaling(1 / 255, name="rescaling"),
            *convolutions,
            layers.Flatten(name="flatten"),
            layers.Dense(HIDDEN, activation="relu", name="hidden"),
            layers.Dense(len(COORDINATES), name="coordinates"),
        ],
        name="keypoints",
    )
    model.get_layer("coordinates").bias.assign(shares(places))
    model.compile(
        optimizer=keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)),
        loss=masked_squares,
        metrics=[keras.metrics.MeanMetricWrapper(found, name="accuracy")],
    )
    return model


def masked_squares(true: Tensor, given: Tensor) -> Tensor:
    """The mean square of the error over the coordinates of a batch that are known; a missing one (NaN) pulls nowhere."""
    from keras import ops

    known = ops.logical_not(ops.isnan(true))
    # Zero in place of NaN before anything is computed with it: NaN times zero is NaN, in the gradient too.
    errors = ops.where(known, given - ops.where(known, true, ops.zeros_like(true)), ops.zeros_like(given))
    return ops.sum(ops.square(errors)) / ops.maximum(ops.sum(ops.cast(known, given.dtype)), 1)


def found(true: Tensor, given: Tensor) -> Tensor:
    """Of each image, the share of its known coordinates that are no more than `NEAR` off."""
    from keras import ops

    known = ops.logical_not(ops.isnan(true))
    near = ops.logical_and(
        known, ops.abs(given - ops.where(known, true, ops.zeros_like(true))) <= NEAR / _HALF
    )
    counted = ops.sum(ops.cast(known, given.dtype), axis=-1)
    return ops.sum(ops.cast(near, given.dtype), axis=-1) / ops.maximum(counted, 1)


def rmse(true: Array, given: Array) -> float:
    """The root of the mean square of the error, over the coordinates that are known, as Kaggle scores it. In NumPy and float64.

    Args:
        true: n x 30, in pixels; NaN where a point is unknown.
        given: as many, in pixels.

    Returns:
        Pixels; NaN where no coordinate is known at all.
    """
    import numpy as np

    known = ~np.isnan(true)
    if not known.any():
        return float("nan")
    errors = np.asarray(true, np.float64)[known] - np.asarray(given, np.float64)[known]
    return float(np.sqrt((errors**2).mean()))


def mean_places(true: Array) -> Array:
    """The mean of each coordinate over the faces in which it is known, in pixels; the middle where it never is."""
    import numpy as np

    known = ~np.isnan(true)
    sums = np.where(known, true, 0).sum(axis=0, dtype=np.float64)
    return np.where(known.any(axis=0), sums / np.maximum(known.sum(axis=0), 1), _HALF)


def loss_of(true: Array, given: Array) -> float:
    """What `masked_squares` makes of NumPy's arrays, as the framework computes it."""
    from keras import ops

    return float(
        ops.convert_to_numpy(masked_squares(ops.convert_to_tensor(true), ops.convert_to_tensor(given)))
    )


def numpy_given(weights: Sequence[Array], images: Array) -> Array:
    """What these weights make of the images, in NumPy and float32, as shares."""
    import numpy as np

    parts = [_given(weights, images[at : at + _AT_ONCE]) for at in range(0, len(images), _AT_ONCE)]
    return np.concatenate(parts)


def _given(weights: Sequence[Array], images: Array) -> Array:
    """As `build`. "same" at stride 2 on an even size means one row and one column behind, none before."""
    import numpy as np

    *kernels, hidden, hidden_bias, last, last_bias = weights
    flow = images.astype(np.float32) / 255
    for kernel, bias in zip(kernels[::2], kernels[1::2], strict=True):
        flow = np.maximum(convolve(np.pad(flow, ((0, 0), (0, 1), (0, 1), (0, 0))), kernel, bias), 0)
    flat = np.maximum(flow.reshape(len(images), -1) @ hidden + hidden_bias, 0)
    return flat @ last + last_bias
