"""Measure a training while Keras runs it: losses and speed. Pure, but for what it tells the record."""

from workloads.progress import Record
from workloads.result import EpochPoint

WARM_UP_BATCHES = 20
"""First batches, not counted as speed: in them the framework compiles, chooses kernels and fills its caches."""


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
