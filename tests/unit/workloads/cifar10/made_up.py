"""Builders: small archives of CIFAR-10's formats, configurations and what was measured of them."""

import io
import pickle
import tarfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from workloads.cifar10.configurations import Configuration
from workloads.cifar10.data.formats import PIXELS, TEST, TRAINING
from workloads.cifar10.measurement import Measurement
from workloads.result import Kind

RECORDS = 20

CPU = Configuration(name="cpu-threads-1", kind=Kind.CPU, devices=(0,), threads=1, default=True)
MEASURED = Measurement(
    losses=(2.31, 1.6, 1.2),
    images_per_s=1000.0,
    seconds_to_accuracy=90.0,
    test_accuracy=0.61,
    training_accuracy=0.63,
    told_accuracy=0.6,
    recomputed_accuracy=0.6,
    weights=10,
    still=(),
    places=("CPU:0",),
    cards=(),
    replicas=1,
    difference=0.0,
    peak_mib=900,
)


def configuration(**changes: Any) -> Configuration:
    return replace(CPU, **changes)


def measurement(**changes: Any) -> Measurement:
    return replace(MEASURED, **changes)


def images(number: int) -> tuple[bytes, bytes]:
    """Pixels, colours apart, and classes of one batch."""
    generator = np.random.default_rng(number)
    pixels = generator.integers(0, 256, (RECORDS, PIXELS), dtype=np.uint8)
    return pixels.tobytes(), bytes(int(each) for each in generator.integers(0, 10, RECORDS))


def batch(pixels: bytes, classes: bytes) -> dict[bytes, object]:
    """With keys of bytes and NumPy's array, as Python 2 had it."""
    return {
        b"batch_label": b"one of many",
        b"labels": list(classes),
        b"data": np.frombuffer(pixels, np.uint8).reshape(-1, PIXELS),
        b"filenames": [b"a.png"] * len(classes),
    }


def pickled(pixels: bytes, classes: bytes) -> bytes:
    """In protocol 2."""
    return pickle.dumps(batch(pixels, classes), protocol=2)


def binary(pixels: bytes, classes: bytes) -> bytes:
    return b"".join(
        classes[at : at + 1] + pixels[at * PIXELS : (at + 1) * PIXELS] for at in range(len(classes))
    )


def batches(*, suffix: str = "") -> dict[str, bytes]:
    """The contents of all six files, by name."""
    write = binary if suffix == ".bin" else pickled
    return {f"{name}{suffix}": write(*images(at)) for at, name in enumerate((*TRAINING, TEST))}


def archive(contents: Mapping[str, bytes]) -> io.BytesIO:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as tar:
        for name, content in {"readme.html": b"<p>", **contents}.items():
            member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    file.seek(0)
    return file


def laid(folder: Path, name: str) -> Path:
    """An archive of the Python version in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(archive(batches()).getvalue())
    return folder / name
