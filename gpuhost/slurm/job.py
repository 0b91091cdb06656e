"""Before a job and after it: its cards are sound and free, and nothing of it stays on them.

Slurm requeues a job whose prolog ends with 1, and keeps a host that was drained before with the reason it has.
"""

from __future__ import annotations

import os
import select
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from gpuhost.slurm import judgement
from gpuhost.slurm.place import Place
from gpuhost.slurm.scontrol import change, look
from gpuhost.telemetry import read as telemetry

CARDS = "SLURM_JOB_GPUS"
USER = "SLURM_JOB_UID"
NUMBER = "SLURM_JOB_ID"
DIES_S = 3.0
"""In which a killed process has left its card."""


def before(place: Place, variables: Mapping[str, str]) -> int:
    """The exit code. Raises OSError or SubprocessError."""
    told = variables.get(CARDS, "")
    if not told:
        return 0
    found = judgement.before(telemetry.now(), told, place.shared, _is_there)
    if not found:
        return 0
    _drain(place, found)
    sys.stderr.write(f"gpuhost slurm prolog: {'; '.join(found)}\n")
    return 1


def after(place: Place, variables: Mapping[str, str]) -> int:
    """The exit code. Raises OSError or SubprocessError."""
    told, uid = variables.get(CARDS, ""), variables.get(USER, "")
    if not told or not uid.isdecimal():
        return 0
    found = judgement.left(telemetry.now(), told, int(uid), place.shared, _is_there)
    if not found:
        return 0
    for _card, process in found:
        sys.stderr.write(
            f"job {variables.get(NUMBER)} left process {process.pid} of {process.user}: killed\n"
        )
        with suppress(OSError):
            os.kill(process.pid, signal.SIGKILL)
    select.select([], [], [], DIES_S)
    still = judgement.left(telemetry.collected(), told, int(uid), place.shared, _is_there)
    if still:
        _drain(place, judgement.left_words(still))
    return 0


def _drain(place: Place, found: list[str]) -> None:
    """Unless it is drained already: the first reason is the one to know."""
    if not look(place.name).drained:
        change(place.name, "drain", judgement.said(found))


def _is_there(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()
