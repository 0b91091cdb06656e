"""Broken tables, each with the place and what to write."""

import shutil
from pathlib import Path

import pytest

from orchestrator.catalog import CatalogError
from orchestrator.catalog.catalog import DATA, load_from
from orchestrator.catalog.reader import read
from orchestrator.catalog.rows import Distribution, Gpu

HEADER = (
    "gpu,aliases,architecture,compute_capability,memory_mib,first_branch,newest_branch,nvswitch_from,host,source,"
    "confidence,note\n"
)
ROW = "Tesla K80,k80,Kepler,3.7,12288,390,,,x86_64,a book,high,\n"


def table(folder: Path, text: str) -> Path:
    path = folder / "gpus.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_row_becomes_a_value_with_types(tmp_path: Path) -> None:
    (gpu,) = read(Gpu, table(tmp_path, HEADER + ROW))
    assert (gpu.aliases, gpu.compute_capability, gpu.memory_mib, gpu.nvswitch_from) == (
        ("k80",),
        (3, 7),
        12288,
        0,
    )


@pytest.mark.parametrize(
    ("row", "cause", "hint"),
    [
        (
            ROW.replace("3.7", "old"),
            "gpus.csv:2: compute_capability is 'old'",
            "write a compute capability such as 8.6",
        ),
        (ROW.replace("12288", "12 GB"), "gpus.csv:2: memory_mib is '12 GB'", "write a whole number"),
        (ROW.replace("high", "sure"), "gpus.csv:2: confidence is 'sure'", "write one of high, medium, low"),
        (ROW.replace("a book", ""), "gpus.csv:2: source is empty", "write text without space around it"),
        (
            ROW.replace("a book", " a book"),
            "gpus.csv:2: source is ' a book'",
            "write text without space around it",
        ),
        ("Tesla K80,k80\n", "gpus.csv:2: 2 cells for 12 columns", "quote what holds a comma"),
        (ROW + 'Tesla M40,"m40', "gpus.csv: unexpected end of data", "close the quotes"),
    ],
)
def test_a_broken_row_is_named_by_file_line_and_column(
    tmp_path: Path, row: str, cause: str, hint: str
) -> None:
    with pytest.raises(CatalogError) as raised:
        read(Gpu, table(tmp_path, HEADER + row))
    assert (raised.value.cause, raised.value.hint) == (cause, hint)


def test_other_columns_than_the_fields_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match=r"gpus\.csv:1: the columns are gpu"):
        read(Distribution, table(tmp_path, HEADER + ROW))


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    shutil.copytree(DATA, tmp_path, dirs_exist_ok=True)
    (tmp_path / "cudnn.csv").unlink()
    with pytest.raises(CatalogError, match=r"cudnn\.csv cannot be read"):
        load_from(tmp_path)
