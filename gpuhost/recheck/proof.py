"""Run the certified quick workload again, on a host that nobody uses, as the user who ran it then. Judges nothing.

It has the lowest priority and a limit of memory and time. Where somebody else comes meanwhile, it is stopped.
"""

from __future__ import annotations

import json
import os
import pwd
import shutil
import stat
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gpuhost import program, systemd
from gpuhost.files import text
from gpuhost.lifetime import activity
from gpuhost.probe.holders import gpu_holders
from gpuhost.recheck.records import UNREADABLE, Baseline
from gpuhost.telemetry import read

UNIT = "orchestrate-recheck-proof.service"
WORK = Path("/var/lib/orchestrate/jobs/recheck")
RESULT = "result.json"
MOST_BYTES = 4 * 2**20
"""Of a result, as `orchestrate` takes it."""

SAMPLE_S = 10.0
"""So long the processors are watched: a program that computes is busy all the time, one that wakes now and then is not."""
LOOK_S = 2.0
"""Between two looks at who else is there."""


@dataclass(frozen=True)
class Limits:
    """When the host is idle, and how much the workload may take."""

    busy_cpus: float
    """Processors in use on average above which it is not."""
    busy_gpu_percent: float
    memory_percent: float
    """Of the host's memory, that the workload may take."""


@dataclass(frozen=True)
class Proof:
    """What came of it."""

    attempt: str
    code: int | None = None
    """The exit code; None where the workload was stopped or never began."""
    result: dict[str, Any] | None = None
    """What it reported; None where that cannot be read."""
    yielded_to: str = ""
    """For whom it was stopped."""
    broken_off: str = ""
    """Why it brought nothing."""


def in_use(limits: Limits) -> str:
    """What the host is in use by, empty when by nothing. Takes SAMPLE_S. What cannot be seen counts as a use.

    Who is only logged in does not count: nothing of theirs is disturbed.
    """
    try:
        if units := systemd.running(*activity.JOBS):
            return f"{units[0]} runs"
        before = activity.cpu_seconds()
        threading.Event().wait(SAMPLE_S)
        cpus = (activity.cpu_seconds() - before) / SAMPLE_S
        if cpus > limits.busy_cpus:
            return f"programs use {cpus:.1f} processors"
        computes = activity.gpus_busy(read.Collections(cards_alone=True).now(), limits.busy_gpu_percent)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        return f"what runs cannot be seen: {error}"
    return "a program computes on a GPU" if computes else ""


def prove(baseline: Baseline, limits: Limits, attempt: str) -> Proof:
    """Run it to its end, or until somebody else is there."""
    try:
        owner = pwd.getpwnam(baseline.user)
    except KeyError:
        return Proof(attempt=attempt, broken_off=f"there is no user {baseline.user} any more")
    try:
        shutil.rmtree(WORK, ignore_errors=True)
        WORK.mkdir(mode=0o755)
        os.chown(WORK, owner.pw_uid, owner.pw_gid)
        there = _holders()
        argv = _systemd_run(baseline, limits, attempt)
        child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        yielded_to = _until_it_ends(child, there)
    except (OSError, subprocess.SubprocessError) as error:
        return Proof(attempt=attempt, broken_off=f"it could not be run: {error}")
    if yielded_to:
        return Proof(attempt=attempt, yielded_to=yielded_to)
    found = result(WORK / RESULT)
    if found is None:
        said = child.stderr.read().decode(errors="replace").split("\n") if child.stderr else []
        why = next(filter(None, said), f"exit code {child.returncode}")[:200]
        return Proof(attempt=attempt, broken_off=f"it ended without a result ({why})")
    return Proof(attempt=attempt, code=child.returncode, result=found)


def result(file: Path) -> dict[str, Any] | None:
    """What the workload wrote. It is its user's file: neither a link, nor a pipe, nor one without end is read."""
    try:
        handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    with os.fdopen(handle, "rb") as opened:
        seen = os.fstat(handle)
        if not stat.S_ISREG(seen.st_mode) or seen.st_size > MOST_BYTES:
            return None
        try:
            told = json.loads(opened.read(MOST_BYTES))
        except UNREADABLE:
            return None
    return told if isinstance(told, dict) else None


def _systemd_run(baseline: Baseline, limits: Limits, attempt: str) -> tuple[str, ...]:
    return (
        *("systemd-run", "--quiet", "--collect", "--wait", "--no-ask-password"),
        f"--unit={UNIT}",
        f"--uid={baseline.user}",
        "--description=Prove again that this host computes",
        "--service-type=exec",
        "--nice=19",
        f"--property=WorkingDirectory={WORK}",
        f"--property=RuntimeMaxSec={baseline.timeout_s}",
        f"--property=MemoryMax={limits.memory_percent:g}%",
        "--property=MemorySwapMax=0",
        "--property=CPUWeight=1",
        "--property=IOSchedulingClass=idle",
        "--property=TimeoutStopSec=10",
        "--property=StandardOutput=null",
        # A killed workload is the kernel's choice before anybody else's program is.
        "--property=OOMScoreAdjust=1000",
        *baseline.argv,
        *("--attempt", attempt, "--result", RESULT),
    )


def _until_it_ends(child: subprocess.Popen[bytes], there: frozenset[int]) -> str:
    """Wait for it. Returns for whom it was stopped, else nothing. Raises OSError or SubprocessError."""
    before: frozenset[int] = frozenset()
    while not _has_ended(child):
        others = _holders() - there
        # Twice: who only asks for the cards' state, as a monitor does, is gone by then.
        units, pids = systemd.running(*activity.JOBS), others & before
        if units or pids:
            program.output(("systemctl", "stop", UNIT))
            return units[0] if units else f"process {min(pids)}, which uses a GPU"
        before = others
    return ""


def _has_ended(child: subprocess.Popen[bytes]) -> bool:
    """Within LOOK_S."""
    try:
        child.wait(LOOK_S)
    except subprocess.TimeoutExpired:
        return False
    return True


def _holders() -> frozenset[int]:
    """Processes that have a card open, but for those of the workload itself."""
    pids = (holder.pid for holder in gpu_holders(Path("/")))
    return frozenset(pid for pid in pids if f"/{UNIT}" not in text(Path(f"/proc/{pid}/cgroup")))
