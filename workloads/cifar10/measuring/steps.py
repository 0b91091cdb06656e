"""How a training is cut into steps. Pure."""

from dataclasses import dataclass

from workloads.tables.split import TooFewRowsError
from workloads.training.meter import WARM_UP_BATCHES

TEST_BATCH = 1000
"""Images that are tested at once, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """How often and in which portions."""

    batch_size: int
    batches: int
    """Of an epoch: images that do not fill a batch are left out, for another shape would be compiled in the middle."""
    epochs: int
    tested: int
    """Images of the test set: what leaves no equal share for each device is left out, for frameworks refuse it."""
    test_batch: int
    """Images that are tested at once."""

    @property
    def images(self) -> int:
        """Of an epoch."""
        return self.batches * self.batch_size

    @property
    def warm_up(self) -> int:
        """First batches that are not counted as speed: of a short training half, for compiling is over after the first."""
        return min(WARM_UP_BATCHES, self.batches * self.epochs // 2)


def steps_of(images: int, tests: int, batch_size: int, epochs: int, devices: int) -> Steps:
    """Those of a training over so many devices.

    Args:
        images: to train on.
        tests: images to test on.
        batch_size: images a step, a multiple of `devices`.
        epochs: passes over the images.
        devices: that share each batch.

    Raises:
        TooFewRowsError: the images fill no batch, or there is no test image for each device.
    """
    if images < batch_size:
        raise TooFewRowsError(
            f"{images} images to train on, and a batch takes {batch_size}: take more images, or a smaller --batch-size"
        )
    if tests < devices:
        raise TooFewRowsError(
            f"{tests} images to test on, and {devices} devices share them: take more images"
        )
    return Steps(
        batch_size=batch_size,
        batches=images // batch_size,
        epochs=epochs,
        tested=even_share(tests, devices),
        test_batch=even_share(min(TEST_BATCH, tests), devices),
    )


def even_share(images: int, devices: int) -> int:
    """As many of the images as every device gets the same number of."""
    return images // devices * devices
