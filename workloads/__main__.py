"""Read the command line, run one workload, write its result, end with its exit code. Imports no framework itself.

A job that ends leaves a result, whatever ended it. One that is killed outright leaves none, not even an older one.
"""

import argparse
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import Path
from types import FrameType
from typing import BinaryIO, NoReturn

from workloads import fashion_mnist, smoke
from workloads.devices import BACKENDS, environment
from workloads.progress import Clock, Record, own_stdout
from workloads.result import (
    Arguments,
    InterruptedBySignalError,
    Status,
    TrainingArguments,
    explain,
    write,
)

_logger = logging.getLogger("workloads")


class ExitCode(IntEnum):
    """Exit codes of `workloads`."""

    PASSED = 0
    CHECKS_FAILED = 1
    COULD_NOT_RUN = 2


_EXIT_CODES = {
    Status.PASSED: ExitCode.PASSED,
    Status.FAILED: ExitCode.CHECKS_FAILED,
    Status.ERROR: ExitCode.COULD_NOT_RUN,
}


def main() -> NoReturn:
    """Run this process's command line and end it with the exit code.

    Never returns: the start-up code that `zipapp` writes into an archive would drop a returned exit code.
    """
    sys.exit(run(sys.argv[1:]))


def run(argv: Sequence[str]) -> ExitCode:
    """Run what `argv` asks for. Wrong usage ends the process with exit code 2, as argparse does it."""
    parser = _parser()
    options = parser.parse_args(argv)
    path = options.result.absolute()
    try:
        path.unlink(missing_ok=True)
        path.touch()
        path.unlink()
    except OSError as cause:
        parser.error(f"--result: {cause}")
    arguments = _arguments(options)
    os.environ.update(environment(arguments))
    logging.basicConfig(format="%(message)s")
    with own_stdout() as stream:
        return _do(arguments, path, stream)


def _do(arguments: Arguments, path: Path, stream: BinaryIO) -> ExitCode:
    clock = Clock(utc=lambda: datetime.now(UTC), monotonic=time.monotonic)
    record = Record(arguments, _owed(arguments), clock, stream)
    failure = None
    try:
        _on_signals(_break_off)
        record.started()
        _work(record)
        _on_signals(signal.SIG_IGN)
    except (Exception, InterruptedBySignalError) as cause:
        _logger.exception("%s broke off", arguments.workload)
        failure = explain(cause, arguments)
    result = record.result(failure)
    try:
        write(result, path)
    except OSError as cause:
        _logger.exception("the result cannot be written")
        result = record.result(explain(cause, arguments))
    record.finished(result)
    return _EXIT_CODES[result.status]


def _work(record: Record) -> None:
    if isinstance(record.arguments, TrainingArguments):
        fashion_mnist.run(record, record.arguments)
    else:
        smoke.run(record)


def _owed(arguments: Arguments) -> tuple[str, ...]:
    limited = ("memory_limit",) if arguments.memory_limit_mib is not None else ()
    checks = fashion_mnist.CHECKS if isinstance(arguments, TrainingArguments) else smoke.CHECKS
    return checks + limited


def _on_signals(action: Callable[[int, FrameType | None], object] | signal.Handlers) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, action)


def _break_off(number: int, frame: FrameType | None) -> NoReturn:
    """Once: from now on the result is being written."""
    del frame
    _on_signals(signal.SIG_IGN)
    raise InterruptedBySignalError(f"{signal.Signals(number).name}: the job was asked to end")


def _arguments(options: argparse.Namespace) -> Arguments:
    if options.workload == "smoke":
        return Arguments(
            workload=options.workload,
            device=options.device,
            backend="tensorflow",
            memory_limit_mib=options.memory_limit_mib,
            seed=options.seed,
        )
    return TrainingArguments(
        workload=options.workload,
        device=options.device,
        backend=options.backend,
        memory_limit_mib=options.memory_limit_mib,
        seed=options.seed,
        epochs=options.epochs,
        batch_size=options.batch_size,
        min_accuracy=options.min_accuracy,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="workloads",
        description="Prove that this environment computes. Progress goes to stdout as JSON lines.",
        epilog="exit codes: 0 passed, 1 a check failed, 2 wrong usage or the job could not run",
    )
    workloads = parser.add_subparsers(dest="workload", required=True, metavar="WORKLOAD")
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
    return parser


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
        "--result",
        type=Path,
        required=True,
        metavar="FILE",
        help="where the result goes; an older one is removed first",
    )


def _add_training_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    images = fashion_mnist.TRAINING_IMAGES
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


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 1")
    return value


if __name__ == "__main__":
    main()
