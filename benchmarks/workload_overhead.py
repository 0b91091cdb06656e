"""What the workloads `fashion_mnist` and `cifar10` take of a training's speed: their checks, their measuring, their progress.

    python benchmarks/workload_overhead.py [--python ENVIRONMENT/bin/python] [--rounds N]

Rival: the same training by hand, in benchmarks/bare, run in turns with it. Compared are the CPU seconds of two epochs more: what
starts, loads and checks is in the shorter training as well and drops out, and other people's load on the computer counts little. Images/s,
by the clock, stand beside. Without `--python` an environment with the role's TensorFlow is made and removed. Needs Fashion-MNIST in
~/.keras, or a way to it; CIFAR-10's images are made on the spot. 0.95 and more is what we ask of it.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workloads.cifar10.data.made_up import made_up

ROOT = Path(__file__).resolve().parent.parent
CONSTRAINTS = ROOT / "roles/ml_env/files/constraints-tensorflow-2.21.txt"
SHORT, LONG = 2, 4
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
    """Print one line: the median of all rounds, in each of which ours is measured beside theirs."""
    speeds: list[tuple[float, float]] = []
    ratios: list[float] = []
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
        seconds = [
            (
                run((*job, *race.ours, "--epochs", str(epochs)))[0],
                run((*script, str(epochs), *race.theirs)),
            )
            for epochs in (SHORT, LONG)
        ]
        (ours_short, (theirs_short, _)), (ours_long, (theirs_long, told)) = seconds
        ratios.append((theirs_long - theirs_short) / (ours_long - ours_short))
        speed = json.loads(result.read_text(encoding="utf-8"))["metrics"]["images_per_s"]
        speeds.append((speed, json.loads(told)["images_per_s"]))
    ratio = statistics.median(ratios)
    ours, theirs = (statistics.median(column) for column in zip(*speeds, strict=True))
    verdict = "" if ratio >= ASKED else f", less than {ASKED:g}"
    print(
        f"{race.name:13}  {ratio:.3f} of the script by hand, by CPU seconds ({', '.join(f'{each:.3f}' for each in ratios)})"
        f"{verdict}; {ours:,.0f} and {theirs:,.0f} images/s by the clock",
        flush=True,
    )


def run(argv: tuple[str, ...]) -> tuple[float, bytes]:
    """CPU seconds of the program with all that it started and waited for, and what it printed. It has to succeed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(argv, check=True, capture_output=True, env=ENVIRON, timeout=3600)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout


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
