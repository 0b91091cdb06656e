"""Fashion-MNIST from the files where Keras keeps them: the bytes that are hashed are the bytes that are trained on."""

import gzip
import hashlib
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from workloads.decoding import named
from workloads.result import Check, DataSetError, check
from workloads.result.evidence import DataFile

Array: TypeAlias = Any
"""NumPy's, which comes with the training environment and is not there where types are checked."""

TRAINING_IMAGES = 60_000
TEST_IMAGES = 10_000
FOLDER = "datasets/fashion-mnist"
ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
SHARED_HOME = Path("/tmp/.keras")  # noqa: S108  Keras' own second place; what lies there is verified like everything else
_FETCH_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    name: str
    split: str
    records: int
    bytes: int
    """Unpacked."""
    sha256: str
    """Of the unpacked file, as in role datasets."""


FILES = (
    _Known(
        name="train-images-idx3-ubyte.gz",
        split="training",
        records=TRAINING_IMAGES,
        bytes=47_040_016,
        sha256="c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    ),
    _Known(
        name="train-labels-idx1-ubyte.gz",
        split="training",
        records=TRAINING_IMAGES,
        bytes=60_008,
        sha256="bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    ),
    _Known(
        name="t10k-images-idx3-ubyte.gz",
        split="test",
        records=TEST_IMAGES,
        bytes=7_840_016,
        sha256="5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    ),
    _Known(
        name="t10k-labels-idx1-ubyte.gz",
        split="test",
        records=TEST_IMAGES,
        bytes=10_008,
        sha256="0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    ),
)
_IMAGES_HEADER, _LABELS_HEADER = 16, 8
"""Bytes before the data in an IDX file of three dimensions and of one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Images:
    """Grey images, uint8 of n x 28 x 28 x 1, and their classes, 0..9."""

    pixels: Array
    classes: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """What is learnt from, and what is only tested on."""

    training: Images
    test: Images


def read(
    home: Path, fetch: Callable[[str, str, Path], object]
) -> tuple[tuple[DataFile, ...], tuple[bytes, ...]]:
    """The four files, unpacked, and what they are.

    Args:
        home: Keras' folder, usually ~/.keras.
        fetch: Keras' own way to a missing file: its name, its address, and the folder to put `datasets` into;
            returns where it is.

    Raises:
        DataSetError: a file is not there and cannot be fetched, or cannot be unpacked.
    """
    contents = tuple(_unpacked(known, home, fetch) for known in FILES)
    return tuple(_described(known, content) for known, content in zip(FILES, contents, strict=True)), contents


def fetch(name: str, origin: str, home: Path) -> object:
    """Keras' own way to a missing file, for `read`."""
    import keras

    return keras.utils.get_file(name, origin=origin, cache_dir=str(home), cache_subdir=FOLDER)


def check_data(files: Sequence[DataFile]) -> Check:
    """Every file is the one that its authors published, and training and test share none."""
    wrong = [file.name for file in files if file.sha256 != file.expected_sha256]
    digests = {
        split: {file.sha256 for file in files if file.split == split} for split in ("training", "test")
    }
    reason = f"not what was published: {', '.join(wrong)}" if wrong else ""
    if digests["training"] & digests["test"]:
        reason = "a file is read for training and for testing"
    elif len(files) < len(FILES):
        reason = f"only {len(files)} files were read"
    counts = {
        split: max((file.records for file in files if file.split == split), default=0) for split in digests
    }
    return check(
        "data_verified",
        reason,
        seen=f"{counts['training']} training and {counts['test']} test images, "
        + ", ".join(file.sha256[:12] for file in files),
        expected=", ".join(known.sha256[:12] for known in FILES),
    )


def images(contents: Sequence[bytes]) -> Split:
    """From the contents of verified files, in the order of FILES."""
    import numpy as np

    def part(pixels: bytes, classes: bytes) -> Images:
        return Images(
            pixels=np.frombuffer(pixels, np.uint8, offset=_IMAGES_HEADER).reshape(-1, 28, 28, 1),
            classes=np.frombuffer(classes, np.uint8, offset=_LABELS_HEADER),
        )

    return Split(training=part(*contents[:2]), test=part(*contents[2:]))


def _unpacked(known: _Known, home: Path, fetch: Callable[[str, str, Path], object]) -> bytes:
    def unreadable(said: str) -> DataSetError:
        return DataSetError(
            f"Fashion-MNIST cannot be loaded: {known.name}: {said}; Keras looks in {home}/{FOLDER}, and needs {home} to be writable"
        )

    with named(unreadable), gzip.open(_found(known.name, home, fetch)) as file:
        # One byte more than there may be: enough to see that it is another file, and no more memory than that.
        return file.read(known.bytes + 1)


def _found(name: str, home: Path, fetch: Callable[[str, str, Path], object]) -> Path:
    for folder in (home, SHARED_HOME):
        if (folder / FOLDER / name).exists():
            return folder / FOLDER / name
    socket.setdefaulttimeout(_FETCH_TIMEOUT_S)
    try:
        return Path(str(fetch(name, ORIGIN + name, home)))
    except Exception as cause:
        raise DataSetError(
            f"Fashion-MNIST cannot be loaded: {cause or type(cause).__name__}; Keras looks in {home}/{FOLDER}, and "
            f"needs {home} to be writable"
        ) from cause


def _described(known: _Known, content: bytes) -> DataFile:
    header = _IMAGES_HEADER if "images" in known.name else _LABELS_HEADER
    record = (known.bytes - header) // known.records
    return DataFile(
        name=known.name,
        split=known.split,
        records=max(0, len(content) - header) // record,
        sha256=hashlib.sha256(content).hexdigest(),
        expected_sha256=known.sha256,
    )
