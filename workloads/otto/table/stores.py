"""Keep the table in HDF5 and in LMDB, and read batches of it back. What is written is float32, and what kind it is stands beside it.

In the old days a float that was stored as bytes (uint8) trained nothing, and nothing said so: what is read back is compared with the
table (`judge.check_stores`).
"""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from workloads.packages import package

Array: TypeAlias = Any
File: TypeAlias = Any
"""NumPy's, and one of h5py or lmdb, which come with the training environment and are not there where types are checked."""

_WRITTEN_AT_ONCE = 5_000
"""Rows in one transaction."""
_ROW_OVERHEAD = 128
_SMALLEST_MAP = 16 << 20
"""LMDB maps a file of a size that is fixed beforehand: rows with their keys, four times over for its tree, and this many bytes."""


class Store(Protocol):
    """A table that is open for reading."""

    def batch(self, rows: Array) -> tuple[Array, Array]:
        """Features and classes of these rows, in this order, of the kind that they are stored as."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A way to keep a table in a file."""

    name: str
    file: str
    media_type: str
    write: Callable[[Path, Array, Array], None]
    """Features, n x 93 of float32, and classes, n of uint8, to a path at which nothing is."""
    read: Callable[[Path], AbstractContextManager[Store]]


class _InHdf5:
    def __init__(self, file: File) -> None:
        self._features, self._classes = file["features"], file["classes"]

    def batch(self, rows: Array) -> tuple[Array, Array]:
        """See Store. HDF5 takes rows in rising order only."""
        import numpy as np

        order = np.argsort(rows)
        back = np.argsort(order)
        rising = rows[order]
        return self._features[rising][back], self._classes[rising][back]


class _InLmdb:
    def __init__(self, environment: File) -> None:
        self._environment = environment
        with environment.begin() as transaction:
            kinds = json.loads(transaction.get(_KINDS))
        self._features, self._classes = kinds["features"], kinds["classes"]
        self._columns = kinds["columns"]

    def batch(self, rows: Array) -> tuple[Array, Array]:
        """See Store."""
        import numpy as np

        with self._environment.begin() as transaction:
            values = [transaction.get(_key(row)) for row in rows.tolist()]
        size = np.dtype(self._features).itemsize * self._columns
        features = np.frombuffer(b"".join(value[:size] for value in values), self._features)
        classes = np.frombuffer(b"".join(value[size:] for value in values), self._classes)
        return features.reshape(len(rows), self._columns), classes


_KINDS = b"kinds"
"""Key of the record that says of what kind the numbers are: bytes alone do not."""


def _write_hdf5(path: Path, features: Array, classes: Array) -> None:
    with package("h5py", "h5py").File(path, "w") as file:
        file.create_dataset("features", data=features)
        file.create_dataset("classes", data=classes)


@contextmanager
def _read_hdf5(path: Path) -> Iterator[Store]:
    with package("h5py", "h5py").File(path, "r") as file:
        yield _InHdf5(file)


def _write_lmdb(path: Path, features: Array, classes: Array) -> None:
    size = 4 * (features.nbytes + classes.nbytes + _ROW_OVERHEAD * len(features)) + _SMALLEST_MAP
    kinds = {"features": features.dtype.str, "classes": classes.dtype.str, "columns": features.shape[1]}
    with package("lmdb", "lmdb").open(str(path), map_size=size, subdir=False, lock=False) as environment:
        with environment.begin(write=True) as transaction:
            transaction.put(_KINDS, json.dumps(kinds).encode())
        for begin in range(0, len(features), _WRITTEN_AT_ONCE):
            part = slice(begin, begin + _WRITTEN_AT_ONCE)
            pairs = zip(features[part], classes[part], strict=True)
            with environment.begin(write=True) as transaction:
                for row, (counts, target) in enumerate(pairs, start=begin):
                    transaction.put(_key(row), counts.tobytes() + target.tobytes())


@contextmanager
def _read_lmdb(path: Path) -> Iterator[Store]:
    with package("lmdb", "lmdb").open(
        str(path), readonly=True, subdir=False, lock=False, readahead=False
    ) as environment:
        yield _InLmdb(environment)


def _key(row: int) -> bytes:
    return b"%010d" % row


FORMATS = (
    Format(name="HDF5", file="otto.h5", media_type="application/x-hdf5", write=_write_hdf5, read=_read_hdf5),
    Format(
        name="LMDB",
        file="otto.lmdb",
        media_type="application/octet-stream",
        write=_write_lmdb,
        read=_read_lmdb,
    ),
)
