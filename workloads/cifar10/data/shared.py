"""Hand images to other processes of the same job: in a file without a name, which is gone with the last that has it open."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

from workloads.cifar10.data.formats import Batch
from workloads.decoding import named
from workloads.output import OutputError

Array: TypeAlias = Any
"""NumPy's, which comes with the training environment and is not there where types are checked."""

SHAPE = (32, 32, 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Images:
    """Colour images, uint8 of n x 32 x 32 x 3, and their classes, 0..9."""

    pixels: Array
    classes: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """What is learnt from, and what is only tested on."""

    training: Images
    test: Images


def images(batch: Batch, limit: int | None) -> Images:
    """The first `limit` of a batch, colours together; None for all."""
    import numpy as np

    classes = np.frombuffer(batch.classes, np.uint8)[:limit]
    planes = np.frombuffer(batch.pixels, np.uint8).reshape(-1, 3, 32, 32)[:limit]
    return Images(pixels=np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), classes=classes)


def share(split: Split) -> BinaryIO:
    """A file without a name that holds it, for `map_images`. Raises OutputError where there is no room."""

    def unwritable(said: str) -> OutputError:
        folder = tempfile.gettempdir()
        return OutputError(
            f"the images cannot be handed on through {folder}: {said}; make room there, or set TMPDIR to another folder"
        )

    with named(unwritable):
        file = tempfile.TemporaryFile()  # noqa: SIM115  it is open as long as the job needs it
        for part in (split.training, split.test):
            file.write(part.pixels.tobytes())
            file.write(part.classes.tobytes())
        file.flush()
    return file


def map_images(path: Path, training: int, test: int) -> Split:
    """What `share` wrote: so many images to train on, so many to test on. Read from memory that the processes share."""
    import numpy as np

    at = 0

    def part(count: int) -> Images:
        nonlocal at
        size = count * SHAPE[0] * SHAPE[1] * SHAPE[2]
        pixels = np.asarray(np.memmap(path, np.uint8, "r", at, (count, *SHAPE)))
        classes = np.asarray(np.memmap(path, np.uint8, "r", at + size, (count,)))
        at += size + count
        return Images(pixels=pixels, classes=classes)

    return Split(training=part(training), test=part(test))
