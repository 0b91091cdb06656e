"""The command line of `workloads`: its options, and what they ask for. Runs nothing, imports no framework."""

import argparse
from collections.abc import Callable
from pathlib import Path

from workloads.devices.opening import BACKENDS
from workloads.result import Arguments, TrainingArguments
from workloads.training.data import TRAINING_IMAGES


def arguments_of(options: argparse.Namespace) -> Arguments:
    """What was asked, as values."""
    if options.workload == "smoke":
        return Arguments(
            workload=options.workload,
            device=options.device,
            backend="tensorflow",
            memory_limit_mib=options.memory_limit_mib,
            seed=options.seed,
            attempt=options.attempt,
        )
    return TrainingArguments(
        workload=options.workload,
        device=options.device,
        backend=options.backend,
        memory_limit_mib=options.memory_limit_mib,
        seed=options.seed,
        attempt=options.attempt,
        epochs=options.epochs,
        batch_size=options.batch_size,
        min_accuracy=options.min_accuracy,
    )


def parser() -> argparse.ArgumentParser:
    """Of the whole command line; `--help` of either workload has its options with their defaults."""
    usage = argparse.ArgumentParser(
        prog="workloads",
        description="Prove that this environment computes. Progress goes to stdout as JSON lines.",
        epilog="exit codes: 0 passed, 1 a check failed, 2 wrong usage or the job could not run",
    )
    workloads = usage.add_subparsers(dest="workload", required=True, metavar="WORKLOAD")
    for name, about in (
        ("smoke", "devices and arithmetic in TensorFlow"),
        ("fashion_mnist", "train a small network through Keras"),
    ):
        workload = workloads.add_parser(
            name, help=about, description=about, formatter_class=argparse.ArgumentDefaultsHelpFormatter
        )
        _add_common_options(workload)
        if name == "fashion_mnist":
            _add_training_options(workload)
    return usage


def _add_common_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--device", choices=("auto", "cpu", "gpu"), default="auto", help="auto: a GPU where one is listed")
    add(
        "--memory-limit-mib",
        type=_whole(1, 2**31),
        metavar="N",
        help="of each GPU, for this process; refused without a GPU",
    )
    add("--seed", type=_whole(0, 2**32 - 1), default=1, metavar="N", help="of every random number")
    add(
        "--attempt",
        type=_attempt,
        default="",
        metavar="ID",
        help="comes back in the result, so that it cannot be taken for that of another run",
    )
    add(
        "--result",
        type=Path,
        required=True,
        metavar="FILE",
        help="where the result goes; an older one is removed first",
    )


def _add_training_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    images = TRAINING_IMAGES
    add("--backend", choices=BACKENDS, default="tensorflow", help="framework below Keras")
    add("--epochs", type=_whole(1, 1000), default=3, metavar="N", help="passes over the images")
    add("--batch-size", type=_whole(1, images), default=256, metavar="N", help="images per step")
    add("--min-accuracy", type=_share, default=0.85, metavar="X", help="test accuracy to reach, 0 to 1")


def _whole(lowest: int, highest: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not lowest <= int(text) <= highest:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {lowest} to {highest}")
        return int(text)

    return parse


def _attempt(text: str) -> str:
    if text and not (text.isascii() and text.replace("-", "").isalnum() and len(text) <= 64):
        raise argparse.ArgumentTypeError(f"{text!r} is not made of up to 64 letters, digits and hyphens")
    return text


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 1")
    return value
