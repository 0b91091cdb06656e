"""Train the same network from each store, on the same rows in the same order, and measure it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from workloads.otto import network
from workloads.otto.judge import ReadBack
from workloads.otto.table.data import Products
from workloads.otto.table.stores import FORMATS, Format, Store
from workloads.output import Draft, keep
from workloads.progress import Record
from workloads.result import EpochPoint
from workloads.tables.arguments import TableArguments
from workloads.tables.split import Split, batches
from workloads.training.meter import Watch

Array: TypeAlias = Any
Model: TypeAlias = Any
"""NumPy's and Keras's, which come with the training environment and are not there where types are checked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A table in one store."""

    format: Format
    path: Path
    back: ReadBack
    """All of it, as it was read back."""
    write_s: float
    read_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """What came of a training."""

    model: Model
    before: Sequence[Array]
    """The weights at the start."""
    losses: Sequence[float]
    """The first batch's, then each epoch's mean."""
    rows_per_s: float


def store(record: Record, folder: Path, kind: Format, table: Products) -> Kept:
    """Write the table, and read it back whole.

    Raises:
        MissingPackageError: the environment cannot write this kind.
        OutputError: the disk is full, or the folder not writable.
    """
    import numpy as np

    clock = record.clock.monotonic
    draft = Draft(
        name=kind.file, about=f"the table in {kind.name}: float32, row by row", media_type=kind.media_type
    )
    began = clock()
    path = keep(record, folder, draft, lambda at: kind.write(at, table.features, table.targets))
    written = clock()
    with kind.read(path) as opened:
        features, classes = opened.batch(np.arange(len(table.ids)))
    return Kept(
        format=kind,
        path=path,
        back=ReadBack(store=kind.name, features=features, classes=classes),
        write_s=written - began,
        read_s=clock() - written,
    )


def train(record: Record, asked: TableArguments, kept: Kept, split: Split, learnt: Array) -> Trained:
    """Train a fresh network on batches that are read from the store as they are needed.

    Args:
        record: told of each batch, and of each epoch as a row of table `epochs`; those of the first store are the curve.
        asked: what was asked.
        kept: the store.
        split: which of its rows are learnt from.
        learnt: the features of these rows, for their mean and deviation.
    """
    steps = len(split.training) // asked.batch_size
    model = network.build(learnt, seed=asked.seed, steps=steps * asked.epochs)
    before = model.get_weights()
    first = kept.format is FORMATS[0]

    def tell(point: EpochPoint) -> None:
        if first:
            record.epoch(point)
        record.row(
            "epochs",
            {
                "store": kept.format.name,
                "epoch": point.epoch,
                "loss": point.loss,
                "accuracy": point.accuracy,
                "seconds": point.seconds,
                "rows_per_s": point.images_per_s,
            },
        )

    watch = Watch(record, asked.batch_size, tell)
    with kept.format.read(kept.path) as opened:
        model.fit(
            _stream(opened, asked, split.training),
            steps_per_epoch=steps,
            epochs=asked.epochs,
            shuffle=False,
            verbose=0,
            callbacks=watch.callbacks(model),
        )
    return Trained(
        model=model, before=before, losses=watch.losses, rows_per_s=round(watch.meter.images_per_s, 1)
    )


def _stream(opened: Store, asked: TableArguments, rows: Array) -> Iterator[tuple[Array, Array]]:
    """The batches of all epochs. No more of the table is in memory than one of them."""
    for epoch in range(asked.epochs):
        for batch in batches(rows, asked.batch_size, seed=asked.seed, epoch=epoch):
            yield opened.batch(batch)
