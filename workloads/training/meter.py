"""Measure a training while Keras runs it: losses and speed. Pure, but for what it tells the record."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from workloads.progress import BATCH_INTERVAL_S, Record
from workloads.result import EpochPoint

Model: TypeAlias = Any
"""Keras's, which comes with the training environment and is not there where types are checked."""

WARM_UP_BATCHES = 20
"""First batches, not counted as speed: in them the framework compiles, chooses kernels and fills its caches."""


class Meter:
    """Speed of training alone: reading batches, forward, backward, update. Pure: it is told the time, in seconds.

    The times that count, of the warm-up's last batch and of an epoch's, are taken when the loss has been read back: a GPU's queue hides nothing.
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

    @property
    def ends_warm_up(self) -> bool:
        """Whether the batch that ends next is the last that does not count."""
        return self._batches + 1 == self._warm_up

    def epoch_begins(self, now: float) -> None:
        """Before the epoch's images are shuffled."""
        self._began = self._counting_since = now
        self._images = 0

    def batch_ends(self, now: float) -> None:
        """One more batch; `now` matters within the warm-up."""
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
    """Keeps a training's losses, measures it, tells of it.

    A batch's loss is read back, which waits for the device, where something follows from it: of the first batch, of the last of the
    warm-up and of each epoch, and a few times a second for those who look on. A script without callbacks waits no oftener.
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
            record: told of batches.
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
        self._trained_at = self._read_at = 0.0
        self._unread: tuple[int, Mapping[str, Any]] | None = None

    def callbacks(
        self, model: Model, on_epoch_end: Callable[[int, dict[str, float]], object] | None = None
    ) -> Any:  # noqa: ANN401  Keras carries no types here
        """For `fit` of this model. Keras' own list would read back every batch's loss, in a thread that takes turns with the training.

        Args:
            model: the one that is trained.
            on_epoch_end: called in place of `epoch_ends`, which it calls.
        """
        import keras

        watch = self

        class Callbacks(keras.callbacks.CallbackList):  # type: ignore[misc]  # Keras carries no types here
            def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
                watch.batch_ends(batch, logs or {})

            def on_test_begin(self, logs: Mapping[str, Any] | None = None) -> None:
                watch.training_ends()
                super().on_test_begin(logs)

            def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
                watch.training_ends()
                super().on_epoch_end(epoch, logs)

        hooks = keras.callbacks.LambdaCallback(
            on_epoch_begin=self.epoch_begins, on_epoch_end=on_epoch_end or self.epoch_ends
        )
        return Callbacks([hooks], add_history=True, model=model)

    def epoch_begins(self, epoch: int, logs: object) -> None:
        """Keras counts epochs from 0."""
        del logs
        self._epoch = epoch + 1
        self.meter.epoch_begins(self._record.clock.monotonic())

    def batch_ends(self, batch: int, logs: Mapping[str, Any]) -> None:
        """`logs` holds means over the epoch so far, as numbers or as what the framework makes numbers of when asked."""
        self._unread = (batch, logs)
        now = self._record.clock.monotonic()
        if not self.losses or self.meter.ends_warm_up or now - self._read_at >= BATCH_INTERVAL_S:
            now = self._read()
        self.meter.batch_ends(now)

    def training_ends(self) -> None:
        """Of this epoch: what comes now is testing, or the next epoch."""
        if self._unread is not None:
            self._read()

    def epoch_ends(self, epoch: int, logs: dict[str, float]) -> EpochPoint:
        """`logs` holds means over the epoch. What came after its last batch was testing, and is not counted."""
        self.training_ends()
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

    def _read(self) -> float:
        """Wait for the last batch and tell of it; the time at which it was over."""
        batch, logs = self._unread or (0, {})
        self._unread = None
        loss = round(float(logs["loss"]), 6)
        self._trained_at = self._read_at = self._record.clock.monotonic()
        if not self.losses:
            self.losses.append(loss)
        self._record.batch(epoch=self._epoch, batch=batch + 1, loss=loss)
        return self._trained_at
