"""Builders: what a workload that learns from a table is asked, and tables of the real formats, made small."""

import csv
import io
from collections.abc import Sequence

from workloads.otto.table.data import CLASSES, FEATURES
from workloads.tables.arguments import TableArguments
from workloads.tables.place import Opener, opener_of


def asked(
    *, data: str = "", mirror: str = "", data_sha256: str = "", synthetic: int | None = None
) -> TableArguments:
    return TableArguments(
        workload="otto",
        device="cpu",
        backend="tensorflow",
        memory_limit_mib=None,
        seed=1,
        attempt="5e1f0a2b",
        epochs=3,
        batch_size=32,
        data=data,
        mirror=mirror,
        data_sha256=data_sha256,
        synthetic=synthetic,
        limit=None,
    )


def csv_of(header: Sequence[str], *rows: Sequence[object]) -> bytes:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerows([header, *rows])
    return stream.getvalue().encode()


def product(number: int, *, target: str = "", first: object = 1) -> list[object]:
    """A row of the Otto table: its first count, zeros, and its class where there is one."""
    return [number, first, *[0] * (len(FEATURES) - 1), *([target] if target else [])]


def otto_training(*rows: Sequence[object]) -> bytes:
    return csv_of(("id", *FEATURES, "target"), *(rows or (product(1, target=CLASSES[0]),)))


def opened(**tables: bytes) -> Opener:
    """Tables in memory: `train=b"…"` is train.csv."""
    return opener_of({f"{name}.csv": content for name, content in tables.items()})
