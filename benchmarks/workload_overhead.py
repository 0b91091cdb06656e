"""What the workloads `fashion_mnist` and `cifar10` take of a training's speed: their checks, their measuring, their progress.

    python benchmarks/workload_overhead.py [--python ENVIRONMENT/bin/python] [--rounds N]

Rival: the same training by hand, in benchmarks/bare, run in turns with it. Both print a line when an epoch is over, and the time from line to
line is compared, seen from outside: what starts, loads, compiles and checks lies before the first line or behind the last. Of all epochs of all
rounds the quickest counts, of each: a slower one was held up by something else on the computer (as in Python's `timeit`). The kernel
alone makes one epoch of the same process take 1.7 times as long as the next, by where it puts the threads. Without `--python` an environment
with the role's TensorFlow is made and removed. Needs Fashion-MNIST in ~/.keras, or a way to it; CIFAR-10's images are made on the
spot. 0.95 and more is what we ask of it.
"""

import argparse
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workloads.cifar10.data.made_up import made_up

ROOT = Path(__file__).resolve().parent.parent
CONSTRAINTS = ROOT / "roles/ml_env/files/constraints.txt"
EPOCHS = 9
"""In each run."""
IMAGES = 10_240
"""Of those made on the spot."""
ASKED = 0.95
ENVIRON = os.environ | {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "2", "PYTHONPATH": str(ROOT)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Race:
    """One training, ours and by hand; the number of epochs goes in between, or at the end."""

    name: str
    ours: tuple[str, ...]
    theirs: tuple[str, ...]


def main() -> None:
    """Measure both workloads."""
    options = argparse.ArgumentParser()
    options.add_argument("--python", type=Path, help="of an environment with TensorFlow and Keras")
    options.add_argument("--rounds", type=int, default=3, help="how often each is run")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        python = str(asked.python or environment(Path(folder)))
        for race in races(Path(folder)):
            measure(race, python, asked.rounds, Path(folder) / "result.json")


def races(folder: Path) -> tuple[Race, ...]:
    """The two workloads, on the same images as their rivals."""
    split = made_up(IMAGES, seed=1)
    images = folder / "images.npz"
    np.savez(
        images,
        images=split.training.pixels,
        classes=split.training.classes,
        test_images=split.test.pixels,
        test_classes=split.test.classes,
    )
    threads = f"cpu-threads-{len(os.sched_getaffinity(0))}"
    made = ("--synthetic", str(IMAGES), "--configurations", threads, "--target-accuracy", "1")
    return (
        Race(name="fashion_mnist", ours=("--batch-size", "256"), theirs=("256",)),
        Race(name="cifar10", ours=("--batch-size", "64", *made), theirs=("64", str(images))),
    )


def measure(race: Race, python: str, rounds: int, result: Path) -> None:
    """Print one line: the quickest of all rounds, ours beside theirs."""
    job = (
        *(python, "-m", "workloads", race.name, "--device", "cpu", "--min-accuracy", "0"),
        *("--result", str(result), *race.ours, "--epochs", str(EPOCHS)),
    )
    script = (python, str(ROOT / "benchmarks/bare" / f"{race.name}.py"), str(EPOCHS), *race.theirs)
    ours, theirs = [], []
    for _ in range(rounds):
        ours += epochs(job)
        theirs += epochs(script)
    ratio = min(theirs) / min(ours)
    verdict = "" if ratio >= ASKED else f", less than {ASKED:g}"
    print(
        f"{race.name:13}  {ratio:.3f} of the script by hand{verdict}"
        f" (an epoch took ours {min(ours):.2f} to {max(ours):.2f} s, theirs {min(theirs):.2f} to {max(theirs):.2f} s)",
        flush=True,
    )


def epochs(argv: tuple[str, ...]) -> list[float]:
    """Seconds of each epoch after the first, from line to line of the program's output. It has to succeed."""
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=ENVIRON) as program:
        ended = [time.monotonic() for line in program.stdout or () if is_epoch(line)]
    if program.returncode or len(ended) != EPOCHS:
        raise subprocess.CalledProcessError(program.returncode, argv, f"{len(ended)} of {EPOCHS} epochs")
    return [after - before for before, after in itertools.pairwise(ended)]


def is_epoch(line: bytes) -> bool:
    """Whether it says that an epoch is over: `cifar10` tells it as a row of a table."""
    told: dict[str, object] = json.loads(line)
    return told.get("event") == "epoch" or told.get("table") == "epochs"


def environment(folder: Path) -> Path:
    """Make one with the releases that the role installs; its Python."""
    home = folder / "environment"
    subprocess.run((sys.executable, "-m", "venv", str(home)), check=True)
    python = home / "bin/python"
    packages = ("tensorflow-cpu", "keras", "numpy")
    install = (str(python), "-m", "pip", "install", "--quiet", "--constraint", str(CONSTRAINTS), *packages)
    subprocess.run(install, check=True)
    return python


if __name__ == "__main__":
    main()
