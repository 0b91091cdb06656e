"""What the workloads `fashion_mnist` and `cifar10` take of a training's speed: their checks, their measuring, their progress.

    python benchmarks/workload_overhead.py [--python ENVIRONMENT/bin/python] [--rounds N]

Rival: the same training by hand, in benchmarks/bare, run in turns with it. Compared is the time of six epochs more: what starts, loads
and checks is in the shorter training as well and drops out. It is judged by the clock, so leave the computer alone; processor time, which
counts other people's load little, stands beside: ours reads each batch's loss back in another thread. Without `--python` an environment with the role's TensorFlow is made and removed. Needs Fashion-MNIST in
~/.keras, or a way to it; CIFAR-10's images are made on the spot. 0.95 and more is what we ask of it.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workloads.cifar10.data.made_up import made_up

ROOT = Path(__file__).resolve().parent.parent
CONSTRAINTS = ROOT / "roles/ml_env/files/constraints-tensorflow-2.21.txt"
SHORT, LONG = 2, 8
"""Epochs."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Seconds of a whole program."""

    clock_s: float
    cpu_s: float


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
    """Print one line: the medians of all rounds, in each of which ours is measured beside theirs."""
    by_clock: list[float] = []
    by_processor: list[float] = []
    job = (
        python,
        "-m",
        "workloads",
        race.name,
        "--device",
        "cpu",
        "--min-accuracy",
        "0",
        "--result",
        str(result),
    )
    script = (python, str(ROOT / "benchmarks/bare" / f"{race.name}.py"))
    for _ in range(rounds):
        ours, theirs = [], []
        for epochs in (SHORT, LONG):
            ours.append(run((*job, *race.ours, "--epochs", str(epochs))))
            theirs.append(run((*script, str(epochs), *race.theirs)))
        by_clock.append((theirs[1].clock_s - theirs[0].clock_s) / (ours[1].clock_s - ours[0].clock_s))
        by_processor.append((theirs[1].cpu_s - theirs[0].cpu_s) / (ours[1].cpu_s - ours[0].cpu_s))
    ratio = statistics.median(by_clock)
    verdict = "" if ratio >= ASKED else f", less than {ASKED:g}"
    print(
        f"{race.name:13}  {ratio:.3f} of the script by hand ({', '.join(f'{each:.3f}' for each in by_clock)}){verdict};"
        f" {statistics.median(by_processor):.3f} by processor time",
        flush=True,
    )


def run(argv: tuple[str, ...]) -> Spent:
    """What the program takes, with all that it starts and waits for. It has to succeed."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(argv, check=True, capture_output=True, env=ENVIRON, timeout=3600)
    after, ended = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Spent(clock_s=ended - began, cpu_s=cpu_s)


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
