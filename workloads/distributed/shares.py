"""Which images each replica works on. Pure: it follows from seed, epoch and step alone, so a training that is resumed goes on in its place.

The batch is that of all hosts together, and so is its mean: the same training on one host or on many, but for the order of additions.
"""

from dataclasses import dataclass
from typing import Any, TypeAlias

Array: TypeAlias = Any
"""NumPy's, which comes with the training environment and is not there where types are checked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """How a batch is split."""

    batch: int
    """Images of all replicas together."""
    replicas: int

    @property
    def size(self) -> int:
        """Places of each replica: all have the same shape, and some of the last are empty where the batch does not divide."""
        return -(-self.batch // self.replicas)

    def bounds(self, replica: int) -> tuple[int, int]:
        """Which images of the batch a replica gets: no image twice, none left out."""
        return self.batch * replica // self.replicas, self.batch * (replica + 1) // self.replicas


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one replica works on in one step."""

    pixels: Array
    """uint8 of size x 28 x 28 x 1."""
    classes: Array
    """int32."""
    counted: Array
    """float32: 1 for an image, 0 for an empty place."""


def order(seed: int, epoch: int, images: int) -> Array:
    """In which order an epoch, from 1, takes the images."""
    import numpy as np

    return np.random.default_rng([seed, epoch]).permutation(images)


def share(split: Split, replica: int, chosen: Array, pixels: Array, classes: Array) -> Share:
    """A replica's part of a batch.

    Args:
        split: how batches are split.
        replica: whose part.
        chosen: numbers of the batch's images.
        pixels: of all images.
        classes: of all images.
    """
    import numpy as np

    first, last = split.bounds(replica)
    own = np.resize(chosen[first:last], split.size) if last > first else np.zeros(split.size, np.int64)
    counted = np.zeros(split.size, np.float32)
    counted[: last - first] = 1
    return Share(pixels=pixels[own], classes=classes[own].astype(np.int32), counted=counted)
