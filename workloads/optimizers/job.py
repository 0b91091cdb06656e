"""Compare Eve with Adam, SGD with momentum and RMSprop on Fashion-MNIST: the same seeds, curves with their spread.

First Eve has to be the paper's. Says nothing of which optimizer is best: each trains at its default learning rate.
"""

import argparse
from dataclasses import replace
from pathlib import Path

from workloads import options as values
from workloads.checks import declared
from workloads.devices.opening import BACKENDS, open_framework, places_of, tell_memory, tell_used
from workloads.fashion_mnist.data import TRAINING_IMAGES, Split, check_data, fetch, images, read
from workloads.optimizers import curves, judge
from workloads.optimizers.paper import FIRST, REVISIONS
from workloads.optimizers.training import (
    OPTIMIZERS,
    OptimizersArguments,
    Trainer,
    Training,
    first_images,
)
from workloads.optimizers.trial import try_revision
from workloads.output import Draft, keep
from workloads.packages import package
from workloads.progress import Record
from workloads.workload import Common, Folders, Workload

CHECKS = declared("optimizers")


def run(record: Record, arguments: OptimizersArguments, folders: Folders) -> None:
    """Try Eve, train by each optimizer with each seed, and make every check. Tables: `epochs`, `trainings`, `curves`.

    Lets through what `open_framework` raises, and the framework's own errors.

    Args:
        record: what is found goes there.
        arguments: what is asked.
        folders: where the data are, and where the picture goes.

    Raises:
        DataSetError: Fashion-MNIST is not there, and cannot be fetched.
        MissingPackageError: matplotlib is not in the environment.
    """
    opened = open_framework(record)
    if opened is None:
        return
    framework, wanted = opened
    package("matplotlib", "matplotlib")
    files, contents = read(folders.home, fetch)
    record.evidence = replace(record.evidence, data=files)
    verified = check_data(files)
    record.check(verified)
    if verified.reason:
        return
    whole = images(contents)
    split = Split(training=first_images(whole.training, arguments.limit), test=whole.test)
    record.check(judge.check_paper([try_revision(framework, revision) for revision in REVISIONS]))
    trainers = {name: Trainer(name, arguments) for name in OPTIMIZERS}
    trainings = [
        _told(record, trainers[name].train(seed, split, record))
        for seed in range(arguments.seed, arguments.seed + arguments.seeds)
        for name in OPTIMIZERS
    ]
    _draw(record, trainings, folders.output)
    for made in (
        judge.check_same_start(trainings),
        judge.check_losses(trainings),
        judge.check_feedback(trainings),
        judge.check_accuracies(trainings, arguments.min_accuracy),
        judge.check_changed(trainings),
    ):
        record.check(made)
    places = [
        place
        for trainer in trainers.values()
        for place in places_of(framework, trainer.model, split.test.pixels[:1])
    ]
    tell_used(record, wanted, places)
    tell_memory(record, framework)


def _told(record: Record, training: Training) -> Training:
    last = training.epochs[-1]
    record.row(
        "trainings",
        {
            "optimizer": training.optimizer,
            "seed": training.seed,
            "first_loss": training.first_loss,
            "last_loss": last.loss,
            "test_accuracy": last.test_accuracy,
            "seconds": training.seconds,
            "coefficient": training.coefficient,
        },
    )
    return training


def _draw(record: Record, trainings: list[Training], output: Path) -> None:
    rows = curves.rows(trainings)
    for row in rows:
        record.row("curves", row)
    draft = Draft(
        name=curves.PICTURE, about="curves of the optimizers with their spread", media_type="image/svg+xml"
    )
    keep(record, output, draft, lambda path: curves.draw(rows, path))


def _add_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    images = TRAINING_IMAGES
    add("--epochs", type=values.whole(1, 1000), default=5, metavar="N", help="passes over the images")
    add("--batch-size", type=values.whole(1, images), default=128, metavar="N", help="images per step")
    add(
        "--seeds", type=values.whole(1, 100), default=3, metavar="N", help="trainings of each, from --seed on"
    )
    add("--limit", type=values.whole(1, images), default=images, metavar="N", help="first images to train on")
    add("--eve", choices=REVISIONS, default=FIRST, dest="revision", help="of the algorithm's two versions")
    add(
        "--min-accuracy",
        type=values.share,
        default=0.8,
        metavar="X",
        help="test accuracy for each optimizer to reach in the mean of its seeds, 0 to 1",
    )


def _arguments(options: argparse.Namespace, common: Common) -> OptimizersArguments:
    return OptimizersArguments(
        **common,
        epochs=options.epochs,
        batch_size=min(options.batch_size, options.limit),
        min_accuracy=options.min_accuracy,
        revision=options.revision,
        seeds=options.seeds,
        limit=options.limit,
    )


WORKLOAD = Workload(
    name="optimizers",
    about="Eve beside Adam, SGD and RMSprop, with the spread over seeds",
    checks=CHECKS,
    backends=BACKENDS,
    add_options=_add_options,
    arguments=_arguments,
    run=run,
)
