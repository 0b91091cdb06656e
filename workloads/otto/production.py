"""Keep what was learnt: pictures of it, a model without what only a training needs, and what that model makes of new rows."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

from workloads.otto import judge, network
from workloads.otto.table.data import read_submission, write_submission
from workloads.output import Draft, keep
from workloads.pictures import heat_map
from workloads.pictures.network_graph import draw_model
from workloads.pictures.svg import keep_picture
from workloads.progress import Record

Array: TypeAlias = Any
Model: TypeAlias = Any
"""NumPy's and Keras's, which come with the training environment and are not there where types are checked."""

_AT_ONCE = 4096
"""Rows that are judged in one step."""


def draw(record: Record, folder: Path, trained: Model) -> None:
    """The graph of the network, and the weights of each dense layer."""
    graph = draw_model("Otto, as it is trained", trained)
    keep_picture(record, folder, "network.svg", "graph of the network that was trained", graph)
    matrices = [
        heat_map.Matrix(title=weight.path, values=array)
        for weight, array in zip(trained.weights, trained.get_weights(), strict=True)
        if array.ndim == 2
    ]
    heat = heat_map.draw("Otto, the weights learnt", matrices)
    keep_picture(record, folder, "weights.svg", "weights of each dense layer", heat)


def keep_model(record: Record, folder: Path, trained: Model, features: Array) -> Model:
    """Save the model for production, and give back what was read from the file.

    Args:
        record: told of the file, and of the check.
        folder: the job's output folder.
        trained: the network with its training.
        features: rows on which both have to give the same.
    """
    import keras

    draft = Draft(
        name="otto.keras", about="the network for production, in Keras' format", media_type="application/zip"
    )
    path = keep(record, folder, draft, network.for_production(trained).save)
    reloaded = keras.models.load_model(path)
    expected = network.shares_of(trained.predict(features, batch_size=_AT_ONCE, verbose=0))
    seen = reloaded.predict(features, batch_size=_AT_ONCE, verbose=0)
    record.check(judge.check_production(expected, seen, network.of_training_alone(reloaded)))
    graph = draw_model("Otto, for production", reloaded)
    keep_picture(record, folder, "production.svg", "graph of the network for production", graph)
    return reloaded


def apply(record: Record, folder: Path, model: Model, ids: Sequence[str], features: Array) -> None:
    """Write what the model makes of these rows into a submission, and check it as it stands in the file."""
    shares = model.predict(features, batch_size=_AT_ONCE, verbose=0)
    draft = Draft(name="submission.csv", about="shares of each class for the new rows", media_type="text/csv")
    path = keep(record, folder, draft, lambda at: write_submission(at, ids, shares))
    written_ids, written = read_submission(path)
    record.check(judge.check_submission(judge.Submission(ids=written_ids, shares=written), ids, shares))
