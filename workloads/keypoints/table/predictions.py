"""Predictions in the format of IdLookupTable.csv, whose first and last column are what Kaggle takes as a submission."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from workloads.keypoints.table.data import LOOKUP_COLUMNS, Wanted
from workloads.tables.place import Opened
from workloads.tables.rows import Rows

LOOKUP, SUBMISSION = "predictions.csv", "submission.csv"
COLUMNS = {LOOKUP: LOOKUP_COLUMNS, SUBMISSION: ("RowId", "Location")}
"""By file. Kaggle takes the second; the first says of what each row is."""


def write(path: Path, name: str, wanted: Sequence[Wanted], given: Mapping[tuple[str, str], float]) -> None:
    """A row for each coordinate that is asked for, in their order.

    Args:
        path: where it goes.
        name: which of the files it is to be.
        wanted: what is asked for.
        given: pixels by image and coordinate.

    Raises:
        OSError: it cannot be written.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS[name])
        for asked in wanted:
            place = f"{given[asked.image_id, asked.coordinate]:.5f}"
            about = (asked.image_id, asked.coordinate) if name == LOOKUP else ()
            writer.writerow([asked.row_id, *about, place])


def read(path: Path) -> list[tuple[str, float]]:
    """RowId and Location of each row, as they stand in the file.

    Raises:
        DataSetError: it is malformed.
    """
    with path.open("rb") as stream:
        rows = Rows(Opened(name=path.name, stream=stream), COLUMNS[path.name])
        return [(cells[0], _place(rows, cells[-1])) for cells in rows]


def _place(rows: Rows, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise rows.malformed("Location", text, "a number") from None
