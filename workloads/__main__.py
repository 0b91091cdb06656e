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
from dataclasses import replace
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import Path
from types import FrameType
from typing import NoReturn

from workloads import fashion_mnist, smoke
from workloads.command_line import arguments_of, parser
from workloads.host import health, settings
from workloads.host.nvml import Watch
from workloads.progress import Clock, Record, own_stdout
from workloads.result import Arguments, InterruptedBySignalError, Status, TrainingArguments, explain
from workloads.result.document import write
from workloads.result.evidence import Evidence

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
    home = settings.keras_home(os.environ)
    adjustment = settings.adjustment(arguments, os.environ, home)
    for name in adjustment.removed:
        del os.environ[name]
    os.environ.update(adjustment.values)
    logging.basicConfig(format="%(message)s")
    with own_stdout() as stream:
        record = Record(arguments, _owed(arguments), _clock(), stream)
        record.evidence = Evidence(settings=adjustment.told)
        return _do(record, path, home)


def _do(record: Record, path: Path, home: Path) -> ExitCode:
    arguments = record.arguments
    watch = Watch()
    failure = None
    try:
        _on_signals(_break_off)
        record.started()
        if arguments.device != "cpu":
            record.evidence = replace(record.evidence, gpus_before=watch.before())
        _work(record, home)
        _on_signals(signal.SIG_IGN)
    except (Exception, InterruptedBySignalError) as cause:
        _on_signals(signal.SIG_IGN)
        _logger.exception("%s broke off", arguments.workload)
        failure = explain(cause, arguments)
    _look_at_cards(record, watch)
    result = record.result(failure)
    try:
        write(result, path)
    except OSError as cause:
        _logger.exception("the result cannot be written")
        result = record.result(explain(cause, arguments))
    record.finished(result)
    return _EXIT_CODES[result.status]


def _work(record: Record, home: Path) -> None:
    if isinstance(record.arguments, TrainingArguments):
        fashion_mnist.run(record, record.arguments, home)
    else:
        smoke.run(record)


def _look_at_cards(record: Record, watch: Watch) -> None:
    """Also where the job broke off: a card that was lost is the reason."""
    if record.arguments.device == "cpu":
        record.check(health.not_judged())
        return
    before, after = record.evidence.gpus_before, watch.after()
    counts = record.evidence.cards
    record.evidence = replace(record.evidence, gpus_after=after, notes=health.notes(before, after))
    record.check(health.judge(before, after, counts.expected if counts else 0))


def _owed(arguments: Arguments) -> tuple[str, ...]:
    limited = ("memory_limit",) if arguments.memory_limit_mib is not None else ()
    checks = fashion_mnist.CHECKS if isinstance(arguments, TrainingArguments) else smoke.CHECKS
    return (*checks, *limited)


def _clock() -> Clock:
    return Clock(
        utc=lambda: datetime.now(UTC),
        monotonic=time.monotonic,
        uptime=lambda: time.clock_gettime(time.CLOCK_BOOTTIME),
        boot_id=_boot_id(),
    )


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
