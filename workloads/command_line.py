"""The command line of `workloads`: its options, and what they ask for. Runs nothing, imports no framework."""

import argparse
from pathlib import Path

from workloads import options as values
from workloads.allocation import request
from workloads.packages import first_installed
from workloads.registry import WORKLOADS
from workloads.result import Arguments


def arguments_of(options: argparse.Namespace) -> Arguments:
    """What was asked, as values."""
    common = {
        "workload": options.workload,
        "device": options.device,
        "backend": options.backend,
        "memory_limit_mib": options.memory_limit_mib,
        "memory_fraction": options.memory_fraction,
        "gpus": options.gpus or "",
        "seed": options.seed,
        "attempt": options.attempt,
    }
    asked: Arguments = WORKLOADS[options.workload].arguments(options, common)
    return asked


def parser() -> argparse.ArgumentParser:
    """Of the whole command line; `--help` of each workload has its options with their defaults."""
    usage = argparse.ArgumentParser(
        prog="workloads",
        description="Prove that this environment computes. Progress goes to stdout as JSON lines.",
        epilog="exit codes: 0 passed, 1 a check failed, 2 wrong usage or the job could not run",
    )
    commands = usage.add_subparsers(dest="workload", required=True, metavar="WORKLOAD")
    for workload in WORKLOADS.values():
        command = commands.add_parser(
            workload.name,
            help=workload.about,
            description=workload.about,
            formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        )
        _add_common_options(command, workload.backends)
        workload.add_options(command)
    return usage


def _add_common_options(parser: argparse.ArgumentParser, backends: tuple[str, ...]) -> None:
    add = parser.add_argument
    add("--device", choices=("auto", "cpu", "gpu"), default="auto", help="auto: a GPU where one is listed")
    add(
        "--backend",
        choices=backends,
        default=first_installed(backends),
        help="framework below Keras; without it the first of these that the environment has",
    )
    add(
        "--gpus",
        type=request.argument,
        metavar="N|all|UUID,...",
        help="take free GPUs only, so many or these, and refuse where too few are free; without it: all that are there, "
        "whoever else is on them",
    )
    memory = parser.add_mutually_exclusive_group()
    memory.add_argument(
        "--memory-limit-mib",
        type=values.whole(1, 2**31),
        metavar="N",
        help="of each GPU, for this process; refused without a GPU",
    )
    memory.add_argument(
        "--memory-fraction",
        type=values.fraction,
        metavar="X",
        help="the same as a share of each GPU's memory, above 0 to 1",
    )
    add("--seed", type=values.whole(0, 2**32 - 1), default=1, metavar="N", help="of every random number")
    add(
        "--attempt",
        type=values.attempt,
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
    add(
        "--output",
        type=values.folder,
        metavar="DIR",
        help="where pictures, models and tables go; without it a folder `output` beside the result",
    )
