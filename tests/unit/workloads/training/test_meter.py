"""What is measured of a training, and what is asked of the figures."""

import io
import math
from collections.abc import Sequence

import pytest

from tests.unit.workloads.asked import BEGAN, training
from workloads.progress import BATCH_INTERVAL_S, Clock, Record
from workloads.result import Outcome
from workloads.training.judge import check_accuracy, check_loss, check_throughput
from workloads.training.meter import WARM_UP_BATCHES, Meter, Watch


def test_batches_of_the_warm_up_do_not_count_as_speed() -> None:
    meter = Meter(batch_size=100)
    meter.epoch_begins(0.0)
    for batch in range(WARM_UP_BATCHES):
        meter.batch_ends(10.0 + batch)
    for batch in range(1, 11):
        meter.batch_ends(29.0 + batch)
    seconds, images_per_s = meter.epoch_ends(39.0)
    assert seconds == 39.0
    assert images_per_s == meter.images_per_s == 100.0


def test_later_epochs_count_from_their_beginning_and_breaks_between_them_do_not() -> None:
    meter = Meter(batch_size=10)
    meter.epoch_begins(0.0)
    for _ in range(WARM_UP_BATCHES):
        meter.batch_ends(1.0)
    assert meter.epoch_ends(1.0) == (1.0, 0.0)
    meter.epoch_begins(100.0)
    meter.batch_ends(102.0)
    assert meter.epoch_ends(102.0) == (2.0, 5.0)
    meter.epoch_begins(200.0)
    meter.batch_ends(203.0)
    assert meter.epoch_ends(203.0) == (3.0, 10 / 3)
    assert meter.images_per_s == 4.0


def test_a_training_of_warm_up_alone_has_no_speed() -> None:
    meter = Meter(batch_size=10)
    meter.epoch_begins(0.0)
    meter.batch_ends(1.0)
    meter.epoch_ends(1.0)
    assert meter.images_per_s == 0.0


def test_a_short_training_may_have_a_shorter_warm_up() -> None:
    meter = Meter(batch_size=10, warm_up=2)
    meter.epoch_begins(0.0)
    for now in (1.0, 2.0, 3.0, 4.0):
        meter.batch_ends(now)
    assert meter.epoch_ends(4.0) == (4.0, 10.0)


def test_the_first_loss_is_the_first_batch_s_and_the_others_are_means_of_epochs() -> None:
    watch = Watch(recording(), batch_size=100)
    for epoch, mean in enumerate((0.6, 0.4)):
        watch.epoch_begins(epoch, None)
        watch.batch_ends(0, {"loss": 2.3})
        watch.batch_ends(1, {"loss": 1.1})
        watch.epoch_ends(epoch, {"loss": mean, "accuracy": 0.8})
    assert watch.losses == [2.3, 0.6, 0.4]


def test_a_loss_is_read_back_only_where_something_follows_from_it() -> None:
    read: list[int] = []

    class Loss:
        def __init__(self, batch: int) -> None:
            self._batch = batch

        def __float__(self) -> float:
            read.append(self._batch)
            return 2.3

    now = [1.0]
    watch = Watch(recording(now), batch_size=10, warm_up=4)
    watch.epoch_begins(0, None)
    for batch in range(10):
        now[0] += BATCH_INTERVAL_S / 8
        watch.batch_ends(batch, {"loss": Loss(batch)})
    assert read == [0, 3], "the first, and the last of the warm-up"
    now[0] += BATCH_INTERVAL_S
    watch.batch_ends(10, {"loss": Loss(10)})
    watch.batch_ends(11, {"loss": Loss(11)})
    watch.epoch_ends(0, {"loss": 0.6, "accuracy": 0.8})
    assert read == [0, 3, 10, 11], "one for who looks on, and the epoch's last"


def test_testing_at_the_end_of_an_epoch_is_not_counted_as_training() -> None:
    now = [0.0]
    watch = Watch(recording(now), batch_size=10)
    watch.epoch_begins(0, None)
    now[0] = 1.0
    for batch in range(WARM_UP_BATCHES):
        watch.batch_ends(batch, {"loss": 2.3})
    now[0] = 3.0
    for batch in range(WARM_UP_BATCHES, WARM_UP_BATCHES + 4):
        watch.batch_ends(batch, {"loss": 2.2})
    watch.training_ends()
    now[0] = 103.0
    point = watch.epoch_ends(0, {"loss": 0.6, "accuracy": 0.8})
    assert (point.seconds, point.images_per_s, watch.meter.images_per_s) == (3.0, 20.0, 20.0)


@pytest.mark.parametrize(
    "losses", [(2.3, 2.3), (2.3, 2.4), (2.3, math.nan, 0.2), (math.inf, 0.2), (2.3, math.nan)]
)
def test_a_loss_that_does_not_fall_or_is_no_number_fails(losses: tuple[float, ...]) -> None:
    assert check_loss(losses).outcome is Outcome.FAILED


def test_a_falling_loss_passes() -> None:
    check = check_loss((2.3, 0.6, 0.25))
    assert (check.outcome, check.seen) == (Outcome.PASSED, "2.3000 to 0.2500")


@pytest.mark.parametrize(
    ("accuracy", "outcome"),
    [(0.85, Outcome.PASSED), (0.8499, Outcome.FAILED), (math.nan, Outcome.FAILED)],
)
def test_the_accuracy_must_reach_what_was_asked_for(accuracy: float, outcome: Outcome) -> None:
    assert check_accuracy(accuracy, 0.85).outcome is outcome


def test_a_speed_that_was_not_measured_fails() -> None:
    assert check_throughput(0.0).outcome is Outcome.FAILED
    assert check_throughput(25_000.4).seen == "25,000 images/s"


def recording(now: Sequence[float] = (0.0,)) -> Record:
    """`now` holds the time, in seconds."""
    clock = Clock(utc=lambda: BEGAN, monotonic=lambda: now[0], uptime=lambda: 400.5, boot_id="")
    return Record(training(), (), clock, io.BytesIO())
