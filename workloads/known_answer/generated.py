"""Images for the known answers of workloads whose own data are not always the same. Pure.

Ten coarse patterns under noise, in whole numbers from NumPy's RandomState, whose stream is promised for good: the same bytes, so the
same answers, on every computer and with any data set.
"""

from workloads.known_answer.reference import BATCH, STEPS, TESTED, Sample, sample

SEED = 20261130
CLASSES = 10
PATTERN = 7
"""Rows and columns of a pattern, each pixel of which is four by four of the image."""
NOISE = 400
"""Grey levels up and down: so much that a network is not right on every image after 32 steps."""


def generated_sample() -> Sample:
    """As many images as the steps see, and as many more as are tested on."""
    import numpy as np

    generator = np.random.RandomState(SEED)
    count = STEPS * BATCH + TESTED
    patterns = generator.randint(0, 256, (CLASSES, PATTERN, PATTERN))
    classes = generator.randint(0, CLASSES, count)
    noise = generator.randint(-NOISE, NOISE + 1, (count, 28, 28))
    shown = patterns[classes].repeat(4, axis=1).repeat(4, axis=2)
    pixels = np.clip(shown + noise, 0, 255).astype(np.uint8)[..., np.newaxis]
    part = STEPS * BATCH
    return sample(pixels[:part], classes[:part], pixels[part:], classes[part:])
