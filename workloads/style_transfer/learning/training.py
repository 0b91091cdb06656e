"""Teach the style network a style on the spot, for want of weights. What it is learnt by, `perceptual` says. Judges nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from workloads.progress import Record
from workloads.style_transfer.learning import perceptual
from workloads.style_transfer.network.layers import Kind, Layer, layers
from workloads.style_transfer.network.weights import Array, Weights
from workloads.style_transfer.photographs import Picture

Model: TypeAlias = Any
"""Keras's, which comes with the training environment and is not there where types are checked."""

LEARNING_RATE = 2e-3
"""Of Adam."""
MOMENTUM = 0.9
"""Of the statistics that normalization keeps: those of the last ten steps or so are used afterwards."""
EPSILON = 1e-3
"""Of normalization: Keras' default."""
_STYLE_CROPS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Lessons:
    """What is learnt from, and how much of it."""

    photograph: Picture
    style: Picture
    width: int
    """Channels of the network's first layer."""
    steps: int
    batch: int
    crop: int
    """Pixels a side of what is cut from the pictures, a multiple of STRIDE."""
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """What came of it."""

    weights: Weights
    """Normalization folded in."""
    losses: tuple[float, ...]
    """Of each step."""
    first_again: float
    """The loss of the first step's crops with what was learnt. Steps differ by their crops as much as by what was learnt."""
    count: int
    """Of weights that could change, normalization's statistics among them."""
    still: tuple[str, ...]
    """Weights that did not change or are no number."""


def learn(lessons: Lessons, record: Record) -> Learnt:
    """Train on random crops of the photograph; each step is told as a batch."""
    import keras

    keras.utils.set_random_seed(lessons.seed)
    network = layers(lessons.width)
    model = _model(network, lessons.crop)
    before = model.get_weights()
    loss = perceptual.loss(crops(lessons.style, lessons, _STYLE_CROPS))
    model.compile(optimizer=keras.optimizers.Adam(LEARNING_RATE), loss=loss)
    losses: list[float] = []

    def batch_ends(batch: int, logs: dict[str, float]) -> None:
        # Keras tells the mean over the epoch so far.
        mean, known = float(logs["loss"]), len(losses)
        losses.append(mean * (known + 1) - sum(losses))
        record.batch(epoch=1, batch=batch + 1, loss=round(losses[-1], 6))

    photographs = crops(lessons.photograph, lessons, lessons.steps * lessons.batch)
    model.fit(
        photographs,
        photographs,
        batch_size=lessons.batch,
        epochs=1,
        shuffle=False,
        verbose=0,
        callbacks=[keras.callbacks.LambdaCallback(on_train_batch_end=batch_ends)],
    )
    after, weights = model.get_weights(), _folded(network, model)
    first = photographs[: lessons.batch]
    # As in the first step, with the statistics of these crops, which are not to be kept.
    again = keras.ops.mean(loss(first, model(first, training=True)))
    return Learnt(
        weights=weights,
        losses=tuple(losses),
        first_again=float(keras.ops.convert_to_numpy(again)),
        count=len(after),
        still=_still([weight.path for weight in model.weights], before, after),
    )


def crops(picture: Picture, lessons: Lessons, count: int) -> Array:
    """Squares from random places, uint8 of count x crop x crop x 3; a smaller picture is mirrored until it is large enough."""
    import numpy as np

    generator = np.random.default_rng((lessons.seed, count))
    missing = [max(0, lessons.crop - side) for side in picture.size]
    pixels = picture.pixels
    if any(missing):
        pixels = np.pad(pixels, ((0, missing[0]), (0, missing[1]), (0, 0)), mode="symmetric")
    rows = generator.integers(0, pixels.shape[0] - lessons.crop + 1, count)
    columns = generator.integers(0, pixels.shape[1] - lessons.crop + 1, count)
    cut = [
        pixels[row : row + lessons.crop, column : column + lessons.crop]
        for row, column in zip(rows, columns, strict=True)
    ]
    return np.stack(cut)


def fold(kernel: Array, bias: Array, normalization: Sequence[Array]) -> tuple[Array, Array]:
    """A convolution that gives what this one and the normalization behind it give.

    Args:
        kernel: rows x columns x inputs x outputs.
        bias: one for each output.
        normalization: scale, shift, mean and variance of each output, as Keras keeps them.
    """
    import numpy as np

    scale, shift, mean, variance = (each.astype(np.float64) for each in normalization)
    factor = scale / np.sqrt(variance + EPSILON)
    return (kernel * factor).astype(np.float32), ((bias - mean) * factor + shift).astype(np.float32)


def _model(network: tuple[Layer, ...], crop: int) -> Model:
    """The network as it is trained: with normalization behind every convolution but the last."""
    import keras

    pixels = keras.Input((crop, crop, 3), dtype="uint8")
    found = keras.layers.Rescaling(1 / 255)(pixels)
    for layer in network:
        before = found
        if layer.kind is Kind.UPSAMPLING:
            found = keras.layers.UpSampling2D()(found)
        for index, name in enumerate(layer.convolutions):
            found = keras.layers.Conv2D(
                layer.outputs, layer.kernel, strides=layer.stride, padding="same", name=name
            )(found)
            if layer.kind is Kind.PICTURE:
                found = keras.layers.Activation("sigmoid")(found)
                continue
            found = keras.layers.BatchNormalization(
                momentum=MOMENTUM, epsilon=EPSILON, name=_normalization(name)
            )(found)
            if layer.kind is not Kind.RESIDUAL or index == 0:
                found = keras.layers.ReLU()(found)
        if layer.kind is Kind.RESIDUAL:
            found = keras.layers.Add()([found, before])
    return keras.Model(pixels, found)


def _folded(network: tuple[Layer, ...], model: Model) -> Weights:
    found: dict[str, Array] = {}
    for layer in network:
        for name in layer.convolutions:
            kernel, bias = model.get_layer(name).get_weights()
            if layer.kind is not Kind.PICTURE:
                kernel, bias = fold(kernel, bias, model.get_layer(_normalization(name)).get_weights())
            found |= {f"{name}/kernel": kernel, f"{name}/bias": bias}
    return found


def _normalization(convolution: str) -> str:
    return f"{convolution}_normalization"


def _still(names: Sequence[str], before: Sequence[Array], after: Sequence[Array]) -> tuple[str, ...]:
    import numpy as np

    return tuple(
        name
        for name, first, last in zip(names, before, after, strict=True)
        if not ((first != last).any() and np.isfinite(last).all())
    )
