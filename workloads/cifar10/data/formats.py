"""The two formats in which CIFAR-10 is published, read into bytes. Runs nothing that a file contains, unpacks nothing to disk.

https://www.cs.toronto.edu/~kriz/cifar.html: five batches to train on and one to test on. A record is a class, 0..9, and 3072 bytes:
32 x 32 red, then as many green and blue ones, row by row. `cifar-10-python.tar.gz` holds pickles that Python 2 wrote (protocol 2),
`cifar-10-binary.tar.gz` the bare records.
"""

import hashlib
import io
import pickle
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO, NoReturn

from workloads.decoding import named
from workloads.result import DataSetError

PIXELS = 3 * 32 * 32
"""Bytes of an image."""
CLASSES = 10
TRAINING = tuple(f"data_batch_{number}" for number in range(1, 6))
TEST = "test_batch"
_MOST_BYTES = 64 * 2**20
"""Of one batch: the published ones have 31 MB."""
_MOST_MEMBERS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Records of one file, colours apart, as they are published."""

    pixels: bytes
    """n x 3 x 32 x 32."""
    classes: bytes
    """n."""

    @property
    def sha256(self) -> str:
        """Of what is trained or tested on."""
        return hashlib.sha256(self.classes + self.pixels).hexdigest()


def read_archive(file: BinaryIO) -> dict[str, Batch]:
    """The six batches by name, from either archive. Raises DataSetError for anything else."""
    found: dict[str, Batch] = {}
    with (
        named(lambda said: DataSetError(f"CIFAR-10 cannot be unpacked: {said}")),
        tarfile.open(fileobj=file, mode="r|gz") as archive,
    ):
        for number, member in enumerate(archive):
            name = PurePosixPath(member.name)
            if number >= _MOST_MEMBERS or member.size > _MOST_BYTES:
                _refuse(f"{member.name} is too large, or one file too many")
            content = archive.extractfile(member)
            if content is None or name.stem not in {*TRAINING, TEST}:
                continue
            read = records if name.suffix == ".bin" else pickled
            found[name.stem] = read(content.read())
    missing = [name for name in (*TRAINING, TEST) if name not in found]
    if missing:
        _refuse(f"it has no {', '.join(missing)}")
    return found


def records(content: bytes) -> Batch:
    """Of the binary version. Raises DataSetError."""
    size = 1 + PIXELS
    if not content or len(content) % size:
        _refuse(f"{len(content)} bytes are no records of {size}")
    pixels = b"".join(content[at + 1 : at + size] for at in range(0, len(content), size))
    return _checked(pixels, content[::size])


def pickled(content: bytes) -> Batch:
    """Of the Python version. Raises DataSetError, also for a pickle that asks for anything but an array of bytes."""
    with named(lambda said: DataSetError(f"CIFAR-10 cannot be read: {said}")):
        batch = _Unpickler(io.BytesIO(content), encoding="bytes").load()
        data, labels = batch[b"data"], batch[b"labels"]
        return _checked(data.content, bytes(list(labels)))


class _Array:
    """What stands in a pickle for NumPy's array: its bytes, and nothing that NumPy would do with them."""

    def __init__(self) -> None:
        self.content = b""

    def __setstate__(self, state: tuple[int, tuple[int, ...], "_DType", bool, bytes]) -> None:
        """As `numpy.ndarray.__reduce__` documents it: version, shape, type, order of Fortran, bytes."""
        _, shape, kind, fortran, content = state
        if kind.name not in {"u1", b"u1"} or fortran or len(shape) != 2 or shape[1] != PIXELS:
            _refuse(f"an array of {kind.name!r} and shape {shape} is no batch of images")
        if not isinstance(content, bytes) or len(content) != shape[0] * PIXELS:
            _refuse("an array has not as many bytes as its shape says")
        self.content = content


class _DType:
    """What stands for NumPy's type of elements: its name."""

    def __init__(self, name: object, *rest: object) -> None:
        del rest
        self.name = name

    def __setstate__(self, state: object) -> None:
        """Order of bytes and the like: one byte has none."""


def _reconstruct(kind: object, shape: object, code: object) -> _Array:
    """NumPy's beginning of an array, whose state comes next."""
    del kind, shape, code
    return _Array()


def _encode(text: str, encoding: str) -> bytes:
    """How Python 3 writes bytes in protocol 2."""
    if encoding != "latin1":
        _refuse(f"bytes in {encoding!r}")
    return text.encode("latin1")


_ADMITTED = {
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _DType,
    ("_codecs", "encode"): _encode,
}
"""What a batch may name, and what is taken instead: not even these are imported."""


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> object:
        """Nothing is imported, whatever the pickle asks for."""
        try:
            return _ADMITTED[module, name]
        except KeyError:
            _refuse(f"a batch asks for {module}.{name}, which no batch of CIFAR-10 needs")


def _checked(pixels: bytes, classes: bytes) -> Batch:
    if len(pixels) != len(classes) * PIXELS or not classes:
        _refuse(f"{len(classes)} classes for {len(pixels) / PIXELS:g} images")
    if max(classes) >= CLASSES:
        _refuse(f"class {max(classes)} of {CLASSES}")
    return Batch(pixels=pixels, classes=classes)


def joined(batches: Iterable[Batch]) -> Batch:
    """All of them, in this order."""
    parts = tuple(batches)
    return Batch(
        pixels=b"".join(part.pixels for part in parts), classes=b"".join(part.classes for part in parts)
    )


def _refuse(what: str) -> NoReturn:
    raise DataSetError(f"this is not CIFAR-10: {what}")
