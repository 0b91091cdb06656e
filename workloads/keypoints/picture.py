"""Faces with the points that are known and those that were predicted. Pure, but for the images in it."""

import math
from typing import Any, TypeAlias

from workloads.keypoints.table.data import POINTS, SIDE
from workloads.pictures.svg import image, page, text

Array: TypeAlias = Any
"""NumPy's, which comes with the training environment and is not there where types are checked."""

SHOWN = 8
"""Faces in the picture."""
_COLUMNS = 4
_SCALE = 2
_GAP = 12
_TOP = 64
_KNOWN = "fill='none' stroke='#56b4e9' stroke-width='1.5'"
_GIVEN = "stroke='#e69f00' stroke-width='1.5'"
"""Blue rings and orange crosses: told apart by shape, and by those who do not see all colours."""


def draw(images: Array, true: Array, given: Array) -> str:
    """The first faces of these.

    Args:
        images: n x 96 x 96 x 1, uint8.
        true: n x 30, in pixels; NaN where a point is unknown.
        given: n x 30, in pixels.
    """
    count = min(SHOWN, len(images))
    side = SIDE * _SCALE + _GAP
    parts = [
        text(_GAP, 26, "Facial keypoints on faces that were not learnt from", size=16),
        _ring(_GAP + 6, 44),
        text(_GAP + 18, 48, "known"),
        *_cross(_GAP + 76, 44),
        text(_GAP + 88, 48, "predicted"),
    ]
    for face in range(count):
        x, y = _GAP + face % _COLUMNS * side, _TOP + face // _COLUMNS * side
        parts.append(image(x, y, images[face, :, :, 0], _SCALE))
        for point in range(len(POINTS)):
            known, found = (row[face, 2 * point : 2 * point + 2].tolist() for row in (true, given))
            if not math.isnan(sum(known)):
                parts.append(_ring(x + known[0] * _SCALE, y + known[1] * _SCALE))
            parts += _cross(x + found[0] * _SCALE, y + found[1] * _SCALE)
    rows = -(-count // _COLUMNS)
    return page(2 * _GAP + _COLUMNS * side, _TOP + rows * side + _GAP, "Known and predicted keypoints", parts)


def _ring(x: float, y: float) -> str:
    return f"<circle cx='{x:.1f}' cy='{y:.1f}' r='4' {_KNOWN}/>"


def _cross(x: float, y: float) -> list[str]:
    return [f"<path d='M{x - 3:.1f} {y - 3:.1f}l6 6m0-6l-6 6' {_GIVEN}/>"]
