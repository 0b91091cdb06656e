"""A table is found however Kaggle, or a person, packed it; what is damaged is named."""

import gzip
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from workloads.result import DataSetError
from workloads.tables.place import opener
from workloads.tables.rows import Rows

CONTENT = b"id,feat_1\n1,2\n"


def zipped(**files: bytes) -> bytes:
    """A zip with these files; `train_csv` is train.csv."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("_", "."), content)
    return stream.getvalue()


PACKED: dict[str, tuple[str, bytes]] = {
    "as it is": ("train.csv", CONTENT),
    "gzipped": ("train.csv.gz", gzip.compress(CONTENT)),
    "zipped alone": ("train.csv.zip", zipped(train_csv=CONTENT)),
    "zipped under its stem": ("train.zip", zipped(train_csv=CONTENT)),
    "zipped with others": ("otto.zip", zipped(test_csv=b"id\n", train_csv=CONTENT)),
    "in a zip within a zip": ("otto.zip", zipped(train_zip=zipped(train_csv=CONTENT))),
    "gzipped within a zip": ("otto.zip", zipped(train_csv_gz=gzip.compress(CONTENT))),
}


@pytest.mark.parametrize(("name", "content"), PACKED.values(), ids=PACKED)
def test_a_table_is_found_in_a_folder_however_it_is_packed(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert read(tmp_path, "train.csv") == CONTENT


@pytest.mark.parametrize(("name", "content"), PACKED.values(), ids=PACKED)
def test_a_table_is_found_in_its_file_whatever_that_is_called(
    tmp_path: Path, name: str, content: bytes
) -> None:
    del name
    (tmp_path / "download").write_bytes(content)
    assert read(tmp_path / "download", "train.csv") == CONTENT


def test_a_file_that_is_one_table_is_no_other(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_bytes(CONTENT)
    assert read(tmp_path / "train.csv", "test.csv") is None


def test_a_table_that_is_not_there_is_none(tmp_path: Path) -> None:
    (tmp_path / "otto.zip").write_bytes(zipped(train_csv=CONTENT))
    assert read(tmp_path, "test.csv") is None
    assert read(tmp_path / "otto.zip", "test.csv") is None


def test_copies_that_macos_puts_beside_are_no_tables(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "otto.zip", "w") as archive:
        archive.writestr("otto/train.csv", CONTENT)
        archive.writestr("__MACOSX/otto/train.csv", b"\0\5\26\7")
    assert read(tmp_path / "otto.zip", "train.csv") == CONTENT


def test_zips_within_zips_come_to_an_end(tmp_path: Path) -> None:
    content = zipped(train_csv=CONTENT)
    for _ in range(6):
        content = zipped(train_zip=content)
    (tmp_path / "train.zip").write_bytes(content)
    assert read(tmp_path, "train.csv") is None


@pytest.mark.parametrize(
    "damage", [lambda whole: whole[:40], lambda whole: b"PK\3\4 no zip"], ids=["cut off", "no zip"]
)
def test_a_damaged_zip_is_named(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    (tmp_path / "otto.zip").write_bytes(damage(zipped(train_csv=CONTENT)))
    with pytest.raises(DataSetError, match="cannot be read: File is not a zip file"):
        read(tmp_path / "otto.zip", "train.csv")


def test_a_damaged_member_is_named_however_it_is_packed(tmp_path: Path) -> None:
    for method in (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", method) as archive:
            archive.writestr("train.csv", CONTENT * 100)
        whole = bytearray(stream.getvalue())
        # Behind the headers and the decoder's own properties.
        whole[52:72] = bytes(20)
        (tmp_path / "otto.zip").write_bytes(whole)
        with pytest.raises(DataSetError, match=r"train\.csv cannot be read|otto\.zip cannot be read"):
            table(tmp_path / "otto.zip")


def table(place: Path) -> None:
    """Reads it row by row."""
    with opener(place, "train.csv")("train.csv") as opened:
        assert opened is not None
        for _ in Rows(opened, ("id", "feat_1")):
            pass


def read(place: Path, name: str) -> bytes | None:
    with opener(place, "train.csv")(name) as opened:
        return None if opened is None else opened.stream.read()
