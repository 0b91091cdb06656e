"""Train a small convolutional network to find fifteen points of a face, and see in pixels how far off it is.

The error is taken on faces that were not learnt from. Nothing is told of the real table when the faces were made up.
"""

import argparse
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from workloads import options as values
from workloads.checks import declared
from workloads.devices.opening import BACKENDS, open_framework, places_of, tell_memory, tell_used
from workloads.keypoints import judge, network, picture, training
from workloads.keypoints.table import data, predictions
from workloads.keypoints.table.data import Faces
from workloads.keypoints.table.synthetic import make_up
from workloads.output import Draft, keep
from workloads.pictures.network_graph import draw_model
from workloads.pictures.svg import keep_picture
from workloads.progress import Record
from workloads.tables import origin
from workloads.tables.arguments import TableArguments, add_table_options, table_fields
from workloads.tables.split import Split, split
from workloads.workload import Common, Folders, Workload

Array: TypeAlias = Any
Model: TypeAlias = Any
"""NumPy's and Keras's, which come with the training environment and are not there where types are checked."""

CHECKS = declared("keypoints")
_AT_ONCE = 256
"""Images that are looked at in one step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeypointsArguments(TableArguments):
    """What is asked of it."""

    max_rmse: float | None
    """Pixels, to be reached on the faces that are kept back; None: below the error of the mean places."""


def run(record: Record, arguments: KeypointsArguments, folders: Folders) -> None:
    """Read, train, judge and predict; stop after the first when no device of the wanted kind is there, or the data are others.

    Lets through what `open_framework` raises, and the framework's own errors.

    Args:
        record: what is found goes there.
        arguments: what is asked.
        folders: where data are, and where files go.

    Raises:
        DataSetError: the table is not there, or malformed.
        TooFewRowsError: not one batch can be filled.
        MissingPackageError: Pillow is not installed.
    """
    opened = open_framework(record)
    if opened is None:
        return
    framework, wanted = opened
    tables = origin.find(arguments, folders.home / "datasets" / data.FOLDER, data.TRAINING, make_up)
    faces, new = data.read_training(tables.open), data.read_new(tables.open)
    if not _verify(record, arguments, tables, (faces, new)):
        return
    asked = data.read_lookup(tables.open, new) if new is not None else ()
    rows = split(len(faces.ids), seed=arguments.seed, limit=arguments.limit, batch_size=arguments.batch_size)
    record.check(training.try_the_mask(faces.targets[rows.training[: arguments.batch_size]]))
    model = training.train(record, arguments, faces, rows.training)
    with framework.exactly():
        _judge(record, arguments, model, (faces, rows))
        _draw(record, folders.output, model, (faces, rows))
        if new is None:
            note = f"There is no {data.NEW}: the predictions are for the faces that were kept back."
            record.note(note)
            new = data.chosen(faces, rows.validation.tolist())
            asked = data.everything(new.ids)
        _predict(record, folders.output, model, new, asked)
    tell_used(record, wanted, places_of(framework, model, faces.images[:1]))
    tell_memory(record, framework)


def _verify(
    record: Record,
    arguments: KeypointsArguments,
    tables: origin.Tables,
    read: tuple[Faces, Faces | None],
) -> bool:
    described = [
        origin.described(faces.name, kind, len(faces.ids), faces.sha256)
        for faces, kind in zip(read, ("training", "test"), strict=True)
        if faces is not None
    ]
    return origin.verify(record, arguments, tables, described)


def _judge(record: Record, arguments: KeypointsArguments, model: Model, tested: tuple[Faces, Split]) -> None:
    import numpy as np

    faces, rows = tested
    images, true = faces.images[rows.validation], faces.targets[rows.validation]
    given = _points(model, images)
    error = network.rmse(true, given)
    recomputed = network.rmse(true, network.in_pixels(network.numpy_given(model.get_weights(), images)))
    record.check(judge.check_recomputed(error, recomputed))
    means = network.mean_places(faces.targets[rows.training])
    of_means = network.rmse(true, np.broadcast_to(means, true.shape))
    record.metrics |= {"rmse_pixels": round(error, 4), "rmse_of_means_pixels": round(of_means, 4)}
    for number, point in enumerate(data.POINTS):
        part = slice(2 * number, 2 * number + 2)
        known = int((~np.isnan(true[:, 2 * number])).sum())
        of_point = round(network.rmse(true[:, part], given[:, part]), 4)
        record.row("points", {"point": point, "known": known, "rmse_pixels": of_point})
    record.check(judge.check_rmse(error, arguments.max_rmse, of_means))


def _draw(record: Record, folder: Path, model: Model, tested: tuple[Faces, Split]) -> None:
    faces, rows = tested
    shown = rows.validation[: picture.SHOWN]
    images = faces.images[shown]
    graph = draw_model("Facial keypoints", model)
    keep_picture(record, folder, "network.svg", "graph of the network", graph)
    points = picture.draw(images, faces.targets[shown], _points(model, images))
    about = "faces that were not learnt from, with known and predicted points"
    keep_picture(record, folder, "faces.svg", about, points)


def _predict(
    record: Record, folder: Path, model: Model, faces: Faces, asked: tuple[data.Wanted, ...]
) -> None:
    places = _points(model, faces.images)
    given = {
        (image_id, coordinate): float(place)
        for image_id, row in zip(faces.ids, places, strict=True)
        for coordinate, place in zip(data.COORDINATES, row, strict=True)
    }
    files = {}
    for name in predictions.COLUMNS:
        draft = Draft(name=name, about="predicted places of the points", media_type="text/csv")
        write = partial(predictions.write, name=name, wanted=asked, given=given)
        path = keep(record, folder, draft, write)
        files[name] = predictions.read(path)
    record.check(judge.check_predictions(files, asked, given))


def _points(model: Model, images: Array) -> Array:
    return network.in_pixels(model.predict(images, batch_size=_AT_ONCE, verbose=0))


def _add_options(parser: argparse.ArgumentParser) -> None:
    add_table_options(parser, table=data.TRAINING, epochs=20, batch_size=64)
    parser.add_argument(
        "--max-rmse",
        type=values.positive,
        metavar="X",
        help="pixels to reach on faces that are kept back; without it less than the mean places have",
    )


def _arguments(options: argparse.Namespace, common: Common) -> KeypointsArguments:
    return KeypointsArguments(**table_fields(options, common), max_rmse=options.max_rmse)


WORKLOAD = Workload(
    name="keypoints",
    about="find fifteen points of faces, and tell by how many pixels they are missed",
    checks=CHECKS,
    backends=BACKENDS,
    add_options=_add_options,
    arguments=_arguments,
    run=run,
)
