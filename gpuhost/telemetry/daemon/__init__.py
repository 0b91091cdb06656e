"""The service that looks at the cards each second: `gpuhost telemetry`. It starts itself again from byte code, and then looks.

A program that is run from its archive compiles what it imports at each start, and keeps the memory that this takes: with pynvml
three times what the service needs. So the archive is compiled once into the folder that systemd keeps for it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

_START = "import sys; sys.path.insert(0, sys.argv.pop(1)); from gpuhost.telemetry.daemon.loop import watch; sys.exit(watch())"


def main(arguments: Sequence[str]) -> int:
    """Run the service; the command line takes no argument."""
    if arguments:
        sys.stderr.write("usage: gpuhost telemetry\nIt is run by orchestrate-telemetry.service.\n")
        return 2
    cache = os.environ.get("CACHE_DIRECTORY", "")
    program = Path(__file__).parents[3]
    if cache and program.is_file():
        from gpuhost.telemetry.daemon.bytecode import compiled

        # -S: no package of the host's own is needed. The process is replaced, with what it took to compile.
        argv = (sys.executable, "-ESsB", "-c", _START, str(compiled(program, Path(cache))))
        os.execv(argv[0], argv)  # noqa: S606  no shell is wanted
    from gpuhost.telemetry.daemon.loop import watch

    return watch()
