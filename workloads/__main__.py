"""Run one workload, write its result, end with its exit code. Imports no framework itself.

A job that ends leaves a result, whatever ended it. One that is killed outright leaves none, not even an older one.
"""

import argparse
import contextlib
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import IntEnum
from functools import partial
from pathlib import Path
from types import FrameType
from typing import NoReturn

from workloads.allocation.taking import NOTHING, Allocation, take
from workloads.command_line import arguments_of, parser
from workloads.devices.cards import limit_of_share, nvidia_cards
from workloads.host import health, leases, settings
from workloads.host.nvml import Watch
from workloads.progress import Record, host_clock, own_stdout
from workloads.registry import WORKLOADS
from workloads.result import Arguments, CannotRunError, Failure, InterruptedBySignalError, Status, explain
from workloads.result.document import write
from workloads.result.evidence import Evidence
from workloads.step.slurm import ALONE, Step, StepError, step_of
from workloads.telemetry.sampling import Sampler
from workloads.telemetry.series import SUMMARY
from workloads.telemetry.series import TABLE as TELEMETRY
from workloads.training.logs import keep_curve
from workloads.workload import Folders

_logger = logging.getLogger("workloads")
_ending = threading.Lock()
"""Held by whoever writes the result, until the process ends."""


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
    if options.gpus and options.device == "cpu":
        usage.error("--gpus: a job for the CPU takes none")
    try:
        step = step_of(os.environ) if WORKLOADS[options.workload].of_each_task else ALONE
    except StepError as cause:
        usage.error(str(cause))
    path = _own_path(options.result.absolute(), step)
    try:
        if path.exists() and not path.is_file():
            # Root could remove a device such as /dev/null.
            usage.error(f"--result: {path} is no file, and would be replaced; give the path of one")
        path.unlink(missing_ok=True)
        path.touch()
        path.unlink()
    except OSError as cause:
        usage.error(f"--result: {cause}")
    try:
        arguments = arguments_of(options)
    except argparse.ArgumentTypeError as cause:
        usage.error(str(cause))
    home = settings.keras_home(os.environ)
    cpu_devices = WORKLOADS[arguments.workload].cpu_devices
    adjustment = settings.adjustment(arguments, os.environ, home, cpu_devices=cpu_devices)
    for name in adjustment.removed:
        del os.environ[name]
    os.environ.update(adjustment.values)
    logging.basicConfig(format="%(message)s")
    with own_stdout() as stream, Path(os.devnull).open("wb", buffering=0) as nothing:
        # One task's progress is enough: Slurm mixes what all tasks print.
        record = Record(arguments, _owed(arguments, step), host_clock(), stream if step.is_first else nothing)
        record.give_up = partial(_give_up, record, path)
        record.evidence = Evidence(settings=adjustment.told)
        output = (options.output or path.with_name("output")).absolute()
        return _do(record, path, Folders(home=home, output=output))


def _do(record: Record, path: Path, folders: Folders) -> ExitCode:
    arguments = record.arguments
    watch, sampler = Watch(), Sampler(record.telemetry, record.elapsed_s)
    failure = None
    try:
        _on_signals(_break_off)
        record.started()
        if arguments.device != "cpu":
            record.evidence = replace(record.evidence, gpus_before=watch.before())
            allocation = _allocate(record)
            sampler.start(allocation.uuids)
        arguments = record.arguments = _with_limit(arguments)
        WORKLOADS[arguments.workload].run(record, arguments, folders)
        keep_curve(record, folders.output)
        _on_signals(signal.SIG_IGN)
    except (CannotRunError, InterruptedBySignalError) as cause:
        _on_signals(signal.SIG_IGN)
        failure = explain(cause, arguments)
        _say_why(arguments.workload, failure)
    except Exception as cause:
        _on_signals(signal.SIG_IGN)
        failure = explain(cause, arguments)
        _logger.exception("%s broke off: %s: %s", arguments.workload, failure.type, failure.message)
    # From here on nobody else ends the process.
    _ending.acquire()
    sampler.stop()
    record.table(TELEMETRY, record.telemetry.rows())
    record.table(SUMMARY, record.telemetry.summary())
    _look_at_cards(record, watch)
    result = record.result(failure)
    try:
        write(result, path)
    except OSError as cause:
        _logger.exception("the result cannot be written")
        result = record.result(explain(cause, arguments))
    record.finished(result)
    return _EXIT_CODES[result.status]


def _say_why(workload: str, failure: Failure) -> None:
    """On stderr, where the reason is known: the place in the program would say no more."""
    _logger.error("%s broke off: %s: %s", workload, failure.type, failure.message)


def _allocate(record: Record) -> Allocation:
    """The cards that were asked for, held until this process ends: the caller keeps what is returned."""
    asked = record.arguments.gpus
    allocation = take(asked, os.environ) if asked else NOTHING
    record.evidence = replace(record.evidence, allocated=allocation.uuids)
    return allocation


def _with_limit(arguments: Arguments) -> Arguments:
    """With the memory limit that a fraction comes to. CUDA may be asked now: which cards it shows is settled."""
    if arguments.memory_fraction is None:
        return arguments
    cards = () if arguments.device == "cpu" else nvidia_cards() or ()
    return replace(arguments, memory_limit_mib=limit_of_share(arguments.memory_fraction, cards))


def _look_at_cards(record: Record, watch: Watch) -> None:
    """Also where the job broke off: a card that was lost is the reason."""
    if record.arguments.device == "cpu":
        record.check(health.not_judged())
        return
    counts, own = record.evidence.cards, record.evidence.allocated
    record.evidence = replace(record.evidence, gpus_after=watch.after())
    before, after = (
        health.narrowed(readings, own)
        for readings in (record.evidence.gpus_before, record.evidence.gpus_after)
    )
    record.evidence = replace(
        record.evidence, notes=(*record.evidence.notes, *health.notes(before, after), *leases.notes())
    )
    record.check(health.judge(before, after, counts.expected if counts else 0))


def _owed(arguments: Arguments, step: Step) -> tuple[str, ...]:
    is_limited = arguments.memory_limit_mib is not None or arguments.memory_fraction is not None
    limited = ("memory_limit",) if is_limited else ()
    workload = WORKLOADS[arguments.workload]
    return (*(workload.checks if step.is_first else workload.of_each_task), *limited)


def _own_path(path: Path, step: Step) -> Path:
    """Of this task: the step's result is the first task's."""
    return path if step.is_first else path.with_name(f"{path.stem}-task-{step.rank}{path.suffix}")


def _give_up(record: Record, path: Path, failure: Failure) -> NoReturn:
    """End the process from a thread, while the main one waits for what never comes. Never returns; where the job ends anyway, it waits."""
    _ending.acquire()
    _logger.error("%s: %s", failure.type, failure.message)
    try:
        result = record.result(failure)
        write(result, path)
        record.finished(result)
    except OSError:
        _logger.exception("the result cannot be written")
    logging.shutdown()
    os._exit(ExitCode.COULD_NOT_RUN)


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
