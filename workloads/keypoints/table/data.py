"""Faces and their keypoints from Kaggle's Facial Keypoints Detection. Needs no NumPy to read them.

training.csv has 30 columns of coordinates, empty where a point is unknown, then Image: 9216 grey values with spaces between them, row by
row. test.csv has ImageId and Image. IdLookupTable.csv says which coordinates of which image are asked for.
"""

import math
from array import array
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeAlias

from workloads.result import DataSetError
from workloads.tables.place import Opener
from workloads.tables.rows import Rows, number

Array: TypeAlias = Any
"""NumPy's, which comes with the training environment and is not there where types are checked."""

FOLDER = "facial-keypoints"
"""Below Keras' `datasets`."""
TRAINING, NEW, LOOKUP = "training.csv", "test.csv", "IdLookupTable.csv"
SIDE = 96
"""Pixels of an image's edge. A coordinate is a distance in pixels from the upper left corner."""
POINTS = (
    "left_eye_center",
    "right_eye_center",
    "left_eye_inner_corner",
    "left_eye_outer_corner",
    "right_eye_inner_corner",
    "right_eye_outer_corner",
    "left_eyebrow_inner_end",
    "left_eyebrow_outer_end",
    "right_eyebrow_inner_end",
    "right_eyebrow_outer_end",
    "nose_tip",
    "mouth_left_corner",
    "mouth_right_corner",
    "mouth_center_top_lip",
    "mouth_center_bottom_lip",
)
COORDINATES = tuple(f"{point}_{axis}" for point in POINTS for axis in "xy")
LOOKUP_COLUMNS = ("RowId", "ImageId", "FeatureName", "Location")


@dataclass(frozen=True, slots=True, kw_only=True)
class Faces:
    """Rows of one table, in the file's order."""

    name: str
    sha256: str
    ids: Sequence[str]
    """ImageId; in the training table, which has none, the row's number from 1."""
    grey: bytes
    """96 x 96 each, one after another."""
    coordinates: "array[float]"
    """30 each, float32, in pixels; NaN where a point is unknown. Empty in a table without them."""

    @property
    def images(self) -> Array:
        """NumPy's uint8 of n x 96 x 96 x 1, without a copy."""
        import numpy as np

        return np.frombuffer(self.grey, np.uint8).reshape(-1, SIDE, SIDE, 1)

    @property
    def targets(self) -> Array:
        """NumPy's float32 of n x 30, in pixels."""
        import numpy as np

        return np.frombuffer(self.coordinates, np.float32).reshape(-1, len(COORDINATES))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A coordinate that is asked for."""

    row_id: str
    image_id: str
    coordinate: str


def read_training(open_table: Opener) -> Faces:
    """The faces that are learnt from.

    Raises:
        DataSetError: the table is not there, or malformed.
    """
    with open_table(TRAINING) as opened:
        if opened is None:
            raise DataSetError(f"there is no {TRAINING}, nor a gz or zip of it")
        rows = Rows(opened, (*COORDINATES, "Image"))
        grey, coordinates = bytearray(), array("f")
        for cells in rows:
            grey += _pixels(rows, cells[-1])
            coordinates.extend(
                [_coordinate(rows, name, cell) for name, cell in zip(COORDINATES, cells[:-1], strict=True)]
            )
    _not_empty(rows)
    ids = [str(place) for place in range(1, rows.count + 1)]
    return Faces(name=rows.name, sha256=rows.sha256, ids=ids, grey=bytes(grey), coordinates=coordinates)


def read_new(open_table: Opener) -> Faces | None:
    """The faces whose points are asked for; None where there is no such table.

    Raises:
        DataSetError: it is malformed.
    """
    with open_table(NEW) as opened:
        if opened is None:
            return None
        rows = Rows(opened, ("ImageId", "Image"))
        ids, grey, line_of = [], bytearray(), dict[str, int]()
        for image_id, pixels in rows:
            ids.append(rows.only("ImageId", image_id, line_of))
            grey += _pixels(rows, pixels)
    _not_empty(rows)
    return Faces(name=rows.name, sha256=rows.sha256, ids=ids, grey=bytes(grey), coordinates=array("f"))


def read_lookup(open_table: Opener, faces: Faces) -> tuple[Wanted, ...]:
    """What is asked for; every coordinate of every face where there is no such table.

    Raises:
        DataSetError: it is malformed, or asks for what is not there.
    """
    with open_table(LOOKUP) as opened:
        if opened is None:
            return everything(faces.ids)
        rows, known, wanted = Rows(opened, LOOKUP_COLUMNS), frozenset(faces.ids), []
        line_of: dict[str, int] = {}
        for row_id, image_id, coordinate, _ in rows:
            if coordinate not in COORDINATES:
                raise rows.malformed(
                    "FeatureName", coordinate, f"one of {COORDINATES[0]} to {COORDINATES[-1]}"
                )
            if image_id not in known:
                raise rows.malformed("ImageId", image_id, f"an image of {faces.name}")
            rows.only("RowId", row_id, line_of)
            wanted.append(Wanted(row_id=row_id, image_id=image_id, coordinate=coordinate))
    _not_empty(rows)
    return tuple(wanted)


def everything(ids: Sequence[str]) -> tuple[Wanted, ...]:
    """Every coordinate of these images, in the order of the columns."""
    pairs = [(image_id, coordinate) for image_id in ids for coordinate in COORDINATES]
    return tuple(
        Wanted(row_id=str(place), image_id=image_id, coordinate=coordinate)
        for place, (image_id, coordinate) in enumerate(pairs, start=1)
    )


def chosen(faces: Faces, rows: Sequence[int]) -> Faces:
    """Some of the faces, in this order, as if nothing were known of them."""
    size = SIDE * SIDE
    grey = b"".join(faces.grey[row * size : (row + 1) * size] for row in rows)
    ids = [faces.ids[row] for row in rows]
    return Faces(name=faces.name, sha256=faces.sha256, ids=ids, grey=grey, coordinates=array("f"))


def _pixels(rows: Rows, text: str) -> bytes:
    values = text.split()
    if len(values) != SIDE * SIDE:
        raise rows.malformed("Image", f"{len(values)} values", f"{SIDE} x {SIDE} = {SIDE * SIDE} of them")
    # int() takes signs, underscores and digits of other scripts, and none of too many digits.
    if text.isascii() and "".join(values).isdigit():
        with suppress(ValueError):
            return bytes(map(int, values))
    wrong = next(value for value in values if not _is_grey(value))
    raise rows.malformed("Image", wrong, "a whole number from 0 to 255")


def _is_grey(text: str) -> bool:
    # As many digits as 255 has, so that int() refuses none.
    return text.isascii() and text.isdigit() and len(text.lstrip("0")) <= 3 and int(text) <= 255


def _coordinate(rows: Rows, name: str, text: str) -> float:
    if not text.strip():
        return math.nan
    value = number(text)
    if not 0 <= value <= SIDE:
        raise rows.malformed(name, text, f"a number from 0 to {SIDE}, nor empty")
    return value


def _not_empty(rows: Rows) -> None:
    if not rows.count:
        raise DataSetError(f"{rows.name} has a header and no row")
