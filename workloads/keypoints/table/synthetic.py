"""Make up faces in the format of Facial Keypoints Detection, whose points can be learnt. Never taken for real ones. Needs no NumPy.

Each is a bright oval with dark eyes, brows and mouth and a nose, somewhere near the middle, larger or smaller; the points are those of what
was drawn. As in the real table, most points of some faces are unknown.
"""

import math
import random

from workloads.keypoints.table.data import COORDINATES, LOOKUP, LOOKUP_COLUMNS, NEW, POINTS, SIDE, TRAINING

PLACES = {
    "left_eye_center": (16, -10),
    "right_eye_center": (-16, -10),
    "left_eye_inner_corner": (10, -10),
    "left_eye_outer_corner": (22, -10),
    "right_eye_inner_corner": (-10, -10),
    "right_eye_outer_corner": (-22, -10),
    "left_eyebrow_inner_end": (8, -19),
    "left_eyebrow_outer_end": (24, -19),
    "right_eyebrow_inner_end": (-8, -19),
    "right_eyebrow_outer_end": (-24, -19),
    "nose_tip": (0, 6),
    "mouth_left_corner": (12, 21),
    "mouth_right_corner": (-12, 21),
    "mouth_center_top_lip": (0, 18),
    "mouth_center_bottom_lip": (0, 25),
}
"""From the middle of a face of middle size, in pixels. Left is the person's left: right in the image."""
ALWAYS_KNOWN = frozenset({"left_eye_center", "right_eye_center", "nose_tip", "mouth_center_bottom_lip"})
"""In the real table, too, these four are known of nearly all faces, and the others of a third."""
_KNOWN = 0.5
_NEW_ROWS = 0.2
"""Faces whose points are asked for, as a share of those that are learnt from."""
_SHIFT, _SMALLEST, _LARGEST = 9.0, 0.8, 1.15
_OVAL = (32, 40)
_DARK = (
    ((-22, -10), (-10, -10), 3.5),
    ((10, -10), (22, -10), 3.5),
    ((-24, -19), (-8, -19), 1.8),
    ((8, -19), (24, -19), 1.8),
    ((-12, 21), (12, 21), 3.0),
    ((0, 2), (0, 6), 2.0),
)
"""Strokes: from, to, half their width."""


def make_up(rows: int, seed: int) -> dict[str, bytes]:
    """Tables with as many faces to learn from, and some more whose points are asked for: CSV by file name."""
    rng = random.Random(seed)  # noqa: S311  made-up faces, not secrets
    training = [",".join(_face(rng, forgetful=rng.random() > _KNOWN)) for _ in range(rows)]
    new = [
        f"{number},{_face(rng, forgetful=False)[-1]}"
        for number in range(1, max(1, int(rows * _NEW_ROWS)) + 1)
    ]
    asked = [(number, coordinate) for number in range(1, len(new) + 1) for coordinate in COORDINATES]
    lookup = [f"{row},{number},{coordinate}," for row, (number, coordinate) in enumerate(asked, start=1)]
    return {
        TRAINING: _text((*COORDINATES, "Image"), training),
        NEW: _text(("ImageId", "Image"), new),
        LOOKUP: _text(LOOKUP_COLUMNS, lookup),
    }


def _face(rng: random.Random, *, forgetful: bool) -> list[str]:
    """Its cells. With `forgetful`, only the points that are always known."""
    size = rng.uniform(_SMALLEST, _LARGEST)
    middle = tuple(SIDE / 2 + rng.uniform(-_SHIFT, _SHIFT) for _ in range(2))
    bright, ground = rng.randrange(140, 220), rng.randrange(20, 110)
    cells = []
    for point in POINTS:
        known = not forgetful or point in ALWAYS_KNOWN
        place = zip(middle, PLACES[point], strict=True)
        cells += [f"{min(SIDE, max(0.0, at + size * by)):.3f}" if known else "" for at, by in place]
    return [*cells, " ".join(map(str, _drawn(rng, (middle[0], middle[1]), size, (bright, ground))))]


def _drawn(rng: random.Random, middle: tuple[float, float], size: float, greys: tuple[int, int]) -> list[int]:
    """Pixels, row by row: the ground, the oval on it, the strokes on that, and some noise."""
    bright, ground = greys
    grey = bytearray()
    for y in range(SIDE):
        line = bytearray([ground]) * SIDE
        down = (y - middle[1]) / size
        if abs(down) < _OVAL[1]:
            half = _OVAL[0] * math.sqrt(1 - (down / _OVAL[1]) ** 2)
            _fill(line, middle[0] - half * size, middle[0] + half * size, bright)
            for (left, top), (right, bottom), wide in _DARK:
                if top - wide <= down <= bottom + wide:
                    edges = (middle[0] + (left - wide) * size, middle[0] + (right + wide) * size)
                    _fill(line, *edges, bright // 3)
        grey += line
    return [value + (noise & 7) for value, noise in zip(grey, rng.randbytes(len(grey)), strict=True)]


def _fill(line: bytearray, left: float, right: float, value: int) -> None:
    begin, end = max(0, round(left)), min(SIDE, round(right) + 1)
    line[begin:end] = bytes([value]) * (end - begin)


def _text(header: tuple[str, ...], rows: list[str]) -> bytes:
    return "\n".join([",".join(header), *rows, ""]).encode()
