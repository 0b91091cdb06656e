"""The steps of a training on several hosts: from its checkpoint to its end, in the right place of the data."""

import io
import os
import signal
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from tests.unit.workloads.distributed.state import asked, state
from workloads.collectives.session import Session
from workloads.distributed.arguments import DistributedArguments
from workloads.distributed.engines.engine import Sums
from workloads.distributed.shares import Share
from workloads.distributed.state.checkpoint import Progress, State, find
from workloads.distributed.training import Course, measure_alone, points, speed, train
from workloads.fashion_mnist.data import Images
from workloads.progress import Record, host_clock
from workloads.result import InterruptedBySignalError
from workloads.step.channel import Channel, Limits
from workloads.step.slurm import ALONE
from workloads.step.watchdog import Watchdog

IMAGES = Images(
    pixels=np.arange(95, dtype=np.uint8).reshape(-1, 1, 1, 1).repeat(28, 1).repeat(28, 2),
    classes=np.arange(95) % 10,
)


class _Trainer:
    """Keeps what it was given; its weights are a sum that depends on every image and on its order."""

    replicas: int = 1
    own: tuple[int, ...] = (0,)

    def __init__(self, *, losses: Callable[[int], float] = lambda step: 2.0 / (step + 1)) -> None:
        self.seen: list[list[int]] = []
        self.kept = state(0.0)
        self._losses = losses
        self.at_step: Callable[[int], object] = lambda step: None

    def load(self, state: State) -> None:
        self.kept = state

    def state(self) -> State:
        return self.kept

    def copies(self) -> tuple[Any, ...]:
        return (self.kept.weights,)

    def step(self, of: Callable[[int], Share], *, pace: float, stop: bool) -> Sums:
        numbers = of(0).pixels[:, 0, 0, 0].tolist()
        self.seen.append(numbers)
        weights = self.kept.weights * np.float32(0.5) + np.float32(
            sum(n * i for i, n in enumerate(numbers)) * pace
        )
        self.kept = State(weights=weights, first=self.kept.first, second=self.kept.second)
        self.at_step(len(self.seen))
        return Sums(loss=self._losses(len(self.seen)), right=7.0, stops=float(stop))

    def step_alone(self, of: Callable[[int], Share], *, pace: float) -> None:
        of(0)

    def logits(self, pixels: Any) -> Any:
        return pixels

    def places(self) -> tuple[str, ...]:
        return ("CPU:0",)


def _made(arguments: DistributedArguments) -> tuple[Session, Record, Course]:
    current = SimpleNamespace(
        step=ALONE,
        channel=Channel(ALONE, Limits(join_s=1, silence_s=1), pytest.fail),
        watchdog=Watchdog(60, pytest.fail),
        collectives=SimpleNamespace(close=lambda: None),
    )
    record = Record(arguments, (), host_clock(), cast("Any", io.BytesIO()))
    return cast("Session", current), record, Course(arguments=arguments, images=IMAGES, replicas=1)


def _trained(arguments: DistributedArguments, trainer: _Trainer, progress: Progress) -> Progress:
    current, record, course = _made(arguments)
    return train(current, trainer, record, course, progress)


def test_every_epoch_sees_every_image_that_fills_a_batch_once() -> None:
    trainer = _Trainer()
    progress = _trained(asked(), trainer, Progress())
    assert progress.step == 18
    first = [number for batch in trainer.seen[:9] for number in batch]
    second = [number for batch in trainer.seen[9:] for number in batch]
    assert len(set(first)) == len(first) == 90
    assert len(set(second)) == 90
    assert first != second
    assert [point.epoch for point in points(progress)] == [1, 2]
    assert points(progress)[0].accuracy == 0.7
    assert progress.first_loss == 1.0


@pytest.mark.parametrize("broken_off_at", [3, 9, 14])
def test_a_resumed_training_is_the_same_to_the_last_bit(tmp_path: Path, broken_off_at: int) -> None:
    whole = _Trainer()
    _trained(asked(), whole, Progress())
    arguments = asked(checkpoints=str(tmp_path), checkpoint_seconds=1)
    began = _Trainer()
    began.at_step = lambda step: os.kill(os.getpid(), signal.SIGTERM) if step == broken_off_at else None
    with pytest.raises(InterruptedBySignalError):
        _trained(arguments, began, Progress())
    found, _ = find(tmp_path, arguments.identity)
    assert found is not None
    resumed = _Trainer(losses=lambda step: 1.0 / (step + 1))
    resumed.load(found.state)
    progress = _trained(arguments, resumed, found.progress)
    assert began.seen[: found.progress.step] + resumed.seen == whole.seen
    assert np.array_equal(resumed.kept.weights, whole.kept.weights)
    assert [point.epoch for point in points(progress)] == [1, 2]
    assert progress.first_loss == 1.0


def test_sigterm_is_what_it_was_afterwards(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGTERM)
    _trained(asked(), _Trainer(), Progress())
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_loss_that_is_no_number_ends_the_training() -> None:
    trainer = _Trainer(losses=lambda step: float("nan") if step == 4 else 1.0)
    assert _trained(asked(), trainer, Progress()).step == 4


def test_without_a_folder_nothing_is_kept_and_the_end_is_resumed_from_with_nothing_to_do(
    tmp_path: Path,
) -> None:
    arguments = asked(checkpoints=str(tmp_path))
    _trained(arguments, _Trainer(), Progress())
    found, _ = find(tmp_path, arguments.identity)
    assert found is not None
    assert found.progress.step == 18
    again = _Trainer()
    _trained(arguments, again, found.progress)
    assert again.seen == []


def test_a_checkpoint_that_cannot_be_written_is_a_note(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    arguments = asked(checkpoints=str(tmp_path / "file"))
    current, record, course = _made(arguments)
    assert train(current, _Trainer(), record, course, Progress()).step == 18
    assert any("no checkpoint of step 9" in note for note in record.evidence.notes)


def test_the_first_batches_do_not_count_as_speed() -> None:
    assert speed(_trained(asked(epochs=2), _Trainer(), Progress())) == 0.0  # 18 steps, all of them warm-up
    assert speed(_trained(asked(epochs=4), _Trainer(), Progress())) > 0


def test_a_host_by_itself_is_measured_on_its_own_share() -> None:
    current, _, course = _made(asked())
    assert measure_alone(current, _Trainer(), course, 0.01) > 0
