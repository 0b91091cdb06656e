"""Facial Keypoints Detection in Kaggle's format, with points that are unknown, as it is read and as predictions are written."""

import math
from pathlib import Path

import numpy as np
import pytest

from tests.unit.workloads.asked_of_tables import csv_of, opened
from workloads.keypoints.table import predictions
from workloads.keypoints.table.data import (
    COORDINATES,
    LOOKUP_COLUMNS,
    SIDE,
    Wanted,
    chosen,
    everything,
    read_lookup,
    read_new,
    read_training,
)
from workloads.keypoints.table.synthetic import ALWAYS_KNOWN, PLACES, make_up
from workloads.result import DataSetError
from workloads.tables.place import opener_of

PIXELS = [number % 256 for number in range(SIDE * SIDE)]
GREY = " ".join(map(str, PIXELS))
POINTS = [float(number) for number in range(30)]


def test_coordinates_and_pixels_are_those_of_the_file_row_by_row() -> None:
    faces = read_training(opened(training=training([*POINTS, GREY], [*[""] * 28, 66.0336, 39.0023, GREY])))
    assert (faces.images.dtype, faces.images.shape) == (np.uint8, (2, 96, 96, 1))
    assert faces.images[1, 1, 0, 0] == 96
    assert faces.targets[0].tolist() == POINTS
    assert np.isnan(faces.targets[1, :28]).all()
    assert faces.targets[1, 28:].tolist() == pytest.approx([66.0336, 39.0023])
    assert faces.ids == ["1", "2"]


def test_the_columns_are_kaggles_in_kaggles_order() -> None:
    assert COORDINATES[:4] == (
        "left_eye_center_x",
        "left_eye_center_y",
        "right_eye_center_x",
        "right_eye_center_y",
    )
    assert (len(COORDINATES), COORDINATES[-1]) == (30, "mouth_center_bottom_lip_y")


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        (["x", *POINTS[1:], GREY], "column left_eye_center_x: 'x' is not a number from 0 to 96, nor empty"),
        ([*POINTS[:-1], 96.5, GREY], "column mouth_center_bottom_lip_y: '96.5' is not a number"),
        ([*POINTS[:-1], "nan", GREY], "column mouth_center_bottom_lip_y: 'nan' is not a number"),
        ([*POINTS, "0 1 2"], "column Image: '3 values' is not 96 x 96 = 9216 of them"),
        ([*POINTS, GREY + " 0"], "column Image: '9217 values' is not 96 x 96 = 9216 of them"),
        ([*POINTS, GREY.replace("255", "256", 1)], "column Image: '256' is not a whole number from 0 to 255"),
        ([*POINTS, GREY.replace("17 ", "-1 ", 1)], "column Image: '-1' is not a whole number"),
        ([*POINTS, GREY.replace("17 ", "1.5 ", 1)], "column Image: '1.5' is not a whole number"),
        ([*POINTS, GREY.replace("17 ", "1_7 ", 1)], "column Image: '1_7' is not a whole number"),
        ([*POINTS, GREY.replace("17 ", "\u00b2 ", 1)], "column Image: '\u00b2' is not a whole number"),
        ([*POINTS, GREY.replace("17 ", "9" * 5000 + " ", 1)], f"column Image: '{'9' * 40}…' is not a whole"),
        (["\u0663", *POINTS[1:], GREY], "column left_eye_center_x: '\u0663' is not a number"),
    ],
)
def test_a_cell_that_cannot_be_is_named_by_its_place(row: list[object], complaint: str) -> None:
    with pytest.raises(DataSetError) as refused:
        read_training(opened(training=training([*POINTS, GREY], row)))
    assert str(refused.value).startswith(f"made-up training.csv, line 3, {complaint}")


def test_a_table_that_is_missing_or_empty_is_told() -> None:
    with pytest.raises(DataSetError, match=r"there is no training\.csv"):
        read_training(opened())
    with pytest.raises(DataSetError, match="has a header and no row"):
        read_training(opened(training=training()))
    assert read_new(opened()) is None


def test_what_is_asked_for_stands_in_the_lookup_table() -> None:
    tables = {
        "test": csv_of(("ImageId", "Image"), [1, GREY], [2, GREY]),
        "IdLookupTable": csv_of(LOOKUP_COLUMNS, [1, 2, "nose_tip_x", ""], [2, 1, "left_eye_center_y", "?"]),
    }
    faces = read_new(opened(**tables))
    assert faces is not None
    assert read_lookup(opened(**tables), faces) == (
        Wanted(row_id="1", image_id="2", coordinate="nose_tip_x"),
        Wanted(row_id="2", image_id="1", coordinate="left_eye_center_y"),
    )


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        (
            [1, 1, "left_ear_x", ""],
            "line 2, column FeatureName: 'left_ear_x' is not one of left_eye_center_x",
        ),
        ([1, 7, "nose_tip_x", ""], r"line 2, column ImageId: '7' is not an image of made-up test\.csv"),
    ],
)
def test_a_lookup_table_that_asks_for_what_is_not_there_is_told(row: list[object], complaint: str) -> None:
    tables = {"test": csv_of(("ImageId", "Image"), [1, GREY]), "IdLookupTable": csv_of(LOOKUP_COLUMNS, row)}
    faces = read_new(opened(**tables))
    assert faces is not None
    with pytest.raises(DataSetError, match=complaint):
        read_lookup(opened(**tables), faces)


def test_an_image_and_a_row_that_are_asked_for_are_there_once() -> None:
    twice = csv_of(("ImageId", "Image"), [1, GREY], [1, GREY])
    with pytest.raises(
        DataSetError, match="line 3, column ImageId: '1' is not an id of its own: line 2 has it"
    ):
        read_new(opened(test=twice))
    tables = {
        "test": csv_of(("ImageId", "Image"), [1, GREY]),
        "IdLookupTable": csv_of(LOOKUP_COLUMNS, [1, 1, "nose_tip_x", ""], [1, 1, "nose_tip_y", ""]),
    }
    faces = read_new(opened(**tables))
    assert faces is not None
    with pytest.raises(DataSetError, match="line 3, column RowId: '1' is not an id of its own"):
        read_lookup(opened(**tables), faces)


def test_without_a_lookup_table_every_coordinate_is_asked_for() -> None:
    faces = read_new(opened(test=csv_of(("ImageId", "Image"), [5, GREY])))
    assert faces is not None
    wanted = read_lookup(opened(), faces)
    assert wanted == everything(["5"])
    assert [asked.coordinate for asked in wanted] == list(COORDINATES)
    assert (wanted[-1].row_id, wanted[-1].image_id) == ("30", "5")


def test_chosen_faces_keep_their_pixels_and_ids_and_lose_their_points() -> None:
    faces = read_training(opened(training=training([*POINTS, GREY], [*POINTS, " ".join(["9"] * SIDE**2)])))
    one = chosen(faces, [1])
    assert (one.ids, len(one.coordinates)) == (["2"], 0)
    assert (one.images == faces.images[1:]).all()


@pytest.mark.parametrize("name", predictions.COLUMNS)
def test_predictions_are_read_back_as_they_were_written(tmp_path: Path, name: str) -> None:
    wanted = everything(["5"])
    given = {("5", coordinate): number + 0.125 for number, coordinate in enumerate(COORDINATES)}
    predictions.write(tmp_path / name, name, wanted, given)
    rows = predictions.read(tmp_path / name)
    assert rows == [(str(number), number - 1 + 0.125) for number in range(1, 31)]


def test_the_submission_has_the_two_columns_that_kaggle_takes(tmp_path: Path) -> None:
    wanted = (Wanted(row_id="9", image_id="5", coordinate="nose_tip_x"),)
    for name in predictions.COLUMNS:
        predictions.write(tmp_path / name, name, wanted, {("5", "nose_tip_x"): 48.5})
    assert (tmp_path / "submission.csv").read_text(encoding="utf-8") == "RowId,Location\n9,48.50000\n"
    assert (tmp_path / "predictions.csv").read_text(encoding="utf-8") == (
        "RowId,ImageId,FeatureName,Location\n9,5,nose_tip_x,48.50000\n"
    )


def test_made_up_faces_have_the_real_format_and_follow_from_the_seed() -> None:
    made, same, other = make_up(20, 1), make_up(20, 1), make_up(20, 2)
    assert made == same != other
    faces, new = read_training(opener_of(made)), read_new(opener_of(made))
    assert new is not None
    assert (len(faces.ids), len(new.ids)) == (20, 4)
    assert len(read_lookup(opener_of(made), new)) == 4 * 30
    known = ~np.isnan(faces.targets)
    always = [coordinate.rpartition("_")[0] in ALWAYS_KNOWN for coordinate in COORDINATES]
    assert known[:, always].all()
    assert 0 < known[:, [not each for each in always]].mean() < 1


def test_the_points_of_made_up_faces_are_where_something_was_drawn() -> None:
    """An eye's middle is dark, and the skin above it is not."""
    faces = read_training(opener_of(make_up(20, 3)))
    eye = COORDINATES.index("left_eye_center_x")
    for image, (x, y) in zip(faces.images[..., 0], faces.targets[:, eye : eye + 2], strict=True):
        dark, bright = (image[round(float(y)) - above, round(float(x))] for above in (0, 5))
        assert dark < 85
        assert bright > 130
    assert not any(math.isnan(place) for pair in PLACES.values() for place in pair)


def training(*rows: list[object]) -> bytes:
    return csv_of((*COORDINATES, "Image"), *rows)
