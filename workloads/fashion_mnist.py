"""Train a small convolutional network through Keras on the real Fashion-MNIST, and see how well and how fast.

Before that every device has to give known answers. Trains on the whole data set or not at all, and leaves the choice of the device
to the framework: what matters is where the weights and the output turn out to be.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from workloads.devices.cards import check_memory
from workloads.devices.framework import Framework
from workloads.devices.opening import (
    Weight,
    check_used,
    common_kind,
    computing,
    open_framework,
    tensor_of,
)
from workloads.known_answer import reference
from workloads.known_answer.judge import CHECKS as KNOWN_ANSWERS
from workloads.known_answer.judge import judge
from workloads.known_answer.trial import answer, random_product
from workloads.progress import Record
from workloads.result import Kind, TrainingArguments
from workloads.training import judge as figures
from workloads.training.data import FOLDER, TRAINING_IMAGES, Images, Split, check_data, images, read
from workloads.training.meter import Watch
from workloads.training.network import Model, build, numpy_accuracy

CHECKS = (
    "devices_listed",
    "cards_counted",
    "data_verified",
    *KNOWN_ANSWERS,
    "loss_falls",
    "throughput_measured",
    "test_accuracy",
    "training_bands",
    "weights_changed",
    "accuracy_recomputed",
    "device_used",
    "gpu_health",
)

_TEST_BATCH = 1000
_TRAINED_IMAGES = 10_000
"""Of the training images, on which the accuracy is taken too."""


def run(record: Record, arguments: TrainingArguments, home: Path) -> None:
    """Train, test and make every check; stop after the first when no device of the wanted kind is there, or the data are others.

    Lets through what `open_framework` raises, and the framework's own errors.

    Args:
        record: what is found goes there.
        arguments: what is asked.
        home: Keras' folder of the user, with the data.

    Raises:
        DataSetError: Fashion-MNIST is not there, and cannot be fetched.
    """
    opened = open_framework(record)
    if opened is None:
        return
    framework, wanted = opened
    files, contents = read(home, _fetch)
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
    tensors = (*map(tensor_of, model.weights), model(split.test.pixels[:1], training=False))
    places = tuple(framework.place(tensor) for tensor in tensors)
    record.used = common_kind(places)
    record.check(check_used(wanted, places))
    if arguments.memory_limit_mib is not None:
        record.check(check_memory(arguments.memory_limit_mib, framework.peak_mib()))


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
    expected, product = reference.expected(data), random_product(record.arguments.seed)
    devices = computing(wanted, record.devices)
    answers = tuple(answer(framework, device, product, data, expected) for device in devices)
    record.evidence = replace(record.evidence, known_answers=answers)
    for made in judge(answers, devices):
        record.check(made)


def _train(model: Model, training: Images, record: Record, arguments: TrainingArguments) -> Watch:
    import keras

    watch = Watch(record, arguments.batch_size)
    # What does not fill a batch is left out: a second shape would be compiled in the middle of the measurement.
    whole = TRAINING_IMAGES // arguments.batch_size * arguments.batch_size
    model.fit(
        training.pixels[:whole],
        training.classes[:whole],
        batch_size=arguments.batch_size,
        epochs=arguments.epochs,
        verbose=0,
        callbacks=[
            keras.callbacks.LambdaCallback(
                on_epoch_begin=watch.epoch_begins,
                on_train_batch_end=watch.batch_ends,
                on_epoch_end=watch.epoch_ends,
            )
        ],
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
    record.check(figures.check_bands(arguments, watch.losses, tested.training_accuracy, tested.test_accuracy))


def _fetch(name: str, origin: str, home: Path) -> object:
    import keras

    return keras.utils.get_file(name, origin=origin, cache_dir=str(home), cache_subdir=FOLDER)


def _name(weight: Weight) -> str:
    """With its layer in Keras 3."""
    return str(getattr(weight, "path", None) or weight.name)
