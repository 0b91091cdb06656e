"""Towers: a replica of the network on each device by `tf.device`, each with its share of a batch, and the mean of their gradients.

Nothing of `tf.distribute`. Every replica makes the same step with the same mean, so all stay equal; the job compares them afterwards.
"""

from collections.abc import Iterator, Sequence
from importlib import import_module

from workloads.cifar10.configurations import Configuration
from workloads.cifar10.data.shared import Array, Images, Split
from workloads.cifar10.measuring.network import Model, build
from workloads.cifar10.measuring.observer import Observer
from workloads.cifar10.measuring.steps import Steps
from workloads.devices.framework import Tensor
from workloads.devices.opening import tensor_of


class Towers:
    """See Training in `spread`."""

    def __init__(self, configuration: Configuration, seed: int) -> None:
        self._tf = import_module("tensorflow")
        self._devices = configuration.places
        self._seed = seed
        self._models = tuple(self._built(device, configuration) for device in self._devices)
        self._compiled = self._tf.function(self._step)
        self.model = self._models[0]

    def train(self, split: Split, steps: Steps, observer: Observer) -> None:
        """See Training."""
        test = split.test
        for epoch in range(steps.epochs):
            observer.watch.epoch_begins(epoch, None)
            loss, accuracy = self._epoch(epoch, split.training, steps, observer)
            _, tested = self.model.evaluate(test.pixels, test.classes, batch_size=steps.test_batch, verbose=0)
            if observer.epoch_ends(epoch, {"loss": loss, "accuracy": accuracy, "val_accuracy": tested}):
                return

    def copies(self) -> Iterator[tuple[Tensor, ...]]:
        """See Training."""
        for weights in zip(*(model.weights for model in self._models), strict=True):
            yield tuple(tensor_of(weight) for weight in weights)

    def _built(self, device: str, configuration: Configuration) -> Model:
        """From the same seed, so from the same weights."""
        with self._tf.device(device):
            model = build(self._seed, configuration.precision.value, xla=configuration.xla)
            model.optimizer.build(model.trainable_variables)
        return model

    def _epoch(self, epoch: int, training: Images, steps: Steps, observer: Observer) -> tuple[float, float]:
        """Mean loss and accuracy, as the weights changed.

        A loss is read back when the next step is under way, so that reading does not hold up the devices.
        """
        import numpy as np

        order = np.random.default_rng((self._seed, epoch)).permutation(steps.images)
        batches = order.reshape(steps.batches, len(self._devices), -1)
        loss = hits = 0.0
        under_way = None
        for number in range(steps.batches + 1):
            step = (
                self._compiled(*self._shares(training, batches[number])) if number < steps.batches else None
            )
            if under_way is not None:
                loss += float(under_way[0])
                hits += float(under_way[1])
                observer.watch.batch_ends(number - 1, {"loss": loss / number})
            under_way = step
        return loss / steps.batches, hits / steps.batches

    def _shares(self, training: Images, batch: Array) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
        """A batch of numbers of images, one row for each device, as images and classes on these devices."""
        pixels, classes = [], []
        for device, numbers in zip(self._devices, batch, strict=True):
            with self._tf.device(device):
                pixels.append(self._tf.constant(training.pixels[numbers]))
                classes.append(self._tf.constant(training.classes[numbers].astype("int32")))
        return tuple(pixels), tuple(classes)

    def _step(self, pixels: Sequence[Tensor], classes: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """One step of all towers; the batch's mean loss and accuracy before it."""
        tf = self._tf
        gradients, losses, hits = [], [], []
        for device, model, images, truth in zip(self._devices, self._models, pixels, classes, strict=True):
            with tf.device(device):
                with tf.GradientTape() as tape:
                    logits = model(images, training=True)
                    each = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=truth, logits=logits)
                    loss = tf.reduce_mean(each)
                gradients.append(tape.gradient(loss, model.trainable_variables))
                losses.append(loss)
                hit = tf.argmax(logits, axis=1, output_type=tf.int32) == truth
                hits.append(tf.reduce_mean(tf.cast(hit, tf.float32)))
        with tf.device("CPU:0"):
            means = [self._mean(parts) for parts in zip(*gradients, strict=True)]
            told = self._mean(losses), self._mean(hits)
        for device, model in zip(self._devices, self._models, strict=True):
            with tf.device(device):
                model.optimizer.apply_gradients(zip(means, model.trainable_variables, strict=True))
        return told

    def _mean(self, parts: Sequence[Tensor]) -> Tensor:
        return self._tf.add_n(list(parts)) / len(parts)
