"""What one process shares another maps: the same images, colours together."""

from pathlib import Path

import numpy as np
import pytest

from tests.unit.workloads.cifar10.made_up import RECORDS, images
from workloads.cifar10.data.formats import Batch
from workloads.cifar10.data.made_up import described, made_up
from workloads.cifar10.data.shared import Split, map_images, share
from workloads.cifar10.data.shared import images as made
from workloads.cifar10.measuring.steps import steps_of
from workloads.tables.split import TooFewRowsError


def test_pictures_made_on_the_spot_are_the_same_for_the_same_seed_and_pretend_to_be_no_file() -> None:
    first, again, other = made_up(100, 1), made_up(100, 1), made_up(100, 2)
    assert (first.training.pixels.shape, len(first.test.classes)) == ((100, 32, 32, 3), 25)
    assert described(first) == described(again) != described(other)
    assert described(first).expected_sha256 == ""


def split(limit: int | None) -> Split:
    first, second = (Batch(pixels=pixels, classes=classes) for pixels, classes in (images(0), images(5)))
    return Split(training=made(first, limit), test=made(second, limit))


def test_colours_that_are_published_apart_come_together() -> None:
    planes = np.frombuffer(images(0)[0], np.uint8).reshape(RECORDS, 3, 32, 32)
    pixels = split(None).training.pixels
    assert pixels.shape == (RECORDS, 32, 32, 3)
    assert all((pixels[..., colour] == planes[:, colour]).all() for colour in range(3))


def test_a_limit_cuts_both_splits() -> None:
    some = split(7)
    assert len(some.training.pixels) == len(some.test.classes) == 7
    assert (some.training.pixels == split(None).training.pixels[:7]).all()


def test_what_fills_no_batch_is_told_with_what_to_change() -> None:
    assert steps_of(64, 16, 64, 1, 1).batches == 1
    with pytest.raises(
        TooFewRowsError, match=r"63 images to train on, and a batch takes 64: .* --batch-size"
    ):
        steps_of(63, 16, 64, 1, 1)


def test_another_process_maps_what_was_shared_from_a_file_without_a_name() -> None:
    there = split(None)
    with share(there) as file:
        path = Path(f"/proc/self/fd/{file.fileno()}")
        assert path.readlink().name.endswith("(deleted)")
        mapped = map_images(path, RECORDS, RECORDS)
    for ours, theirs in ((there.training, mapped.training), (there.test, mapped.test)):
        assert (ours.pixels == theirs.pixels).all()
        assert (ours.classes == theirs.classes).all()
        assert type(theirs.pixels) is np.ndarray


@pytest.mark.parametrize(
    ("tests", "devices", "tested", "at_once"),
    [
        (10_000, 1, 10_000, 1000),
        (10_000, 3, 9_999, 999),
        (125, 2, 124, 124),
        (2500, 8, 2496, 1000),
        (3, 3, 3, 3),
    ],
)
def test_each_device_tests_as_many_images_as_the_others(
    tests: int, devices: int, tested: int, at_once: int
) -> None:
    steps = steps_of(960, tests, 96, 1, devices)
    assert (steps.tested, steps.test_batch) == (tested, at_once)


def test_fewer_test_images_than_devices_are_told() -> None:
    with pytest.raises(TooFewRowsError, match="2 images to test on, and 3 devices share them"):
        steps_of(960, 2, 96, 1, 3)
