"""The data are hashed as they are read; another file is no longer a data set."""

import gzip
import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from workloads.fashion_mnist.data import FILES, FOLDER, check_data, read
from workloads.result import DataSetError, Outcome
from workloads.result.evidence import DataFile

PUBLISHED = tuple(
    DataFile(
        name=file.name,
        split=file.split,
        records=file.records,
        sha256=file.sha256,
        expected_sha256=file.sha256,
    )
    for file in FILES
)


def test_the_published_files_pass() -> None:
    assert check_data(PUBLISHED).outcome is Outcome.PASSED


def test_another_file_fails_by_name() -> None:
    check = check_data((replace(PUBLISHED[0], sha256="0" * 64), *PUBLISHED[1:]))
    assert (check.outcome, check.reason) == (
        Outcome.FAILED,
        "not what was published: train-images-idx3-ubyte.gz",
    )


def test_a_file_that_serves_training_and_test_fails() -> None:
    same = replace(PUBLISHED[2], sha256=PUBLISHED[0].sha256)
    check = check_data((*PUBLISHED[:2], same, PUBLISHED[3]))
    assert check.reason == "a file is read for training and for testing"


def test_what_is_missing_fails() -> None:
    assert check_data(PUBLISHED[:3]).outcome is Outcome.FAILED
    assert check_data(()).outcome is Outcome.FAILED


def test_the_bytes_that_are_read_are_those_that_are_hashed(tmp_path: Path) -> None:
    contents = {file.name: f"not {file.name}".encode() for file in FILES}
    written(tmp_path, contents)
    files, read_bytes = read(tmp_path, nothing_to_fetch)
    assert read_bytes == tuple(contents.values())
    assert [file.sha256 for file in files] == [hashlib.sha256(each).hexdigest() for each in read_bytes]
    assert check_data(files).outcome is Outcome.FAILED


def test_a_file_that_unpacks_to_too_much_is_cut_and_fails(tmp_path: Path) -> None:
    contents = {file.name: bytes(10_100) for file in FILES}
    written(tmp_path, contents)
    files, read_bytes = read(tmp_path, nothing_to_fetch)
    assert len(read_bytes[3]) == FILES[3].bytes + 1
    assert check_data(files).outcome is Outcome.FAILED


@pytest.mark.parametrize(
    "content", [b"no gzip", gzip.compress(b"cut off", mtime=0)[:-9]], ids=["no gzip", "cut off"]
)
def test_a_file_that_cannot_be_unpacked_is_a_data_set_error(tmp_path: Path, content: bytes) -> None:
    written(tmp_path, {file.name: b"" for file in FILES})
    (tmp_path / FOLDER / FILES[1].name).write_bytes(content)
    with pytest.raises(DataSetError, match=r"train-labels-idx1-ubyte\.gz"):
        read(tmp_path, nothing_to_fetch)


def written(home: Path, contents: dict[str, bytes]) -> None:
    folder = home / FOLDER
    folder.mkdir(parents=True)
    for name, content in contents.items():
        (folder / name).write_bytes(gzip.compress(content))


def nothing_to_fetch(name: str, origin: str, home: Path) -> object:
    raise AssertionError(f"{name} was to be fetched from {origin} to {home}")
