"""Ask Slurm's controller about a host, and tell it what shall become of it. Decides nothing."""

from __future__ import annotations

import subprocess

from gpuhost import program
from gpuhost.slurm.judgement import HostState, shown

FAILED = (OSError, subprocess.SubprocessError)
"""What the calls raise."""


def look(name: str) -> HostState:
    """The host as the controller has it."""
    return shown(program.output(("scontrol", "--oneliner", "show", "node", name)))


def change(name: str, state: str, reason: str = "") -> None:
    """Drain the host, with the reason, or take it back."""
    why = (f"reason={reason}",) if reason else ()
    program.output(("scontrol", "update", f"nodename={name}", f"state={state}", *why))
