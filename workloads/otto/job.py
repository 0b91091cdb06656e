"""Train a multi-layer perceptron on the Otto table from HDF5 and from LMDB, keep it for production, and apply it to new rows.

Every figure is taken on rows that were not learnt from. Nothing is told of the real table when the rows were made up.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from workloads import options as values
from workloads.checks import declared
from workloads.devices.opening import BACKENDS, open_framework, places_of, tell_memory, tell_used, wanted_kind
from workloads.otto import judge, network, production
from workloads.otto.table import data
from workloads.otto.table.data import Products
from workloads.otto.table.stores import FORMATS
from workloads.otto.table.synthetic import make_up
from workloads.otto.training import Trained, store, train
from workloads.progress import Record
from workloads.result import Kind
from workloads.tables import origin
from workloads.tables.arguments import TableArguments, add_table_options, table_fields
from workloads.tables.split import Split, split
from workloads.training import judge as figures
from workloads.training.log_loss import log_loss, of_frequencies
from workloads.workload import Common, Folders, Workload

Array: TypeAlias = Any
Model: TypeAlias = Any
"""NumPy's and Keras's, which come with the training environment and are not there where types are checked."""

CHECKS = declared("otto")
_AT_ONCE = 4096
"""Rows that are judged in one step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OttoArguments(TableArguments):
    """What is asked of it."""

    max_log_loss: float
    """To be reached on the rows that are kept back."""


def run(record: Record, arguments: OttoArguments, folders: Folders) -> None:
    """Read, store, train, judge, keep and apply; stop after the first when no device of the wanted kind is there, or the data are others.

    Lets through what `open_framework` raises, and the framework's own errors.

    Args:
        record: what is found goes there.
        arguments: what is asked.
        folders: where data are, and where files go.

    Raises:
        DataSetError: the table is not there, or malformed.
        TooFewRowsError: not one batch can be filled.
        MissingPackageError: lmdb or Pillow is not installed.
    """
    opened = open_framework(record)
    if opened is None:
        return
    framework, wanted = opened
    tables = origin.find(arguments, folders.home / "datasets" / data.FOLDER, data.TRAINING, make_up)
    table, new = data.read_training(tables.open), data.read_new(tables.open)
    if not _verify(record, arguments, tables, table, new):
        return
    rows = split(len(table.ids), seed=arguments.seed, limit=arguments.limit, batch_size=arguments.batch_size)
    # Before the training: a table that is malformed is told at once.
    ids, features = _new_rows(record, table, rows, new, data.read_sample(tables.open))
    trained = _train(record, arguments, folders.output, table, rows)
    if trained is None:
        return
    with framework.exactly():
        _judge(record, arguments, trained, table, rows)
        production.draw(record, folders.output, trained.model)
        model = production.keep_model(record, folders.output, trained.model, table.features[rows.validation])
        production.apply(record, folders.output, model, ids, features)
    tell_used(record, wanted, places_of(framework, trained.model, table.features[:1]))
    tell_memory(record, framework)


def _verify(
    record: Record, arguments: OttoArguments, tables: origin.Tables, table: Products, new: Products | None
) -> bool:
    read = [origin.described(table.name, "training", len(table.ids), table.sha256)]
    if new is not None:
        read.append(origin.described(new.name, "test", len(new.ids), new.sha256))
    return origin.verify(record, arguments, tables, read)


def _train(
    record: Record, arguments: OttoArguments, folder: Path, table: Products, rows: Split
) -> Trained | None:
    """From every store; None where a store does not give the table back. The first training is the one that goes on."""
    kept = [store(record, folder, kind, table) for kind in FORMATS]
    read_back = judge.check_stores(table.features, table.targets, [each.back for each in kept])
    record.check(read_back)
    if read_back.reason:
        return None
    learnt = table.features[rows.training]
    trainings = [train(record, arguments, each, rows, learnt) for each in kept]
    for each, training in zip(kept, trainings, strict=True):
        record.row(
            "stores",
            {
                "store": each.format.name,
                "bytes": each.path.stat().st_size,
                "write_s": round(each.write_s, 3),
                "read_s": round(each.read_s, 3),
                "rows_per_s": training.rows_per_s,
                "first_loss": training.losses[0],
                "last_loss": training.losses[-1],
            },
        )
    first = trainings[0]
    record.metrics |= {
        "first_loss": first.losses[0],
        "last_loss": first.losses[-1],
        "rows_per_s": first.rows_per_s,
    }
    record.check(figures.check_loss(first.losses))
    record.check(figures.check_throughput(min(training.rows_per_s for training in trainings), "rows"))
    losses = [(each.format.name, training.losses) for each, training in zip(kept, trainings, strict=True)]
    record.check(judge.check_same(losses, on_gpu=wanted_kind(arguments.device, record.devices) is Kind.GPU))
    return first


def _judge(record: Record, arguments: OttoArguments, trained: Trained, table: Products, rows: Split) -> None:
    after = trained.model.get_weights()
    names = [weight.path for weight in trained.model.weights]
    record.check(figures.check_weights(names, trained.before, after))
    features, classes = table.features[rows.validation], table.targets[rows.validation]
    loss, accuracy = trained.model.evaluate(features, classes, batch_size=_AT_ONCE, verbose=0)
    shares = network.numpy_shares(after, table.features[rows.training], features)
    recomputed = log_loss(shares, classes)
    record.check(judge.check_recomputed(loss, recomputed))
    known = of_frequencies(table.targets[rows.training], classes, len(data.CLASSES))
    record.metrics |= {
        "log_loss": round(loss, 6),
        "log_loss_of_frequencies": round(known, 6),
        "test_accuracy": round(accuracy, 6),
    }
    record.check(judge.check_log_loss(loss, arguments.max_log_loss, known))


def _new_rows(
    record: Record, table: Products, rows: Split, new: Products | None, sample: Sequence[str] | None
) -> tuple[Sequence[str], Array]:
    """Ids and features of what the model is applied to: in the order of the sample, where there is one."""
    if new is None:
        note = f"There is no {data.NEW}: the submission is for the rows that were kept back."
        record.note(note)
        return [table.ids[row] for row in rows.validation], table.features[rows.validation]
    return data.ordered(new, sample)


def _add_options(parser: argparse.ArgumentParser) -> None:
    add_table_options(parser, table=data.TRAINING, epochs=10, batch_size=256)
    parser.add_argument(
        "--max-log-loss",
        type=values.positive,
        default=0.7,
        metavar="X",
        help="log loss to reach on rows that are kept back",
    )


def _arguments(options: argparse.Namespace, common: Common) -> OttoArguments:
    return OttoArguments(**table_fields(options, common), max_log_loss=options.max_log_loss)


WORKLOAD = Workload(
    name="otto",
    about="learn the Otto table from HDF5 and LMDB, and write a submission",
    checks=CHECKS,
    backends=BACKENDS,
    add_options=_add_options,
    arguments=_arguments,
    run=run,
)
