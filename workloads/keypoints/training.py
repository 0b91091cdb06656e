"""Train the network that finds the points, and see that missing ones do not pull at it."""

from typing import Any, TypeAlias

from workloads.keypoints import judge, network
from workloads.keypoints.table.data import Faces
from workloads.progress import Record
from workloads.result import Check
from workloads.tables.arguments import TableArguments
from workloads.training import judge as figures
from workloads.training.meter import Watch

Array: TypeAlias = Any
Model: TypeAlias = Any
"""NumPy's and Keras's, which come with the training environment and are not there where types are checked."""


def train(record: Record, asked: TableArguments, faces: Faces, rows: Array) -> Model:
    """Train a fresh network, and check what came of it.

    Args:
        record: told of each batch and epoch, of the figures and the checks.
        asked: what was asked.
        faces: all of them.
        rows: which of them are learnt from.
    """
    whole = len(rows) // asked.batch_size * asked.batch_size
    part = rows[:whole]
    steps = whole // asked.batch_size * asked.epochs
    places = network.mean_places(faces.targets[rows])
    model = network.build(seed=asked.seed, steps=steps, places=places)
    before = model.get_weights()
    watch = Watch(record, asked.batch_size)
    model.fit(
        faces.images[part],
        network.shares(faces.targets[part]),
        batch_size=asked.batch_size,
        epochs=asked.epochs,
        verbose=0,
        callbacks=watch.callbacks(model),
    )
    speed = round(watch.meter.images_per_s, 1)
    record.metrics |= {"first_loss": watch.losses[0], "last_loss": watch.losses[-1], "images_per_s": speed}
    record.check(figures.check_loss(watch.losses))
    record.check(figures.check_throughput(speed))
    names = [weight.path for weight in model.weights]
    record.check(figures.check_weights(names, before, model.get_weights()))
    return model


def try_the_mask(true: Array) -> Check:
    """Blank every other of these coordinates, and move the answers to those, then to the others."""
    import numpy as np

    shares = np.nan_to_num(network.shares(true))
    blank = (np.indices(shares.shape).sum(axis=0) % 2).astype(bool)
    masked = np.where(blank, np.nan, shares).astype(np.float32)
    given = np.zeros_like(shares)
    first, missing, known = (
        network.loss_of(masked, answer)
        for answer in (given, np.where(blank, np.float32(9), given), np.where(blank, given, np.float32(9)))
    )
    return judge.check_missing(abs(missing - first), abs(known - first))
