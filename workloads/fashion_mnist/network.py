"""The network that is trained through Keras, and the same one in NumPy, to see that its weights are worth what was told."""

from collections.abc import Sequence
from typing import Any, TypeAlias

from workloads.fashion_mnist.data import TRAINING_IMAGES, Array, Images
from workloads.known_answer.reference import accuracy, convolve
from workloads.result import TrainingArguments

Model: TypeAlias = Any
"""Keras's, which comes with the training environment and is not there where types are checked."""

LEARNING_RATE = 0.01
"""At the start; it falls to zero along a cosine. Three epochs reach 0.89 on the test images, a single one 0.86."""
_CHUNK = 500


def build(arguments: TrainingArguments) -> Model:
    """Strides instead of pooling: 106,000 weights and 355,000 multiplications an image, for two cores."""
    import keras

    keras.utils.set_random_seed(arguments.seed)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1), dtype="uint8"),
            layers.Rescaling(1 / 255),
            layers.Conv2D(16, 3, strides=2, padding="same", activation="relu"),
            layers.Conv2D(32, 3, strides=2, padding="same", activation="relu"),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dense(10),
        ]
    )
    steps = TRAINING_IMAGES // arguments.batch_size * arguments.epochs
    model.compile(
        optimizer=keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


def numpy_accuracy(weights: Sequence[Array], test: Images) -> float:
    """The share of the test images that these weights know, in NumPy and float32."""
    chunks = range(0, len(test.classes), _CHUNK)
    parts = [(test.pixels[at : at + _CHUNK], test.classes[at : at + _CHUNK]) for at in chunks]
    shares = [accuracy(_logits(weights, pixels), classes) * len(classes) for pixels, classes in parts]
    return sum(shares) / len(test.classes)


def _logits(weights: Sequence[Array], pixels: Array) -> Array:
    """As `build`. "same" at stride 2 on an even size means one row and one column behind, none before."""
    import numpy as np

    first, first_bias, second, second_bias, hidden, hidden_bias, last, last_bias = weights
    margin = ((0, 0), (0, 1), (0, 1), (0, 0))
    images = pixels.astype(np.float32) / 255
    images = np.maximum(convolve(np.pad(images, margin), first, first_bias), 0)
    images = np.maximum(convolve(np.pad(images, margin), second, second_bias), 0)
    flat = np.maximum(images.reshape(len(pixels), -1) @ hidden + hidden_bias, 0)
    return flat @ last + last_bias
