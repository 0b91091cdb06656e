"""Rows are hashed as they are read, and what is malformed is named by file, line and column."""

import gzip
import hashlib
import io

import pytest

from workloads.result import DataSetError
from workloads.tables.place import Opened
from workloads.tables.rows import LONGEST_LINE, Rows

HEADER = ("id", "feat_1", "target")


def test_the_bytes_that_are_read_are_those_that_are_hashed() -> None:
    content = b'id,feat_1,target\r\n1,2,Class_1\r\n\r\n"2",3,Class_2\r\n'
    rows = read(content)
    assert list(rows) == [["1", "2", "Class_1"], ["2", "3", "Class_2"]]
    assert (rows.count, rows.sha256) == (2, hashlib.sha256(content).hexdigest())


def test_a_byte_order_mark_is_no_part_of_the_header() -> None:
    assert list(read(b"\xef\xbb\xbfid,feat_1,target\n1,2,3\n")) == [["1", "2", "3"]]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "train.csv is empty"),
        (b"id,feat_1\n1,2\n", "train.csv, line 1: 2 columns, and there should be 3: id to target"),
        (b"id,feat_2,target\n", "train.csv, line 1, column 2: 'feat_2', and it should be 'feat_1'"),
        (b"id,feat_1,target\n1,2,3\n1,2\n", "train.csv, line 3: 2 cells, and the header has 3 columns"),
        (b"id,feat_1,target\n1,2,3\n1,\xff,3\n", "train.csv, line 3: it is not UTF-8 text"),
        (b'id,feat_1,target\n1,"2,3\n', "train.csv, line 2: unexpected end of data"),
        (b"id,feat_1,target\n1,2," + b"3" * LONGEST_LINE, "train.csv, line 2: longer than 1,048,576 bytes"),
    ],
)
def test_what_is_malformed_is_named_by_line_and_column(content: bytes, complaint: str) -> None:
    with pytest.raises(DataSetError) as refused:
        list(read(content))
    assert str(refused.value) == complaint


def test_a_cell_is_named_with_what_was_seen_and_what_was_wanted() -> None:
    rows = read(b"id,feat_1,target\n1,2,Class_1\n2,many,Class_1\n")
    list(rows)
    assert (
        str(rows.malformed("feat_1", "many", "a number"))
        == "train.csv, line 3, column feat_1: 'many' is not a number"
    )


def test_a_long_cell_is_shown_in_part() -> None:
    rows = read(b"id,feat_1,target\n")
    assert "'" + "9" * 40 + "…' is not" in str(rows.malformed("feat_1", "9" * 10_000, "a number"))


def test_a_file_that_is_cut_off_is_named_with_the_line_before() -> None:
    content = gzip.compress(b"id,feat_1,target\n" + b"1,2,3\n" * 5000)[:-20]
    with pytest.raises(DataSetError, match=r"train\.csv cannot be read after line \d+: "):
        list(
            Rows(
                Opened(
                    name="train.csv", stream=io.BufferedReader(gzip.GzipFile(fileobj=io.BytesIO(content)))
                ),
                HEADER,
            )
        )


def read(content: bytes) -> Rows:
    return Rows(Opened(name="train.csv", stream=io.BytesIO(content)), HEADER)
