"""The service that looks at the cards each second.

    gpuhost telemetry watch [--keep-months 24]     the service
    gpuhost telemetry prepare                      what runs before it, as root: NVML makes missing device nodes for root alone

A program that is run from its archive compiles what it imports at each start, and keeps the memory that this takes: with pynvml
three times what the service needs. So the archive is compiled once into the folder that systemd keeps for it.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

_START = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); from gpuhost.telemetry.daemon.loop import watch; "
    "sys.exit(watch(int(sys.argv[1])))"
)


def main(arguments: Sequence[str]) -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(prog="gpuhost telemetry", description="Look at the GPUs each second.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("prepare", help="have NVML make its device nodes; as root")
    watch = commands.add_parser("watch", help="look each second; the service runs this")
    watch.add_argument(
        "--keep-months", type=int, default=24, help="months of usage that are kept; 0 keeps none"
    )
    given = parser.parse_args(arguments)
    if given.command == "prepare":
        from gpuhost.telemetry import read

        read.collected()
        return 0
    return _watched(given.keep_months)


def _watched(keep_months: int) -> int:
    """From byte code where this is the archive, and systemd has a folder for that."""
    cache = os.environ.get("CACHE_DIRECTORY", "")
    program = Path(__file__).parents[3]
    if cache and program.is_file():
        from gpuhost.telemetry.daemon.bytecode import compiled

        # -S: no package of the host's own is needed. The process is replaced, with what it took to compile.
        folder = str(compiled(program, Path(cache)))
        argv = (sys.executable, "-ESsB", "-c", _START, folder, str(keep_months))
        os.execv(argv[0], argv)  # noqa: S606  no shell is wanted
    from gpuhost.telemetry.daemon.loop import watch

    return watch(keep_months)
