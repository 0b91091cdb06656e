"""The steps of a training on several hosts, from wherever its last checkpoint stands to its end."""

import math
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType

from workloads.collectives.session import Session
from workloads.distributed.arguments import DistributedArguments
from workloads.distributed.engines.engine import Sums, Trainer
from workloads.distributed.shares import Share, Split, order, share
from workloads.distributed.state.checkpoint import Progress, State, save
from workloads.distributed.state.network import Array, pace
from workloads.fashion_mnist.data import Images
from workloads.progress import Record
from workloads.result import EpochPoint, InterruptedBySignalError
from workloads.training.meter import WARM_UP_BATCHES

_ALONE_WARM_UP = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """Which images come in which step."""

    arguments: DistributedArguments
    images: Images
    replicas: int

    @property
    def steps_per_epoch(self) -> int:
        """Images that do not fill a batch are left out."""
        return len(self.images.classes) // self.arguments.batch_size

    @property
    def steps(self) -> int:
        """Of the whole training."""
        return self.steps_per_epoch * self.arguments.epochs

    def epoch(self, step: int) -> int:
        """From 1."""
        return step // self.steps_per_epoch + 1

    def share(self, in_order: Array, step: int, replica: int) -> Share:
        """A replica's part of a step's batch; `in_order` is that of the step's epoch."""
        size = self.arguments.batch_size
        at = step % self.steps_per_epoch * size
        split = Split(batch=size, replicas=self.replicas)
        return share(split, replica, in_order[at : at + size], self.images.pixels, self.images.classes)

    def order(self, step: int) -> Array:
        """Of the step's epoch."""
        return order(self.arguments.seed, self.epoch(step), len(self.images.classes))


class Keeper:
    """Writes checkpoints, on the first task alone: all tasks have the same."""

    def __init__(self, record: Record, arguments: DistributedArguments, *, writes: bool) -> None:
        self._record = record
        self._arguments = arguments
        self._writes = writes and bool(arguments.checkpoints)
        self._at = record.clock.monotonic()

    def keep(self, trainer: Trainer, progress: Progress, *, now: bool) -> None:
        """Where one is due, or `now`. One that cannot be written is a note: the training goes on without."""
        due = self._record.clock.monotonic() - self._at >= self._arguments.checkpoint_seconds
        if not self._writes or not (now or due):
            return
        self._at = self._record.clock.monotonic()
        try:
            save(Path(self._arguments.checkpoints), self._arguments.identity, trainer.state(), progress)
        except OSError as cause:
            self._record.note(f"no checkpoint of step {progress.step}: {cause}")
        else:
            self._record.step({"checkpoint_of_step": progress.step})


def measure_alone(current: Session, trainer: Trainer, course: Course, seconds: float) -> float:
    """Images/s of this task by itself, at the same time as all others, each with its share of a batch as large."""
    in_order = course.order(0)
    sizes = Split(batch=course.arguments.batch_size, replicas=course.replicas)
    images = sum(last - first for first, last in map(sizes.bounds, trainer.own))

    def one_step(step: int) -> None:
        at = step % course.steps_per_epoch
        trainer.step_alone(lambda replica: course.share(in_order, at, replica), pace=pace(step, course.steps))
        current.watchdog.beat("training by itself")

    for step in range(_ALONE_WARM_UP):
        one_step(step)
    with current.watchdog.waiting("for the others"):
        current.channel.barrier()
    clock, made = time.monotonic, 0
    began = now = clock()
    while now - began < seconds or made < _ALONE_WARM_UP:
        one_step(made)
        made += 1
        now = clock()
    with current.watchdog.waiting("for the others"):
        current.channel.barrier()
    return made * images / (now - began)


def train(current: Session, trainer: Trainer, record: Record, course: Course, progress: Progress) -> Progress:
    """Make every step that is left; returns how far it came, which is the end unless the loss is no longer a number.

    Raises:
        InterruptedBySignalError: a task was asked to end: all do, after the same step, and a checkpoint is written.
    """
    arguments = course.arguments
    keeper = Keeper(record, arguments, writes=current.step.is_first)
    clock, began_at = record.clock.monotonic, progress.step
    in_order = course.order(progress.step)
    with _asked_to_end() as ending:
        while progress.step < course.steps:
            step, began = progress.step, clock()
            if step % course.steps_per_epoch == 0:
                in_order = course.order(step)

            def of(replica: int, *, step: int = step, in_order: Array = in_order) -> Share:
                return course.share(in_order, step, replica)

            sums = trainer.step(of, pace=pace(step, course.steps), stop=ending.is_set())
            current.watchdog.beat(f"step {step + 1} of {course.steps}")
            progress = _counted(
                progress,
                sums,
                clock() - began,
                arguments.batch_size,
                is_warm=step - began_at >= WARM_UP_BATCHES,
            )
            record.batch(
                epoch=course.epoch(step), batch=step % course.steps_per_epoch + 1, loss=round(sums.loss, 6)
            )
            ends_epoch = progress.step % course.steps_per_epoch == 0
            if ends_epoch:
                progress = _epoch_closed(progress, course)
                record.epoch(points(progress)[-1])
            keeper.keep(trainer, progress, now=ends_epoch or sums.stops > 0)
            if sums.stops > 0:
                _end(current, progress)
            if not math.isfinite(sums.loss):
                break
    return progress


def points(progress: Progress) -> tuple[EpochPoint, ...]:
    """The epochs that are over."""
    return tuple(
        EpochPoint(**{**point, "epoch": int(point["epoch"])})  # type: ignore[arg-type]  # a checkpoint's figures
        for point in progress.points
    )


def speed(progress: Progress) -> float:
    """Images/s of all tasks together, of all steps but the warm-up; 0 where there were no others."""
    return progress.all_images / progress.all_seconds if progress.all_seconds else 0.0


def start(seed_weights: Array) -> State:
    """Before the first step."""
    import numpy as np

    zeros = np.zeros_like(seed_weights)
    return State(weights=seed_weights, first=zeros, second=zeros)


def _counted(before: Progress, sums: Sums, seconds: float, images: int, *, is_warm: bool) -> Progress:
    made = replace(
        before,
        first_loss=sums.loss if before.first_loss is None else before.first_loss,
        step=before.step + 1,
        steps=before.steps + 1,
        loss=before.loss + sums.loss,
        right=before.right + sums.right,
        seconds=before.seconds + seconds,
    )
    if not is_warm:
        return made
    return replace(
        made,
        counted_images=made.counted_images + images,
        counted_seconds=made.counted_seconds + seconds,
        all_images=made.all_images + images,
        all_seconds=made.all_seconds + seconds,
    )


def _epoch_closed(progress: Progress, course: Course) -> Progress:
    images, counted_s = progress.steps * course.arguments.batch_size, progress.counted_seconds
    point = EpochPoint(
        epoch=progress.step // course.steps_per_epoch,
        loss=round(progress.loss / progress.steps, 6),
        accuracy=round(progress.right / images, 6),
        seconds=round(progress.seconds, 3),
        images_per_s=round(progress.counted_images / counted_s, 1) if counted_s else 0.0,
    )
    return replace(
        progress,
        points=(*progress.points, {name: getattr(point, name) for name in EpochPoint.__slots__}),
        loss=0.0,
        right=0.0,
        steps=0,
        seconds=0.0,
        counted_images=0,
        counted_seconds=0.0,
    )


def _end(current: Session, progress: Progress) -> None:
    """All tasks, together: nobody is lost."""
    current.channel.barrier()
    current.collectives.close()
    current.channel.close()
    raise InterruptedBySignalError(f"asked to end after step {progress.step}")


@contextmanager
def _asked_to_end() -> Iterator[threading.Event]:
    """Within it, SIGTERM and SIGINT are a wish, which the step after next fulfils on all tasks."""
    asked = threading.Event()

    def wish(number: int, frame: FrameType | None) -> None:
        del number, frame
        asked.set()

    before = {number: signal.signal(number, wish) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
