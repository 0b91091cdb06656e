"""Train the same network by each optimizer, from the same weights on the same batches. Judges nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from workloads.fashion_mnist.data import Array, Images, Split
from workloads.optimizers.eve import eve, is_carrier, with_objective
from workloads.progress import Record
from workloads.result import TrainingArguments

Model: TypeAlias = Any
"""Keras's, which comes with the training environment and is not there where types are checked."""

EVE, ADAM, SGD, RMSPROP = OPTIMIZERS = ("eve", "adam", "sgd", "rmsprop")
LEARNING_RATE = {EVE: 1e-3, ADAM: 1e-3, SGD: 1e-2, RMSPROP: 1e-3}
"""Each at its own default: Algorithm 1 of arXiv:1611.01505, Algorithm 1 of arXiv:1412.6980 (Adam), and Keras' for the two others.
None was tuned for this network, so what is compared is what they do untouched."""
MOMENTUM = 0.9
"""Of SGD, as in the paper's experiments."""
HIDDEN = 128
_TEST_BATCH = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimizersArguments(TrainingArguments):
    """What is asked on top of any training."""

    revision: str
    """Of Eve: see `paper.REVISIONS`."""
    seeds: int
    """How many, from `seed` on."""
    limit: int
    """Training images, the first of the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochFigures:
    """After one epoch of one training."""

    loss: float
    """Mean over the epoch, as the weights changed."""
    test_loss: float
    test_accuracy: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """One optimizer with one seed."""

    optimizer: str
    seed: int
    first_loss: float
    """Of the first batch, before any step."""
    epochs: tuple[EpochFigures, ...]
    seconds: float
    """Of all epochs, testing and compiling included."""
    coefficient: float | None
    """Eve's d after the last step; None for the others."""
    still: tuple[str, ...]
    """Weights that did not change or are no number."""

    @property
    def name(self) -> str:
        """To tell it from the others."""
        return f"{self.optimizer} with seed {self.seed}"

    @property
    def losses(self) -> tuple[float, ...]:
        """The first batch's, then each epoch's mean."""
        return (self.first_loss, *(each.loss for each in self.epochs))


class Trainer:
    """One optimizer. Compiled once: for each seed the weights and what the optimizer remembers are put back."""

    def __init__(self, optimizer: str, arguments: OptimizersArguments) -> None:
        import keras

        self._optimizer, self._arguments = optimizer, arguments
        self.network = _network()
        make = with_objective if optimizer == EVE else keras.Model
        self.model = make(self.network.inputs[0], self.network.outputs[0])
        self.model.compile(
            optimizer=_made(optimizer, arguments.revision),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"],
        )
        self.model.optimizer.build(self.model.trainable_variables)
        self._untouched = [keras.ops.convert_to_numpy(each) for each in self.model.optimizer.variables]

    def train(self, seed: int, split: Split, record: Record) -> Training:
        """All epochs from this seed; each is told as a row of table `epochs`."""
        import keras

        start = initial_weights(seed)
        self.network.set_weights(start)
        for variable, value in zip(self.model.optimizer.variables, self._untouched, strict=True):
            variable.assign(value)
        first = _FirstLoss(record)
        began, epochs = record.clock.monotonic(), []
        for epoch in range(1, self._arguments.epochs + 1):
            figures = self._epoch(seed, epoch, split, first)
            epochs.append(figures)
            record.row(
                "epochs",
                {
                    "optimizer": self._optimizer,
                    "seed": seed,
                    "epoch": epoch,
                    "loss": figures.loss,
                    "test_loss": figures.test_loss,
                    "test_accuracy": figures.test_accuracy,
                },
            )
        d = getattr(self.model.optimizer, "coefficient", None)
        return Training(
            optimizer=self._optimizer,
            seed=seed,
            first_loss=first.loss,
            epochs=tuple(epochs),
            seconds=round(record.clock.monotonic() - began, 3),
            coefficient=None if d is None else round(float(keras.ops.convert_to_numpy(d)), 6),
            still=_still(self.network, start),
        )

    def _epoch(self, seed: int, epoch: int, split: Split, first: "_FirstLoss") -> EpochFigures:
        import keras

        order = batch_order(seed, epoch, self._arguments)
        history = self.model.fit(
            split.training.pixels[order],
            split.training.classes[order],
            batch_size=self._arguments.batch_size,
            epochs=1,
            shuffle=False,
            verbose=0,
            callbacks=[keras.callbacks.LambdaCallback(on_train_batch_end=first.hear(epoch))],
        )
        loss, accuracy = self.model.evaluate(
            split.test.pixels, split.test.classes, batch_size=_TEST_BATCH, verbose=0
        )
        return EpochFigures(
            loss=round(history.history["loss"][0], 6),
            test_loss=round(loss, 6),
            test_accuracy=round(accuracy, 6),
        )


def initial_weights(seed: int) -> list[Array]:
    """Of the network, by this seed alone."""
    import keras

    keras.utils.set_random_seed(seed)
    weights: list[Array] = _network().get_weights()
    return weights


def batch_order(seed: int, epoch: int, arguments: OptimizersArguments) -> Array:
    """Which image comes when: by seed and epoch alone. What does not fill a batch is left out."""
    import numpy as np

    whole = arguments.limit // arguments.batch_size * arguments.batch_size
    return np.random.default_rng((seed, epoch)).permutation(arguments.limit)[:whole]


def first_images(images: Images, limit: int) -> Images:
    """The first of them."""
    return Images(pixels=images.pixels[:limit], classes=images.classes[:limit])


class _FirstLoss:
    """Keeps the first batch's loss of a training, and tells every batch."""

    def __init__(self, record: Record) -> None:
        self.loss = float("nan")
        self._record = record
        self._heard = False

    def hear(self, epoch: int) -> Callable[[int, dict[str, float]], None]:
        """What Keras calls after each batch; `logs` holds means over the epoch so far."""

        def batch_ends(batch: int, logs: dict[str, float]) -> None:
            if not self._heard:
                self._heard, self.loss = True, round(float(logs["loss"]), 6)
            self._record.batch(epoch=epoch, batch=batch + 1, loss=round(float(logs["loss"]), 6))

        return batch_ends


def _network() -> Model:
    """One hidden layer, 101,770 weights: small, so that what the optimizers do shows after few epochs."""
    import keras

    pixels = keras.Input((28, 28, 1), dtype="uint8")
    hidden = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(pixels))
    hidden = keras.layers.Dense(HIDDEN, activation="relu")(hidden)
    return keras.Model(pixels, keras.layers.Dense(10)(hidden))


def _made(optimizer: str, revision: str) -> object:
    import keras

    rate = LEARNING_RATE[optimizer]
    if optimizer == EVE:
        return eve(revision)
    if optimizer == SGD:
        return keras.optimizers.SGD(rate, momentum=MOMENTUM)
    return {ADAM: keras.optimizers.Adam, RMSPROP: keras.optimizers.RMSprop}[optimizer](rate)


def _still(network: Model, start: Sequence[Array]) -> tuple[str, ...]:
    import numpy as np

    return tuple(
        str(getattr(variable, "path", variable.name))
        for variable, before, after in zip(network.weights, start, network.get_weights(), strict=True)
        if not is_carrier(variable) and not ((before != after).any() and np.isfinite(after).all())
    )
