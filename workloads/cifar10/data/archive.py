"""Find the archive of CIFAR-10 or fetch it, and say whether it is the published one. Unpacks nothing."""

import contextlib
import hashlib
import os
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from workloads.decoding import named
from workloads.result import Check, DataSetError, check
from workloads.result.evidence import DataFile

ORIGIN = "https://www.cs.toronto.edu/~kriz/"
PYTHON, BINARY = "cifar-10-python.tar.gz", "cifar-10-binary.tar.gz"
PUBLISHED = {
    PYTHON: "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
    BINARY: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
}
"""SHA-256. The page of the authors has MD5 only (c58f30108f718f92721af3b95e74349a, c32a1d4ab5d03f1284b67883e8d87530). The first is
Keras' own, in keras/src/datasets/cifar10.py; the second stands in Julia's MLDatasets (src/datasets/vision/cifar10.jl) and in
torchvision for Ruby (lib/torchvision/datasets/cifar10.rb)."""
NAMES = (PYTHON, BINARY, "cifar-10-batches-py-target_archive", "cifar-10-batches-py.tar.gz")
"""As its authors call them; as Keras 3 and Keras 2 keep the first."""
SHARED_HOME = Path("/tmp/.keras")  # noqa: S108  Keras' own second place; what lies there is verified like everything else
_TIMEOUT_S = 30.0
_BLOCK = 2**20
_MOST_BYTES = 2**30
"""Of an archive: the published ones have 171 MB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where the archive is to come from."""

    home: Path
    """Keras' folder of the user."""
    path: Path | None
    """The archive, or a folder with it; None for Keras' own places."""
    mirror: str
    """A folder of a web server that has the archive, or the archive itself; empty for that of its authors."""
    sha256: str
    """Of the archive that is meant; empty for either of the published ones."""

    def admits(self, sha256: str) -> bool:
        """Is this the archive that is meant?"""
        return sha256 == self.sha256 if self.sha256 else sha256 in PUBLISHED.values()


def find(source: Source) -> Path:
    """Where the archive lies, after fetching it where it is nowhere.

    Raises:
        DataSetError: it is not there, and cannot be fetched; or what was fetched is another file.
    """
    folders = (source.path,) if source.path else (source.home / "datasets", SHARED_HOME / "datasets")
    candidates: tuple[Path, ...] = (*folders, *(folder / name for folder in folders for name in NAMES))
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    if source.path:
        raise DataSetError(
            f"--data: no archive of CIFAR-10 is at {source.path}; it is called {PYTHON} or {BINARY}"
        )
    return _fetched(source)


def read(path: Path, source: Source) -> tuple[BinaryIO, DataFile]:
    """The archive, opened, and what it is.

    It is hashed through the same open file that is unpacked later, so that nobody can put another in its place in between.

    Args:
        path: the archive.
        source: says which archive is meant.

    Raises:
        DataSetError: it cannot be read.
    """
    try:
        file = path.open("rb")
        sha256 = _sha256(file)
        file.seek(0)
    except OSError as cause:
        raise DataSetError(f"CIFAR-10 cannot be read: {cause}") from cause
    wanted = sha256 if source.admits(sha256) else source.sha256 or PUBLISHED[PYTHON]
    described = DataFile(
        name=path.name, split="training and test", records=0, sha256=sha256, expected_sha256=wanted
    )
    return file, described


def check_data(file: DataFile, batches: Sequence[tuple[str, str]]) -> Check:
    """The archive is the published one, or that which was asked for, and no batch serves training and test.

    Args:
        file: the archive.
        batches: `training` or `test`, and the SHA-256 of each batch; empty where the archive was not unpacked.
    """
    digests = {split: {sha256 for kind, sha256 in batches if kind == split} for split in ("training", "test")}
    reason = ""
    if file.sha256 != file.expected_sha256:
        reason = (
            f"{file.name} is not what was published; for data of your own add --data-sha256 {file.sha256}"
        )
    elif digests["training"] & digests["test"]:
        reason = "a batch is read for training and for testing"
    seen = f"{file.name}: {file.records} images, {file.sha256[:12]}"
    expected = file.expected_sha256[:12]
    if file.expected_sha256 in PUBLISHED.values():
        expected = " or ".join(sha256[:12] for sha256 in PUBLISHED.values())
    return check("data_verified", reason, seen=seen, expected=expected)


def not_verified(made: DataFile) -> Check:
    """The check of a job that was asked to make its own images."""
    seen = f"{made.records} images, {made.name}"
    return check("data_verified", "", seen=seen, expected="nothing: the data set was not asked for")


def _fetched(source: Source) -> Path:
    address = source.mirror or ORIGIN
    if not address.endswith((".gz", ".tgz")):
        address = f"{address.rstrip('/')}/{PYTHON}"
    name = address.rpartition("/")[2]
    target = source.home / "datasets" / (name if name in NAMES else PYTHON)
    draft = target.with_name(f".{target.name}.{os.getpid()}")

    def unreachable(said: str) -> DataSetError:
        return DataSetError(
            f"CIFAR-10 cannot be loaded from {address}: {said}; lay {PYTHON} into {target.parent}, or say where it is "
            "with --data or --mirror"
        )

    try:
        with named(unreachable):
            target.parent.mkdir(parents=True, exist_ok=True)
            with (
                urllib.request.urlopen(address, timeout=_TIMEOUT_S) as answer,  # noqa: S310  http(s) alone: see the option
                draft.open("w+b") as file,
            ):
                _copy(answer, file)
                file.seek(0)
                sha256 = _sha256(file)
            if not source.admits(sha256):
                raise DataSetError(f"{address} sends another file: its SHA-256 is {sha256}")
            draft.replace(target)
    finally:
        with contextlib.suppress(OSError):
            draft.unlink()
    return target


def _copy(answer: BinaryIO, file: BinaryIO) -> None:
    size = 0
    while block := answer.read(_BLOCK):
        size += len(block)
        if size > _MOST_BYTES:
            raise DataSetError(
                f"what the server sends has more than {_MOST_BYTES} bytes: that is not CIFAR-10"
            )
        file.write(block)


def _sha256(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    while block := file.read(_BLOCK):
        digest.update(block)
    return digest.hexdigest()
