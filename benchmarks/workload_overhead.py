"""What the workloads `fashion_mnist` and `cifar10` take of a training's speed: their checks, their measuring, their progress.

    python benchmarks/workload_overhead.py [--python ENVIRONMENT/bin/python] [--rounds N]

Rival: the same training by hand, in benchmarks/bare, run in turns with it. Compared is the time of 14 epochs more: what starts, loads
and checks is in the shorter training as well and drops out. Of all rounds the quickest counts, of each: a slower one was held up by
something else on the computer (as in Python's `timeit`). By the clock; processor time stands beside. Without `--python` an environment
with the role's TensorFlow is made and removed. Needs Fashion-MNIST in ~/.keras, or a way to it; CIFAR-10's images are made on the
spot. 0.95 and more is what we ask of it.
"""

import argparse
import operator
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workloads.cifar10.data.made_up import made_up

ROOT = Path(__file__).resolve().parent.parent
CONSTRAINTS = ROOT / "roles/ml_env/files/constraints-tensorflow-2.21.txt"
SHORT, LONG = 2, 16
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
    options.add_argument("--rounds", type=int, default=4, help="how often each is run")
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
    ours: dict[int, list[Spent]] = {SHORT: [], LONG: []}
    theirs: dict[int, list[Spent]] = {SHORT: [], LONG: []}
    for _ in range(rounds):
        for epochs in (SHORT, LONG):
            ours[epochs].append(run((*job, *race.ours, "--epochs", str(epochs))))
            theirs[epochs].append(run((*script, str(epochs), *race.theirs)))
    clock_s, cpu_s = operator.attrgetter("clock_s"), operator.attrgetter("cpu_s")
    ratio = more(theirs, clock_s) / more(ours, clock_s)
    verdict = "" if ratio >= ASKED else f", less than {ASKED:g}"
    print(
        f"{race.name:13}  {ratio:.3f} of the script by hand{verdict}; {more(theirs, cpu_s) / more(ours, cpu_s):.3f} by processor time"
        f" ({LONG} epochs took ours {slowest_and_quickest(ours[LONG])}, theirs {slowest_and_quickest(theirs[LONG])})",
        flush=True,
    )


def more(spent: dict[int, list[Spent]], seconds: Callable[[Spent], float]) -> float:
    """Seconds by which the longer training takes longer, in the quickest round of each."""
    return min(map(seconds, spent[LONG])) - min(map(seconds, spent[SHORT]))


def slowest_and_quickest(rounds: list[Spent]) -> str:
    """How far the computer let the rounds differ."""
    clocks = [each.clock_s for each in rounds]
    return f"{min(clocks):.1f} to {max(clocks):.1f} s"


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
