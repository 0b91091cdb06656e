"""Run a Python program of ours on a host from memory, as root: nothing is written to its disk, nothing but Python is needed."""

import base64

from orchestrator.remote.local import Completed
from orchestrator.remote.shell import Shell

OLDEST_PYTHON = (3, 9)
"""What `gpuhost` is written for: that of Debian 11."""

FROM_MEMORY = f"""
import sys
if sys.version_info < {OLDEST_PYTHON}:
    sys.exit("too old: " + sys.version.split()[0])
import base64, os, runpy
program = os.memfd_create("program")
os.write(program, base64.b64decode(sys.stdin.read()))
runpy.run_path("/proc/self/fd/%d" % program, run_name="__main__")
"""
"""A constant program, run by Python: runs the program on stdin from a file that has no name and lies on no disk."""


def run_from_memory(shell: Shell, program: bytes, arguments: tuple[str, ...] = ()) -> Completed:
    """Run a packed program (`computer.zipapp`) as root; its exit code and what it printed. Raises as `Shell.run`."""
    python = ("python3", "-I", "-c", FROM_MEMORY, *arguments)
    return shell.run_as_root(python, stdin=base64.b64encode(program).decode())
