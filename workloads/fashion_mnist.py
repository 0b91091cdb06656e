"""Train a small convolutional network through Keras on the real Fashion-MNIST, and see how well and how fast.

Trains on the whole data set or not at all, and leaves the choice of the device to the framework: what matters is where
the weights and the output turn out to be.
"""

import math
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from workloads.cards import check_memory
from workloads.devices import check_used, common_kind, open_framework, tensor_of
from workloads.progress import Record
from workloads.result import Check, DataSetError, EpochPoint, TrainingArguments, check

CHECKS = ("devices_listed", "loss_falls", "throughput_measured", "test_accuracy", "device_used")

TRAINING_IMAGES = 60_000
TEST_IMAGES = 10_000
WARM_UP_BATCHES = 20
"""First batches, not counted as speed: in them the framework compiles, chooses kernels and fills its caches."""
LEARNING_RATE = 0.01
"""At the start; it falls to zero along a cosine. Three epochs reach 0.89 on the test images, a single one 0.86."""
_TEST_BATCH = 1000
_FETCH_TIMEOUT_S = 30.0

Array: TypeAlias = Any
Model: TypeAlias = Any
"""NumPy's and Keras's, which come with the training environment and are not there where types are checked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Images:
    """Grey images, uint8 of n x 28 x 28 x 1, and their classes, 0..9."""

    pixels: Array
    classes: Array


def run(record: Record, arguments: TrainingArguments) -> None:
    """Train, test and make every check; stop after the first when no device of the wanted kind is there.

    Lets through what `open_framework` raises, and the framework's own errors.

    Raises:
        DataSetError: Fashion-MNIST is not there, and cannot be fetched.
    """
    opened = open_framework(record)
    if opened is None:
        return
    framework, wanted = opened
    training, test = _load()
    model = _build(arguments)
    watch = _train(model, training, record, arguments)
    speed = round(watch.meter.images_per_s, 1)
    record.metrics |= {"first_loss": watch.losses[0], "last_loss": watch.losses[-1], "images_per_s": speed}
    record.check(check_loss(watch.losses))
    record.check(check_throughput(speed))
    loss, accuracy = model.evaluate(test.pixels, test.classes, batch_size=_TEST_BATCH, verbose=0)
    record.metrics |= {"test_loss": round(loss, 6), "test_accuracy": round(accuracy, 6)}
    record.check(check_accuracy(accuracy, arguments.min_accuracy))
    tensors = (*map(tensor_of, model.weights), model(test.pixels[:1], training=False))
    places = tuple(framework.place(tensor) for tensor in tensors)
    record.used = common_kind(places)
    record.check(check_used(wanted, places))
    if arguments.memory_limit_mib is not None:
        record.check(check_memory(arguments.memory_limit_mib, framework.peak_mib()))


def check_loss(losses: Sequence[float]) -> Check:
    """The loss fell, from the first batch (before anything was learnt) to the last epoch's mean."""
    seen = f"{losses[0]:.4f} to {losses[-1]:.4f}"
    if not all(math.isfinite(loss) for loss in losses):
        return check("loss_falls", "it is not a number all the way", seen=seen, expected="falls")
    reason = "" if losses[-1] < losses[0] else "it did not fall"
    return check("loss_falls", reason, seen=seen, expected="falls")


def check_throughput(images_per_s: float) -> Check:
    """There was something to measure after the warm-up."""
    reason = "" if images_per_s > 0 else "every batch was warm-up: train more epochs or in smaller batches"
    expected = f"above 0, after {WARM_UP_BATCHES} batches"
    return check("throughput_measured", reason, seen=f"{images_per_s:,.0f} images/s", expected=expected)


def check_accuracy(accuracy: float, wanted: float) -> Check:
    """The share of the test images that the network knows."""
    # Not `<`: an accuracy that is not a number must fail too.
    reason = "" if accuracy >= wanted else f"{accuracy:.4f} is below {wanted:g}"
    return check("test_accuracy", reason, seen=f"{accuracy:.4f}", expected=f"at least {wanted:g}")


class Meter:
    """Speed of training alone: reading batches, forward, backward, update. Pure: it is told the time, in seconds.

    Each batch counts as over when its loss has been read back, so a GPU's queue hides nothing.
    """

    def __init__(self, batch_size: int) -> None:
        self._batch_size = batch_size
        self._batches = 0
        self._began = self._counting_since = 0.0
        self._images = self._all_images = 0
        self._all_seconds = 0.0

    @property
    def images_per_s(self) -> float:
        """Over all finished epochs, warm-up left out; 0.0 when nothing else was there."""
        return self._all_images / self._all_seconds if self._all_images else 0.0

    def epoch_begins(self, now: float) -> None:
        """Before the epoch's images are shuffled."""
        self._began = self._counting_since = now
        self._images = 0

    def batch_ends(self, now: float) -> None:
        """The batch's loss is known."""
        self._batches += 1
        if self._batches > WARM_UP_BATCHES:
            self._images += self._batch_size
        else:
            self._counting_since = now

    def epoch_ends(self, now: float) -> tuple[float, float]:
        """Seconds that the epoch took, and its images per second."""
        if not self._images:
            return now - self._began, 0.0
        seconds = now - self._counting_since
        self._all_images += self._images
        self._all_seconds += seconds
        return now - self._began, self._images / seconds


class Watch:
    """What Keras calls while it trains: keeps the losses, measures, tells."""

    def __init__(self, record: Record, batch_size: int) -> None:
        self.meter = Meter(batch_size)
        self.losses: list[float] = []
        """The first batch's, then each epoch's mean."""
        self._record = record
        self._epoch = 0

    def epoch_begins(self, epoch: int, logs: object) -> None:
        """Keras counts epochs from 0."""
        del logs
        self._epoch = epoch + 1
        self.meter.epoch_begins(self._record.clock.monotonic())

    def batch_ends(self, batch: int, logs: dict[str, float]) -> None:
        """`logs` holds means over the epoch so far."""
        self.meter.batch_ends(self._record.clock.monotonic())
        loss = round(logs["loss"], 6)
        if not self.losses:
            self.losses.append(loss)
        self._record.batch(epoch=self._epoch, batch=batch + 1, loss=loss)

    def epoch_ends(self, epoch: int, logs: dict[str, float]) -> None:
        """`logs` holds means over the epoch."""
        seconds, images_per_s = self.meter.epoch_ends(self._record.clock.monotonic())
        self.losses.append(round(logs["loss"], 6))
        self._record.epoch(
            EpochPoint(
                epoch=epoch + 1,
                loss=self.losses[-1],
                accuracy=round(logs["accuracy"], 6),
                seconds=round(seconds, 3),
                images_per_s=round(images_per_s, 1),
            )
        )


def _load() -> tuple[Images, Images]:
    import keras

    socket.setdefaulttimeout(_FETCH_TIMEOUT_S)
    try:
        training, test = keras.datasets.fashion_mnist.load_data()
    except Exception as cause:
        # Keras goes to the network for a missing file, and to /tmp/.keras where its folder is not writable.
        home = Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser()
        raise DataSetError(
            f"Fashion-MNIST cannot be loaded: {cause or type(cause).__name__}; Keras looks in "
            f"{home}/datasets/fashion-mnist, and needs {home} to be writable"
        ) from cause
    if (len(training[0]), len(test[0])) != (TRAINING_IMAGES, TEST_IMAGES):
        raise DataSetError(
            f"this is not the whole of Fashion-MNIST: {len(training[0])} and {len(test[0])} images"
        )
    return (
        Images(pixels=training[0][..., None], classes=training[1]),
        Images(pixels=test[0][..., None], classes=test[1]),
    )


def _build(arguments: TrainingArguments) -> Model:
    """Strides instead of pooling: 106,000 weights and 355,000 multiplications an image, for two cores."""
    import keras

    keras.utils.set_random_seed(arguments.seed)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1), dtype="uint8"),
            layers.Rescaling(1 / 255),
            layers.Conv2D(16, 3, strides=2, padding="same", activation="relu"),
            layers.Conv2D(32, 3, strides=2, padding="same", activation="relu"),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dense(10),
        ]
    )
    steps = TRAINING_IMAGES // arguments.batch_size * arguments.epochs
    model.compile(
        optimizer=keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


def _train(model: Model, images: Images, record: Record, arguments: TrainingArguments) -> Watch:
    import keras

    watch = Watch(record, arguments.batch_size)
    # What does not fill a batch is left out: a second shape would be compiled in the middle of the measurement.
    whole = TRAINING_IMAGES // arguments.batch_size * arguments.batch_size
    model.fit(
        images.pixels[:whole],
        images.classes[:whole],
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
