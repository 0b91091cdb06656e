"""The Otto tables in Kaggle's format, as they are read and as a submission is written."""

import io
import math
from pathlib import Path

import numpy as np
import pytest

from tests.unit.workloads.asked_of_tables import csv_of, opened, otto_training, product
from workloads.otto.table.data import (
    CLASSES,
    FEATURES,
    SUBMISSION,
    ordered,
    read_new,
    read_sample,
    read_submission,
    read_training,
    write_submission,
)
from workloads.otto.table.synthetic import make_up
from workloads.result import DataSetError
from workloads.tables.place import opener_of

EVEN = [1 / 9] * 9


def test_counts_and_classes_are_those_of_the_file() -> None:
    table = read_training(
        opened(train=otto_training(product(1, target="Class_1"), product(7, target="Class_9", first=263)))
    )
    assert (table.ids, table.targets.tolist()) == (["1", "7"], [0, 8])
    assert (table.features.dtype, table.features.shape) == (np.float32, (2, 93))
    assert table.features[:, 0].tolist() == [1.0, 263.0]
    assert table.targets.dtype == np.uint8


def test_a_table_without_targets_is_read_for_its_counts() -> None:
    new = read_new(opened(test=csv_of(("id", *FEATURES), product(1, first=5))))
    assert new is not None
    assert (new.ids, new.features[0, 0]) == (["1"], 5)
    assert read_new(opened()) is None


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        (
            product(1, target="Class_1", first="many"),
            "column feat_1: 'many' is not a number from 0 to 16777216",
        ),
        (product(1, target="Class_1", first=""), "column feat_1: '' is not a number"),
        (product(1, target="Class_1", first=-3), "column feat_1: '-3' is not a number"),
        (product(1, target="Class_1", first="nan"), "column feat_1: 'nan' is not a number"),
        (product(1, target="Class_1", first="inf"), "column feat_1: 'inf' is not a number"),
        (product(1, target="Class_1", first=2**24 + 1), "column feat_1: '16777217' is not a number"),
        (product(1, target="Class_10"), "column target: 'Class_10' is not one of Class_1 to Class_9"),
    ],
)
def test_a_cell_that_cannot_be_is_named_by_its_place(row: list[object], complaint: str) -> None:
    content = otto_training(product(2, target="Class_1"), row)
    with pytest.raises(DataSetError) as refused:
        read_training(opened(train=content))
    assert str(refused.value).startswith(f"made-up train.csv, line 3, {complaint}")


@pytest.mark.parametrize("text", ["1_0", "\u0663", "\u00b2"])
def test_what_python_alone_takes_for_a_number_is_none(text: str) -> None:
    with pytest.raises(DataSetError, match=r"column feat_1: .* is not a number from 0 to"):
        read_training(opened(train=otto_training(product(1, target="Class_1", first=text))))


def test_an_id_is_there_and_there_once() -> None:
    twice = (product(7, target="Class_1"), product(8, target="Class_2"), product(7, target="Class_1"))
    with pytest.raises(
        DataSetError, match="line 4, column id: '7' is not an id of its own: line 2 has it, too"
    ):
        read_training(opened(train=otto_training(*twice)))
    with pytest.raises(DataSetError, match=r"test\.csv, line 3, column id: '1' is not an id of its own"):
        read_new(opened(test=csv_of(("id", *FEATURES), product(1), product(1))))
    with pytest.raises(
        DataSetError, match=r"sampleSubmission\.csv, line 3, column id: '1' is not an id of its"
    ):
        read_sample(opened(sampleSubmission=csv_of(SUBMISSION, [1, *EVEN], [1, *EVEN])))
    with pytest.raises(DataSetError, match="line 2, column id: '' is not an id"):
        read_new(opened(test=csv_of(("id", *FEATURES), ["", *product(1)[1:]])))


def test_a_wrong_cell_in_the_middle_of_a_row_is_the_one_that_is_named() -> None:
    row = product(1, target="Class_1")
    row[51] = "x"
    with pytest.raises(DataSetError, match="column feat_51: 'x'"):
        read_training(opened(train=otto_training(row)))


@pytest.mark.parametrize(
    ("tables", "complaint"),
    [
        ({}, "there is no train.csv, nor a gz or zip of it"),
        ({"train": csv_of(("id", *FEATURES, "target"))}, "has a header and no row"),
    ],
)
def test_a_table_that_is_missing_or_empty_is_told(tables: dict[str, bytes], complaint: str) -> None:
    with pytest.raises(DataSetError, match=complaint):
        read_training(opened(**tables))


def test_new_rows_are_put_in_the_order_that_the_sample_asks_for() -> None:
    new = read_new(opened(test=csv_of(("id", *FEATURES), product(1, first=1), product(2, first=2))))
    assert new is not None
    sample = read_sample(opened(sampleSubmission=csv_of(SUBMISSION, [2, *EVEN], [1, *EVEN])))
    ids, features = ordered(new, sample)
    assert (list(ids), features[:, 0].tolist()) == (["2", "1"], [2.0, 1.0])
    assert ordered(new, None)[0] == ["1", "2"]


@pytest.mark.parametrize("ids", [("1", "3"), ("1",), ("1", "1")])
def test_a_sample_that_asks_for_other_rows_is_told(ids: tuple[str, ...]) -> None:
    new = read_new(opened(test=csv_of(("id", *FEATURES), product(1), product(2))))
    assert new is not None
    with pytest.raises(DataSetError, match=r"sampleSubmission\.csv"):
        ordered(new, ids)


def test_a_submission_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "submission.csv"
    write_submission(path, ["5", "4"], np.array([EVEN, [1, *[0] * 8]], np.float32))
    assert path.read_text(encoding="utf-8").splitlines()[0] == f"id,{','.join(CLASSES)}"
    ids, shares = read_submission(path)
    assert ids == ("5", "4")
    assert np.abs(np.array(shares) - [EVEN, [1, *[0] * 8]]).max() < 1e-8


def test_a_submission_with_a_share_above_one_is_told(tmp_path: Path) -> None:
    path = tmp_path / "submission.csv"
    path.write_bytes(csv_of(SUBMISSION, [1, 1.5, *[0] * 8]))
    with pytest.raises(DataSetError, match=r"submission\.csv, line 2, column Class_1: '1.5' is not a number"):
        read_submission(path)


def test_made_up_tables_have_the_real_format_and_follow_from_the_seed() -> None:
    made, same, other = make_up(60, 1), make_up(60, 1), make_up(60, 2)
    assert made == same != other
    table, new = read_training(opener_of(made)), read_new(opener_of(made))
    assert new is not None
    assert (len(table.ids), len(new.ids)) == (60, 12)
    assert read_sample(opener_of(made)) == tuple(new.ids)
    assert len(set(table.targets.tolist())) == 9


def test_made_up_rows_can_be_learnt_from() -> None:
    """A class is known by the logarithms that its rows have in the mean: no network is needed to see that."""
    table = read_training(opener_of(make_up(900, 1)))
    logarithms, targets = np.log1p(table.features), table.targets
    means = np.array([logarithms[:600][targets[:600] == number].mean(axis=0) for number in range(9)])
    distances = ((logarithms[600:, None] - means) ** 2).sum(axis=2)
    assert (distances.argmin(axis=1) == targets[600:]).mean() > 0.7


def test_a_large_count_keeps_its_value_in_float32() -> None:
    table = read_training(opened(train=otto_training(product(1, target="Class_1", first=2**24))))
    assert math.isclose(float(table.features[0, 0]), 2**24, rel_tol=0)
    assert io.BytesIO(table.counts.tobytes()).getbuffer().nbytes == 93 * 4
