"""How a training is cut into steps. Pure."""

from dataclasses import dataclass

from workloads.tables.split import TooFewRowsError
from workloads.training.meter import WARM_UP_BATCHES

TEST_BATCH = 1000
"""Images that are tested at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """How often and in which portions."""

    batch_size: int
    batches: int
    """Of an epoch: images that do not fill a batch are left out, for another shape would be compiled in the middle."""
    epochs: int

    @property
    def images(self) -> int:
        """Of an epoch."""
        return self.batches * self.batch_size

    @property
    def warm_up(self) -> int:
        """First batches that are not counted as speed: of a short training half, for compiling is over after the first."""
        return min(WARM_UP_BATCHES, self.batches * self.epochs // 2)


def steps_of(images: int, batch_size: int, epochs: int) -> Steps:
    """Those of so many images. Raises TooFewRowsError where they fill no batch."""
    if images < batch_size:
        raise TooFewRowsError(
            f"{images} images to train on, and a batch takes {batch_size}: take more images, or a smaller --batch-size"
        )
    return Steps(batch_size=batch_size, batches=images // batch_size, epochs=epochs)
