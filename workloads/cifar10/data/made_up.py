"""Pictures made on the spot, in CIFAR-10's shape: enough to measure speed with, worth nothing as a proof that a network learns. Pure.

Ten coarse patterns in colour under noise, from NumPy's RandomState: the same for the same number and seed.
"""

import hashlib

from workloads.cifar10.data.shared import SHAPE, Images, Split
from workloads.result.evidence import DataFile

NAME = "made up"
TEST_SHARE = 4
"""One test image for so many that are trained on."""
_PATTERN = 8
_NOISE = 80
"""Grey levels up and down."""
_WRONG = 10
"""Of so many pictures one gets a class by chance, so that no accuracy comes near 1."""


def made_up(count: int, seed: int) -> Split:
    """So many images to train on, and a quarter of that to test on."""
    import numpy as np

    generator = np.random.RandomState(seed)
    patterns = generator.randint(0, 256, (10, _PATTERN, _PATTERN, SHAPE[2]))
    scale = SHAPE[0] // _PATTERN

    def part(size: int) -> Images:
        classes = generator.randint(0, 10, size)
        shown = patterns[classes].repeat(scale, axis=1).repeat(scale, axis=2)
        wrong = generator.randint(0, _WRONG, size) == 0
        noise = generator.randint(-_NOISE, _NOISE + 1, shown.shape)
        told = np.where(wrong, generator.randint(0, 10, size), classes)
        return Images(pixels=np.clip(shown + noise, 0, 255).astype(np.uint8), classes=told.astype(np.uint8))

    return Split(training=part(count), test=part(-(-count // TEST_SHARE)))


def described(split: Split) -> DataFile:
    """As evidence: that there is no published file of this name is plain from its empty `expected_sha256`."""
    digest = hashlib.sha256()
    for part in (split.training, split.test):
        digest.update(part.pixels.tobytes())
        digest.update(part.classes.tobytes())
    return DataFile(
        name=NAME,
        split="training and test",
        records=len(split.training.classes) + len(split.test.classes),
        sha256=digest.hexdigest(),
        expected_sha256="",
    )
