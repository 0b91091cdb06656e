"""Weights as colours: blue below zero, white at zero, red above. Pure, but for the image in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from workloads.pictures.svg import image, page, text

Array: TypeAlias = Any
"""NumPy's, which comes with the training environment and is not there where types are checked."""

LOW, MIDDLE, HIGH = (33, 102, 172), (247, 247, 247), (178, 24, 43)
"""Told apart by those who do not see red and green as two colours: ColorBrewer's RdBu."""
_MARGIN = 20
_LINE = 18
_LARGEST = 900
"""Pixels that the picture may be wide."""
_SCALE = 4
_STEPS = 64
"""Of the scale of colours below the picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """Weights of one layer."""

    title: str
    values: Array
    """Inputs x outputs."""


def draw(title: str, matrices: Sequence[Matrix]) -> str:
    """A picture for each matrix, one below the other, each with its own scale of colours."""
    import numpy as np

    parts, y, width = [text(_MARGIN, 26, title, size=16)], 40.0, 400.0
    for matrix in matrices:
        rows, columns = matrix.values.shape
        scale = min(_SCALE, (_LARGEST - 2 * _MARGIN) / columns)
        reach = float(np.abs(matrix.values).max())
        y += _LINE
        parts.append(text(_MARGIN, y, f"{matrix.title}: {rows} inputs down, {columns} outputs across"))
        y += _LINE / 2
        parts.append(image(_MARGIN, y, colours(matrix.values, reach), scale))
        y += rows * scale + _LINE / 2
        parts.append(image(_MARGIN, y, colours(np.linspace(-1, 1, _STEPS).reshape(1, -1), 1.0), _SCALE))
        parts.append(text(_MARGIN + _STEPS * _SCALE + 8, y + 7, f"-{reach:.3g} to {reach:.3g}", size=11))
        y += _LINE
        width = max(width, columns * scale + 2 * _MARGIN)
    return page(width, y + _MARGIN, title, parts)


def colours(values: Array, reach: float) -> Array:
    """Red, green, blue in uint8 of each value; what is `reach` away from zero has the full colour. What is no number is black."""
    import numpy as np

    share = np.clip(np.asarray(values, np.float64) / (reach or 1.0), -1, 1)[..., None]
    towards = np.where(share < 0, np.array(LOW), np.array(HIGH))
    mixed = np.array(MIDDLE) + (towards - np.array(MIDDLE)) * np.abs(share)
    return np.nan_to_num(mixed).round().astype(np.uint8)
