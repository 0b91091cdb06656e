"""The network that is trained, and the same one in NumPy, to see that its weights are worth what was told.

That of TensorFlow's tutorial on convolutional networks (https://www.tensorflow.org/tutorials/images/cnn): three convolutions of
3 x 3 without padding, pooling between them, two dense layers, 122,570 weights; over 70 % of the test images after ten epochs there.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

from workloads.cifar10.data.shared import SHAPE, Array, Images
from workloads.known_answer.reference import accuracy

Model: TypeAlias = Any
"""Keras's, which comes with the training environment and is not there where types are checked."""

_CHUNK = 100


def build(seed: int, precision: str, *, xla: bool) -> Model:
    """Compiled, and the same for the same seed. Sets Keras' dtype policy for this process."""
    import keras

    keras.mixed_precision.set_global_policy(precision)
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input(SHAPE, dtype="uint8"),
            layers.Rescaling(1 / 255),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dense(10, dtype="float32"),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(0.001),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=xla,
    )
    return model


def numpy_accuracy(weights: Sequence[Array], test: Images) -> float:
    """The share of the images that these weights know, in NumPy and float32."""
    chunks = range(0, len(test.classes), _CHUNK)
    parts = [(test.pixels[at : at + _CHUNK], test.classes[at : at + _CHUNK]) for at in chunks]
    shares = [accuracy(logits(weights, pixels), classes) * len(classes) for pixels, classes in parts]
    return sum(shares) / len(test.classes)


def logits(weights: Sequence[Array], pixels: Array) -> Array:
    """As `build`, from uint8."""
    import numpy as np

    first, first_bias, second, second_bias, third, third_bias, hidden, hidden_bias, last, last_bias = weights
    images = pixels.astype(np.float32) / 255
    images = _pool(np.maximum(_convolve(images, first, first_bias), 0))
    images = _pool(np.maximum(_convolve(images, second, second_bias), 0))
    images = np.maximum(_convolve(images, third, third_bias), 0)
    flat = np.maximum(images.reshape(len(pixels), -1) @ hidden + hidden_bias, 0)
    return flat @ last + last_bias


def _convolve(images: Array, kernel: Array, bias: Array) -> Array:
    """Stride 1, no padding."""
    import numpy as np

    windows = np.lib.stride_tricks.sliding_window_view(images, (3, 3), axis=(1, 2))
    return np.tensordot(windows, kernel, axes=((4, 5, 3), (0, 1, 2))) + bias


def _pool(images: Array) -> Array:
    """The largest of each 2 x 2; an odd last row or column is left out."""
    rows, columns = (size // 2 for size in images.shape[1:3])
    whole = images[:, : 2 * rows, : 2 * columns]
    return whole.reshape(len(images), rows, 2, columns, 2, -1).max(axis=(2, 4))
