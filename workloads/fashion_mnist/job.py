"""Train a small convolutional network through Keras on the real Fashion-MNIST, and see how well and how fast.

Before that every device has to give known answers. Trains on the whole data set or not at all, and leaves the choice of the device
to the framework: what matters is where the weights and the output turn out to be.
"""

import argparse
from dataclasses import dataclass, replace

from workloads import options as values
from workloads.checks import declared
from workloads.devices.framework import Framework
from workloads.devices.opening import (
    BACKENDS,
    Weight,
    computing,
    open_framework,
    places_of,
    tell_memory,
    tell_used,
)
from workloads.fashion_mnist import bands
from workloads.fashion_mnist.data import TRAINING_IMAGES, Images, Split, check_data, fetch, images, read
from workloads.fashion_mnist.network import Model, build, numpy_accuracy
from workloads.known_answer import reference
from workloads.known_answer.judge import judge
from workloads.known_answer.trial import answers
from workloads.progress import Record
from workloads.result import Kind, TrainingArguments
from workloads.training import judge as figures
from workloads.training.meter import Watch
from workloads.workload import Common, Folders, Workload

CHECKS = declared("fashion_mnist")

_TEST_BATCH = 1000
_TRAINED_IMAGES = 10_000
"""Of the training images, on which the accuracy is taken too."""


def run(record: Record, arguments: TrainingArguments, folders: Folders) -> None:
    """Train, test and make every check; stop after the first when no device of the wanted kind is there, or the data are others.

    Lets through what `open_framework` raises, and the framework's own errors.

    Args:
        record: what is found goes there.
        arguments: what is asked.
        folders: where the data are.

    Raises:
        DataSetError: Fashion-MNIST is not there, and cannot be fetched.
    """
    opened = open_framework(record)
    if opened is None:
        return
    framework, wanted = opened
    files, contents = read(folders.home, fetch)
    record.evidence = replace(record.evidence, data=files)
    verified = check_data(files)
    record.check(verified)
    if verified.reason:
        return
    split = images(contents)
    _answer(record, framework, wanted, split)
    model = build(arguments)
    before = model.get_weights()
    watch = _train(model, split.training, record, arguments)
    _judge(record, arguments, watch, _tested(model, split))
    after = model.get_weights()
    record.check(figures.check_weights([_name(weight) for weight in model.weights], before, after))
    recomputed = numpy_accuracy(after, split.test)
    record.check(figures.check_recomputed(record.metrics["test_accuracy"], recomputed))
    tell_used(record, wanted, places_of(framework, model, split.test.pixels[:1]))
    tell_memory(record, framework)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tested:
    test_loss: float
    test_accuracy: float
    training_accuracy: float


def _answer(record: Record, framework: Framework, wanted: Kind, split: Split) -> None:
    """Put the known sums to every device that has to compute."""
    data = reference.sample(
        split.training.pixels, split.training.classes, split.test.pixels, split.test.classes
    )
    devices = computing(wanted, record.devices)
    given = answers(framework, devices, record.arguments.seed, data)
    record.evidence = replace(record.evidence, known_answers=given)
    for made in judge(given, devices):
        record.check(made)


def _train(model: Model, training: Images, record: Record, arguments: TrainingArguments) -> Watch:
    watch = Watch(record, arguments.batch_size)
    # What does not fill a batch is left out: a second shape would be compiled in the middle of the measurement.
    whole = TRAINING_IMAGES // arguments.batch_size * arguments.batch_size
    model.fit(
        training.pixels[:whole],
        training.classes[:whole],
        batch_size=arguments.batch_size,
        epochs=arguments.epochs,
        verbose=0,
        callbacks=watch.callbacks(model),
    )
    return watch


def _tested(model: Model, split: Split) -> _Tested:
    loss, accuracy = model.evaluate(split.test.pixels, split.test.classes, batch_size=_TEST_BATCH, verbose=0)
    part = slice(_TRAINED_IMAGES)
    _, trained = model.evaluate(
        split.training.pixels[part], split.training.classes[part], batch_size=_TEST_BATCH, verbose=0
    )
    return _Tested(
        test_loss=round(loss, 6), test_accuracy=round(accuracy, 6), training_accuracy=round(trained, 6)
    )


def _judge(record: Record, arguments: TrainingArguments, watch: Watch, tested: _Tested) -> None:
    speed = round(watch.meter.images_per_s, 1)
    record.metrics |= {
        "first_loss": watch.losses[0],
        "last_loss": watch.losses[-1],
        "images_per_s": speed,
        "test_loss": tested.test_loss,
        "test_accuracy": tested.test_accuracy,
        "training_accuracy": tested.training_accuracy,
    }
    record.check(figures.check_loss(watch.losses))
    record.check(figures.check_throughput(speed))
    record.check(figures.check_accuracy(tested.test_accuracy, arguments.min_accuracy))
    record.check(bands.check_bands(arguments, watch.losses, tested.training_accuracy, tested.test_accuracy))


def _name(weight: Weight) -> str:
    """With its layer in Keras 3."""
    return str(getattr(weight, "path", None) or weight.name)


def _add_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    images = TRAINING_IMAGES
    add("--epochs", type=values.whole(1, 1000), default=3, metavar="N", help="passes over the images")
    add("--batch-size", type=values.whole(1, images), default=256, metavar="N", help="images per step")
    add("--min-accuracy", type=values.share, default=0.85, metavar="X", help="test accuracy to reach, 0 to 1")


def _arguments(options: argparse.Namespace, common: Common) -> TrainingArguments:
    return TrainingArguments(
        **common,
        epochs=options.epochs,
        batch_size=options.batch_size,
        min_accuracy=options.min_accuracy,
    )


WORKLOAD = Workload(
    name="fashion_mnist",
    about="train a small network through Keras",
    checks=CHECKS,
    backends=BACKENDS,
    add_options=_add_options,
    arguments=_arguments,
    run=run,
)
