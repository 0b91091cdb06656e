"""Both formats give the same bytes, and nothing that a file asks for is run."""

import io
import os
import pickle
import tarfile
from pathlib import Path

import numpy as np
import pytest

from tests.unit.workloads.cifar10.made_up import RECORDS, archive, batch, batches, images
from workloads.cifar10.data.formats import PIXELS, TEST, TRAINING, Batch, joined, read_archive
from workloads.result import DataSetError


def test_both_versions_hold_the_same_images() -> None:
    expected = {
        name: Batch(pixels=images(at)[0], classes=images(at)[1]) for at, name in enumerate((*TRAINING, TEST))
    }
    assert read_archive(archive(batches())) == expected
    assert read_archive(archive(batches(suffix=".bin"))) == expected


def test_batches_follow_one_another() -> None:
    found = read_archive(archive(batches()))
    training = joined(found[name] for name in TRAINING)
    assert len(training.classes) == 5 * RECORDS
    assert training.pixels[: RECORDS * PIXELS] == images(0)[0]
    assert training.pixels[-RECORDS * PIXELS :] == images(4)[0]


class Trap:
    """Unpickled by Python's own unpickler, it makes a folder."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (self._path,)


@pytest.mark.parametrize("key", [b"data", b"labels", b"filenames"])
def test_a_pickle_that_would_run_something_is_refused_and_runs_nothing(tmp_path: Path, key: bytes) -> None:
    trapped = batch(*images(0)) | {key: Trap(tmp_path / "made")}
    contents = batches() | {TRAINING[0]: pickle.dumps(trapped, protocol=2)}
    with pytest.raises(
        DataSetError, match=r"a batch asks for posix\.mkdir, which no batch of CIFAR-10 needs"
    ):
        read_archive(archive(contents))
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    ("data", "labels", "complaint"),
    [
        (np.zeros((2, PIXELS), np.float32), [0, 1], "an array of 'f4'"),
        (np.zeros((2, 784), np.uint8), [0, 1], r"shape \(2, 784\)"),
        (np.zeros((2, PIXELS), np.uint8), [0], "1 classes for 2 images"),
        (np.zeros((2, PIXELS), np.uint8), [0, 10], "class 10 of 10"),
        (np.zeros((2, PIXELS), np.uint8), [0, 300], "cannot be read"),
        (np.zeros((2, PIXELS), np.uint8), 10**12, "cannot be read"),
        (np.zeros((0, PIXELS), np.uint8), [], "asks for __builtin__.bytes"),
        (b"no array", [0], "cannot be read"),
        (np.array([[object()]]), [0], "_reconstruct|asks for|array"),
    ],
)
def test_a_batch_of_something_else_is_refused(data: object, labels: object, complaint: str) -> None:
    content = pickle.dumps({b"data": data, b"labels": labels}, protocol=2)
    with pytest.raises(DataSetError, match=complaint):
        read_archive(archive(batches() | {TRAINING[2]: content}))


def test_records_of_another_length_are_refused() -> None:
    contents = batches(suffix=".bin")
    contents["data_batch_3.bin"] = contents["data_batch_3.bin"][:-1]
    with pytest.raises(DataSetError, match="are no records of 3073"):
        read_archive(archive(contents))


def test_an_archive_without_a_batch_names_it() -> None:
    contents = batches()
    del contents["data_batch_4"], contents["test_batch"]
    with pytest.raises(DataSetError, match="it has no data_batch_4, test_batch"):
        read_archive(archive(contents))


@pytest.mark.parametrize("cut", [0, 10, 5000])
def test_what_is_no_whole_archive_is_refused(cut: int) -> None:
    with pytest.raises(DataSetError, match="cannot be unpacked"):
        read_archive(io.BytesIO(archive(batches()).getvalue()[:cut]))


def test_a_file_that_says_it_is_huge_is_not_read() -> None:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as tar:
        member = tarfile.TarInfo("cifar-10-batches-py/data_batch_1")
        member.size = 2**40
        tar.addfile(member)
    file.seek(0)
    with pytest.raises(DataSetError, match="data_batch_1 is too large"):
        read_archive(file)
