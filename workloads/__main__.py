"""Run one workload, write its result, end with its exit code. Imports no framework itself.

A job that ends leaves a result, whatever ended it. One that is killed outright leaves none, not even an older one.
"""

import contextlib
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
from workloads.command_line import arguments_of, parser
from workloads.devices import environment
from workloads.progress import Clock, Record, own_stdout
from workloads.result import Arguments, InterruptedBySignalError, Status, TrainingArguments, explain
from workloads.result.document import write

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

    Never returns: the start-up code that `zipapp` writes into an archive would drop a returned exit code. What frameworks
    would still tidy up is memory of a process that ends, and takes a second: the result is on the disk by now.
    """
    code = run(sys.argv[1:])
    logging.shutdown()
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def run(argv: Sequence[str]) -> ExitCode:
    """Run what `argv` asks for. Wrong usage ends the process with exit code 2, as argparse does it."""
    usage = parser()
    options = usage.parse_args(argv)
    path = options.result.absolute()
    try:
        path.unlink(missing_ok=True)
        path.touch()
        path.unlink()
    except OSError as cause:
        usage.error(f"--result: {cause}")
    arguments = arguments_of(options)
    os.environ.update(environment(arguments))
    logging.basicConfig(format="%(message)s")
    with own_stdout() as stream:
        return _do(arguments, path, stream)


def _do(arguments: Arguments, path: Path, stream: BinaryIO) -> ExitCode:
    clock = Clock(
        utc=lambda: datetime.now(UTC),
        monotonic=time.monotonic,
        uptime=lambda: time.clock_gettime(time.CLOCK_BOOTTIME),
        boot_id=_boot_id(),
    )
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


def _boot_id() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _on_signals(action: Callable[[int, FrameType | None], object] | signal.Handlers) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, action)


def _break_off(number: int, frame: FrameType | None) -> NoReturn:
    """Once: from now on the result is being written."""
    del frame
    _on_signals(signal.SIG_IGN)
    raise InterruptedBySignalError(f"{signal.Signals(number).name}: the job was asked to end")


if __name__ == "__main__":
    main()
