"""The Otto tables, as Kaggle's Otto Group Product Classification Challenge has them. Needs no NumPy to read them.

train.csv has id, feat_1 to feat_93 and target (Class_1 to Class_9); test.csv has no target; sampleSubmission.csv has id and a column
for each class.
"""

import csv
import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from workloads.result import DataSetError
from workloads.tables.place import Opened, Opener
from workloads.tables.rows import Rows, is_plain
from workloads.tables.rows import number as worth

Array: TypeAlias = Any
"""NumPy's, which comes with the training environment and is not there where types are checked."""

FOLDER = "otto"
"""Below Keras' `datasets`."""
TRAINING, NEW, SAMPLE = "train.csv", "test.csv", "sampleSubmission.csv"
FEATURES = tuple(f"feat_{number}" for number in range(1, 94))
CLASSES = tuple(f"Class_{number}" for number in range(1, 10))
SUBMISSION = ("id", *CLASSES)
MOST = 2**24
"""The highest count that is taken: up to here float32 has every whole number."""
_NUMBER_OF = {name: number for number, name in enumerate(CLASSES)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Products:
    """Rows of one table, in the file's order."""

    name: str
    sha256: str
    ids: Sequence[str]
    counts: "array[float]"
    """Row after row, 93 each, float32."""
    classes: "array[int]"
    """0 to 8, uint8; empty in a table without target."""

    @property
    def features(self) -> Array:
        """The counts as NumPy's float32 of n x 93, without a copy."""
        import numpy as np

        return np.frombuffer(self.counts, np.float32).reshape(-1, len(FEATURES))

    @property
    def targets(self) -> Array:
        """The classes as NumPy's uint8."""
        import numpy as np

        return np.frombuffer(self.classes, np.uint8)


def read_training(open_table: Opener) -> Products:
    """The table that is learnt from.

    Raises:
        DataSetError: it is not there, or malformed.
    """
    with open_table(TRAINING) as opened:
        if opened is None:
            raise DataSetError(f"there is no {TRAINING}, nor a gz or zip of it")
        return _read(Rows(opened, ("id", *FEATURES, "target")), labelled=True)


def read_new(open_table: Opener) -> Products | None:
    """The rows whose classes are asked for; None where there is no such table.

    Raises:
        DataSetError: it is malformed.
    """
    with open_table(NEW) as opened:
        return None if opened is None else _read(Rows(opened, ("id", *FEATURES)), labelled=False)


def read_sample(open_table: Opener) -> tuple[str, ...] | None:
    """The ids that a submission has to have, in their order; None where there is no sample.

    Raises:
        DataSetError: it is malformed.
    """
    with open_table(SAMPLE) as opened:
        if opened is None:
            return None
        rows, line_of = Rows(opened, SUBMISSION), dict[str, int]()
        return tuple(rows.only("id", cells[0], line_of) for cells in rows)


def ordered(products: Products, ids: Sequence[str] | None) -> tuple[Sequence[str], Array]:
    """Ids and features of the products, in the order in which they are asked for; in the table's own where nobody asks.

    Raises:
        DataSetError: the table has other ids.
    """
    if ids is None or list(ids) == list(products.ids):
        return products.ids, products.features
    row_of = {number: row for row, number in enumerate(products.ids)}
    if len(ids) != len(row_of) or set(ids) != row_of.keys():
        other = next((number for number in ids if number not in row_of), None)
        lacking = f"id {other} is only asked for" if other is not None else "not the same ones"
        raise DataSetError(
            f"{SAMPLE} asks for {len(ids)} ids, and {products.name} has {len(row_of)}: {lacking}"
        )
    return ids, products.features[[row_of[number] for number in ids]]


def write_submission(path: Path, ids: Sequence[str], shares: Array) -> None:
    """A row for each id, in their order, as Kaggle takes it. Nine digits: as many as float32 has.

    Args:
        path: where it goes.
        ids: of the rows.
        shares: NumPy's, a row of nine for each id.

    Raises:
        OSError: it cannot be written.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(SUBMISSION)
        for number, row in zip(ids, shares.tolist(), strict=True):
            writer.writerow([number, *(f"{share:.9f}" for share in row)])


def read_submission(path: Path) -> tuple[tuple[str, ...], list[list[float]]]:
    """The ids and shares of a submission, as they stand in the file.

    Raises:
        DataSetError: it is malformed.
    """
    with path.open("rb") as stream:
        rows = Rows(Opened(name=path.name, stream=stream), SUBMISSION)
        ids, shares = [], []
        for cells in rows:
            ids.append(cells[0])
            shares.append(
                [_number(rows, name, cell, 1) for name, cell in zip(CLASSES, cells[1:], strict=True)]
            )
    return tuple(ids), shares


def _read(rows: Rows, *, labelled: bool) -> Products:
    ids, counts, classes = [], array("f"), array("B")
    line_of: dict[str, int] = {}
    for cells in rows:
        ids.append(rows.only("id", cells[0], line_of))
        values = cells[1:-1] if labelled else cells[1:]
        try:
            numbers = [float(value) for value in values] if is_plain("".join(values)) else [math.nan]
        except ValueError:
            numbers = [math.nan]
        # One comparison for the whole row; which cell it is, is looked for only where one is wrong. NaN compares as false.
        if not (min(numbers) >= 0 and max(numbers) <= MOST and not math.isnan(sum(numbers))):
            for name, value in zip(FEATURES, values, strict=True):
                _number(rows, name, value, MOST)
        counts.extend(numbers)
        if labelled:
            if cells[-1] not in _NUMBER_OF:
                raise rows.malformed("target", cells[-1], f"one of {CLASSES[0]} to {CLASSES[-1]}")
            classes.append(_NUMBER_OF[cells[-1]])
    if not ids:
        raise DataSetError(f"{rows.name} has a header and no row")
    return Products(name=rows.name, sha256=rows.sha256, ids=ids, counts=counts, classes=classes)


def _number(rows: Rows, name: str, value: str, most: int) -> float:
    number = worth(value)
    if not 0 <= number <= most:
        raise rows.malformed(name, value, f"a number from 0 to {most}")
    return number
