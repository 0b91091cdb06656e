"""Run a host's own programs to their end, and say what it means that one failed. Decides nothing else."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence

from ansible_collections.orchestrate.gpu.plugins.module_utils.running import HostError

FOLDERS = "/usr/local/sbin:/usr/sbin:/sbin"
"""Not on everybody's PATH, and what changes a host lies there."""


def run(
    argv: Sequence[str], text: str = "", environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """How the program ended that got this text on its standard input. One that is not there ends with 127.

    It has this process' environment, in plain English, unless it is given another. The caller's lock goes down with it.
    """
    path = f"{os.environ.get('PATH', '/usr/bin:/bin')}:{FOLDERS}"
    env = environment or {**os.environ, "LC_ALL": "C.UTF-8", "PATH": path}
    try:
        return subprocess.run(
            argv,
            env=env,
            input=text,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            close_fds=False,
        )
    except FileNotFoundError:
        return subprocess.CompletedProcess(argv, 127, "", f"{argv[0]} is not there")


def succeed(argv: Sequence[str], hint: str, text: str = "") -> str:
    """What the program printed. Raises HostError with what it said when it failed, and the hint."""
    done = run(argv, text)
    if done.returncode != 0:
        lines = (done.stderr or done.stdout).strip().splitlines() or [f"exit code {done.returncode}"]
        raise HostError(f"{' '.join(argv[:3])} failed: {lines[0]}", hint, done.stdout + done.stderr)
    return done.stdout
