"""The multi-layer perceptron: as it is trained, as it is kept for production, and in NumPy, to see what its weights are worth.

The counts go in as they are in the table. What is done to them stands in the network, so that nobody has to know of it later.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

from workloads.otto.table.data import CLASSES, FEATURES

Array: TypeAlias = Any
Model: TypeAlias = Any
"""NumPy's and Keras's, which come with the training environment and are not there where types are checked."""

HIDDEN = (256, 128)
DROPPED = 0.3
"""Share of the hidden outputs that a training step sets to zero."""
LEARNING_RATE = 0.002
"""At the start; it falls to zero along a cosine."""
_LEAST_DEVIATION = 1e-3
"""Of a feature that is the same in all rows: not zero, so that it can be divided by."""


def build(features: Array, *, seed: int, steps: int) -> Model:
    """The network that is trained; it gives logits, and its loss is the cross-entropy of their softmax.

    Args:
        features: the rows that are learnt from, for mean and deviation of their logarithms.
        seed: of the weights, and of what is dropped.
        steps: of the whole training.
    """
    import keras
    import numpy as np

    keras.utils.set_random_seed(seed)
    layers = keras.layers
    logarithms = np.log1p(features.astype(np.float64))
    mean, deviation = logarithms.mean(axis=0), np.maximum(logarithms.std(axis=0), _LEAST_DEVIATION)
    entrance = keras.Input((len(FEATURES),), dtype="float32", name="counts")
    flow = keras.ops.log1p(entrance)
    # Constants of the network, and no weights: nothing that a step could change.
    scaling = layers.Normalization(mean=mean.tolist(), variance=(deviation**2).tolist(), name="scaling")
    flow = scaling(flow)
    for number, width in enumerate(HIDDEN, start=1):
        flow = layers.Dense(width, activation="relu", name=f"hidden_{number}")(flow)
        flow = layers.Dropout(DROPPED, name=f"dropout_{number}")(flow)
    model = keras.Model(entrance, layers.Dense(len(CLASSES), name="logits")(flow), name="otto_training")
    model.compile(
        optimizer=keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


def for_production(model: Model) -> Model:
    """The same weights without what only a training needs: no dropout, no loss, no optimizer; it gives shares that sum to 1."""
    import keras

    layers = keras.layers
    entrance = keras.Input((len(FEATURES),), dtype="float32", name="counts")
    flow = model.get_layer("scaling")(keras.ops.log1p(entrance))
    for number in range(1, len(HIDDEN) + 1):
        flow = model.get_layer(f"hidden_{number}")(flow)
    logits = model.get_layer("logits")(flow)
    return keras.Model(entrance, layers.Softmax(name="shares")(logits), name="otto")


def of_training_alone(model: Model) -> tuple[str, ...]:
    """What a model has that only a training needs; a model for production has nothing of it."""
    import keras

    dropping = [layer.name for layer in model.layers if isinstance(layer, keras.layers.Dropout)]
    has = {"an optimizer": getattr(model, "optimizer", None), "a loss": getattr(model, "loss", None)}
    return (*dropping, *(name for name, part in has.items() if part is not None))


def numpy_shares(weights: Sequence[Array], training: Array, features: Array) -> Array:
    """What these weights make of the rows, in NumPy and float64.

    Args:
        weights: kernel and bias of each dense layer, in their order.
        training: the rows that were learnt from, as in `build`.
        features: the rows to be judged.

    Returns:
        A row of nine shares for each.
    """
    import numpy as np

    logarithms = np.log1p(training.astype(np.float64))
    deviation = np.maximum(logarithms.std(axis=0), _LEAST_DEVIATION)
    flow = (np.log1p(features.astype(np.float64)) - logarithms.mean(axis=0)) / deviation
    for kernel, bias in zip(weights[:-2:2], weights[1:-2:2], strict=True):
        flow = np.maximum(flow @ kernel + bias, 0)
    return shares_of(flow @ weights[-2] + weights[-1])


def shares_of(logits: Array) -> Array:
    """Their softmax, in NumPy and float64: each row sums to 1."""
    import numpy as np

    logits = np.asarray(logits, np.float64)
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)
