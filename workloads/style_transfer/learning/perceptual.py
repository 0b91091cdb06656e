"""How far a painted picture is from its style and from its photograph, by fixed random filters.

What is compared are not the features of a network trained on a million photographs, as Johnson et al. use: these would have to be
downloaded. It is the answers of fixed random filters on three scales, which is enough to carry textures (Ustyuzhaninov et al., "Texture
Synthesis Using Shallow Convolutional Networks with Random Filters", 2016) and knows nothing of objects. So the style is one of colours
and strokes, and the photograph is kept by its brightness on the two coarser scales.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

from workloads.style_transfer.network.weights import Array

Tensor: TypeAlias = Any
"""Keras's, which comes with the training environment and is not there where types are checked."""

SCALES = 3
"""The picture, its half and its quarter."""
FILTERS, FILTER_SIDE = 32, 7
STYLE_WEIGHT, CONTENT_WEIGHT = 1.0, 1.5
"""Both parts are relative, the one to the style's own correlations, the other to the photograph's contrast."""
_BRIGHTNESS = (0.299, 0.587, 0.114)
"""Of red, green and blue: ITU-R BT.601."""


def loss(style: Array) -> Callable[[Tensor, Tensor], Tensor]:
    """Of crops and what the network makes of them, for Keras."""
    from keras import ops

    kernel = filters()
    answers = _answers(ops.cast(style, "float32") / 255, kernel)
    wanted = [ops.mean(_correlations(each), axis=0, keepdims=True) for each in answers]

    def both(photographs: Tensor, made: Tensor) -> Tensor:
        found = 0.0
        for each, right in zip(_answers(made, kernel), wanted, strict=True):
            missed = ops.sum(ops.square(_correlations(each) - right), axis=(1, 2))
            found = found + STYLE_WEIGHT / SCALES * missed / ops.sum(ops.square(right))
        seen, kept = (_brightness(each) for each in (ops.cast(photographs, "float32") / 255, made))
        for before, after in zip(seen, kept, strict=True):
            contrast = ops.var(before, axis=(1, 2, 3)) + 1e-3
            changed = ops.mean(ops.square(after - before), axis=(1, 2, 3))
            found = found + CONTENT_WEIGHT / len(seen) * changed / contrast
        return found

    return both


def filters() -> Array:
    """The random filters, float32 of rows x columns x colours x filters: without a mean, so that they see edges, and of length 1."""
    import numpy as np

    drawn = np.random.default_rng(2016).normal(size=(FILTER_SIDE, FILTER_SIDE, 3, FILTERS))
    drawn -= drawn.mean(axis=(0, 1, 2))
    return (drawn / np.sqrt((drawn**2).sum(axis=(0, 1, 2)))).astype(np.float32)


def _answers(pictures: Tensor, kernel: Array) -> list[Tensor]:
    """Of the filters on every scale, with the colours themselves among them."""
    from keras import ops

    found = []
    for scale in range(SCALES):
        if scale:
            pictures = ops.average_pool(pictures, 2, 2, padding="valid", data_format="channels_last")
        edges = ops.relu(ops.conv(pictures, kernel, padding="valid", data_format="channels_last"))
        inner = FILTER_SIDE // 2
        found.append(ops.concatenate([edges, pictures[:, inner:-inner, inner:-inner]], axis=-1))
    return found


def _correlations(answers: Tensor) -> Tensor:
    """Of each filter with each (the Gram matrix), n x filters x filters, as a mean over the picture."""
    from keras import ops

    _, rows, columns, channels = answers.shape
    flat = ops.reshape(answers, (-1, rows * columns, channels))
    return ops.matmul(ops.transpose(flat, (0, 2, 1)), flat) / (rows * columns)


def _brightness(pictures: Tensor) -> list[Tensor]:
    """On the scales from the second on."""
    from keras import ops

    found = ops.sum(pictures * ops.convert_to_tensor(_BRIGHTNESS, "float32"), axis=-1, keepdims=True)
    scales = []
    for _ in range(1, SCALES):
        found = ops.average_pool(found, 2, 2, padding="valid", data_format="channels_last")
        scales.append(found)
    return scales
