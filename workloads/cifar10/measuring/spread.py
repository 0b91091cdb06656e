"""A training on one device or on several, and the copies of each weight that it leaves on them."""

import contextlib
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from importlib import import_module
from typing import Protocol

from workloads.cifar10.configurations import LOGICAL_CPUS, Configuration, Spread
from workloads.cifar10.data.shared import Split
from workloads.cifar10.measuring.network import Model, build
from workloads.cifar10.measuring.observer import Observer
from workloads.cifar10.measuring.steps import Steps
from workloads.cifar10.measuring.towers import Towers
from workloads.devices.framework import Tensor
from workloads.devices.opening import tensor_of
from workloads.result import Kind


class Training(Protocol):
    """Built, and with its weights where they belong."""

    model: Model
    """Keras', to test with."""

    def train(self, split: Split, steps: Steps, observer: Observer) -> None:
        """Until the epochs are over, or the observer says that the target is reached."""
        ...

    def copies(self) -> Iterator[tuple[Tensor, ...]]:
        """Of each weight its tensor on every device."""
        ...


def set_up(configuration: Configuration) -> None:
    """What must be set before the framework's first operation."""
    if configuration.kind is Kind.CPU and configuration.spread in {Spread.MIRRORED, Spread.TOWERS}:
        config = import_module("tensorflow").config
        (cpu,) = config.list_physical_devices("CPU")
        config.set_logical_device_configuration(cpu, [config.LogicalDeviceConfiguration()] * LOGICAL_CPUS)


def training(configuration: Configuration, seed: int) -> Training:
    """Build it. Lets the framework's errors through."""
    if configuration.spread is Spread.TOWERS:
        return Towers(configuration, seed)
    with _laid_over(configuration):
        model = build(seed, configuration.precision.value, xla=configuration.xla)
    return _ByKeras(model, configuration.spread)


class _ByKeras:
    """Trained by `fit`, wherever it was built."""

    def __init__(self, model: Model, spread: Spread) -> None:
        self.model = model
        self._spread = spread

    def train(self, split: Split, steps: Steps, observer: Observer) -> None:
        """See Training."""
        self.model.fit(
            split.training.pixels[: steps.images],
            split.training.classes[: steps.images],
            batch_size=steps.batch_size,
            epochs=steps.epochs,
            verbose=0,
            validation_data=(split.test.pixels, split.test.classes),
            validation_batch_size=steps.test_batch,
            callbacks=observer.callbacks(self.model),
        )

    def copies(self) -> Iterator[tuple[Tensor, ...]]:
        """See Training."""
        for weight in self.model.weights:
            tensor = tensor_of(weight)
            yield _copies(tensor, self._spread)


def _laid_over(configuration: Configuration) -> AbstractContextManager[object]:
    """What the model has to be built in, to be trained over these devices."""
    if configuration.spread is Spread.MIRRORED:
        strategy = import_module("tensorflow").distribute.MirroredStrategy(list(configuration.places))
        scope: AbstractContextManager[object] = strategy.scope()
        return scope
    if configuration.spread is Spread.SHARDED:
        distribution = import_module("keras").distribution
        devices = [place.lower() for place in configuration.places]
        distribution.set_distribution(distribution.DataParallel(devices=devices, auto_shard_dataset=False))
    return contextlib.nullcontext()


def _copies(tensor: Tensor, spread: Spread) -> tuple[Tensor, ...]:
    if spread is Spread.MIRRORED:
        return tuple(tensor.values)
    if spread is Spread.SHARDED:
        shards: Sequence[Tensor] = tensor.addressable_shards
        return tuple(shard.data for shard in shards)
    return (tensor,)
