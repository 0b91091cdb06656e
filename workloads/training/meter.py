"""Measure a training while Keras runs it: losses and speed. Pure, but for what it tells the record."""

import threading
from collections.abc import Callable
from typing import Any

from workloads.progress import Record
from workloads.result import EpochPoint

WARM_UP_BATCHES = 20
"""First batches, not counted as speed: in them the framework compiles, chooses kernels and fills its caches."""


class Meter:
    """Speed of training alone: reading batches, forward, backward, update. Pure: it is told the time, in seconds.

    Each batch counts as over when its loss has been read back, so a GPU's queue hides nothing.
    """

    def __init__(self, batch_size: int, warm_up: int = WARM_UP_BATCHES) -> None:
        """`warm_up` are the first batches that do not count."""
        self._batch_size = batch_size
        self._warm_up = warm_up
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
        if self._batches > self._warm_up:
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
    """What Keras calls while it trains: keeps the losses, measures, tells.

    Keras may call it from several threads (`async_safe`), so that the next batch need not wait until a loss is read back: a script
    without callbacks does not wait for it either.
    """

    def __init__(
        self,
        record: Record,
        batch_size: int,
        tell: Callable[[EpochPoint], object] | None = None,
        warm_up: int = WARM_UP_BATCHES,
    ) -> None:
        """
        Args:
            record: told of each batch.
            batch_size: as many images, or rows, in each.
            tell: told of each epoch in place of the record, whose curve is that of one training.
            warm_up: the first batches that do not count as speed.
        """
        self._tell = tell or record.epoch
        self.meter = Meter(batch_size, warm_up)
        self.losses: list[float] = []
        """The first batch's, then each epoch's mean."""
        self._record = record
        self._epoch = 0
        self._trained_at = 0.0
        self._lock = threading.Lock()

    def callback(self, *, async_safe: bool = False) -> Any:  # noqa: ANN401  Keras carries no types here
        """For `fit`. With `async_safe`, Keras does not wait for a batch's loss before it begins the next."""
        import keras

        return keras.callbacks.LambdaCallback(
            on_epoch_begin=self.epoch_begins,
            on_train_batch_end=self.batch_ends,
            on_epoch_end=self.epoch_ends,
            async_safe=async_safe,
        )

    def epoch_begins(self, epoch: int, logs: object) -> None:
        """Keras counts epochs from 0."""
        del logs
        self._epoch = epoch + 1
        self.meter.epoch_begins(self._record.clock.monotonic())

    def batch_ends(self, batch: int, logs: dict[str, float]) -> None:
        """`logs` holds means over the epoch so far."""
        loss = round(logs["loss"], 6)
        with self._lock:
            self._trained_at = self._record.clock.monotonic()
            self.meter.batch_ends(self._trained_at)
            if batch == 0 and not self.losses:
                self.losses.append(loss)
            self._record.batch(epoch=self._epoch, batch=batch + 1, loss=loss)

    def epoch_ends(self, epoch: int, logs: dict[str, float]) -> EpochPoint:
        """`logs` holds means over the epoch. All its batches were told before: with the last of them the training was over, and what
        came after it within the epoch was testing.
        """
        seconds, images_per_s = self.meter.epoch_ends(self._trained_at)
        self.losses.append(round(logs["loss"], 6))
        point = EpochPoint(
            epoch=epoch + 1,
            loss=self.losses[-1],
            accuracy=round(logs["accuracy"], 6),
            seconds=round(seconds, 3),
            images_per_s=round(images_per_s, 1),
        )
        self._tell(point)
        return point
