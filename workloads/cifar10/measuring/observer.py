"""What is seen of a training as it goes on, whoever runs its steps: speed, losses, and when the target is reached."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from workloads.cifar10.measuring.network import Model
from workloads.progress import Record
from workloads.training.meter import Watch

Callbacks: TypeAlias = Any
"""Keras's, which comes with the training environment and is not there where types are checked."""


class Observer:
    """Tells each epoch as a row of table `epochs`, and ends the training at the target."""

    def __init__(self, record: Record, watch: Watch, name: str, target: float) -> None:
        """`name` is the configuration's, `target` the test accuracy at which to end."""
        self.watch = watch
        self.test_accuracy = 0.0
        self.seconds_to_accuracy: float | None = None
        self._record = record
        self._name = name
        self._target = target
        self._seconds = 0.0

    def epoch_ends(self, epoch: int, logs: Mapping[str, float]) -> bool:
        """`logs` as Keras has them, with `val_accuracy`. Returns True where the target is reached."""
        point = self.watch.epoch_ends(epoch, dict(logs))
        self._seconds += point.seconds
        self.test_accuracy = round(logs["val_accuracy"], 6)
        self._record.row(
            "epochs",
            {
                "configuration": self._name,
                "epoch": point.epoch,
                "loss": point.loss,
                "accuracy": point.accuracy,
                "test_accuracy": self.test_accuracy,
                "seconds": point.seconds,
                "images_per_s": point.images_per_s,
            },
        )
        reached = self.test_accuracy >= self._target
        if reached:
            self.seconds_to_accuracy = round(self._seconds, 3)
        return reached

    def callbacks(self, model: Model) -> Callbacks:
        """For `model.fit`."""

        def epoch_ends(epoch: int, logs: Mapping[str, float]) -> None:
            model.stop_training = self.epoch_ends(epoch, logs)

        return self.watch.callbacks(model, epoch_ends)
