"""What /proc and systemd say of processes that hold a card's memory. Ends nothing."""

from __future__ import annotations

import os
import pwd
import select
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from gpuhost.files import text
from gpuhost.leases.reaping.judgement import Seen

LOOKS_APART_S = 1.5
_TICKS = os.sysconf("SC_CLK_TCK")
JOB_VARIABLE = "ORCHESTRATE_JOB_ID"


@dataclass(frozen=True)
class Stat:
    """Of /proc/PID/stat."""

    state: str
    parent: int
    cpu_ticks: int
    started: int


def seen(pids: Collection[int], job_states: Mapping[int, str], root: Path = Path("/")) -> dict[int, Seen]:
    """Look twice.

    Args:
        pids: of the processes.
        job_states: the jobs on record, by number: a process of one that has ended was left behind by it.
        root: of the file system.
    """
    began, first = time.monotonic(), {pid: stat(root, pid) for pid in pids}
    select.select([], [], [], LOOKS_APART_S)
    passed = max(time.monotonic() - began, 0.001)
    found = {}
    for pid, before in first.items():
        now = stat(root, pid)
        if before and now and before.started == now.started:
            described = _described(root, pid, now)
            found[pid] = replace(
                described,
                was_stuck=before.state == now.state == "D",
                cpu_percent=100 * (now.cpu_ticks - before.cpu_ticks) / _TICKS / passed,
                reasons=tuple(_reasons(root, pid, now, job_states)),
            )
    return found


def stat(root: Path, pid: int) -> Stat | None:
    """None where there is no such process."""
    # Behind the name in brackets, which may hold anything, stands the state (proc(5)).
    fields = text(root / f"proc/{pid}/stat").rpartition(")")[2].split()
    if len(fields) < 20:
        return None
    return Stat(
        state=fields[0],
        parent=int(fields[1]),
        cpu_ticks=int(fields[11]) + int(fields[12]),
        started=int(fields[19]),
    )


def tells_of_this_system(pids: Collection[int], root: Path = Path("/")) -> bool:
    """Whether the process ids can be meant here: in a container, the driver may tell those of its computer."""
    in_container = text(root / "run/systemd/container") or (root / ".dockerenv").exists()
    return not in_container or any((root / f"proc/{pid}").exists() for pid in pids)


def _described(root: Path, pid: int, now: Stat) -> Seen:
    """What one look tells."""
    process = root / f"proc/{pid}"
    uid = -1
    with suppress(OSError):
        uid = process.stat().st_uid
    command = text(process / "cmdline").replace("\0", " ").strip() or text(process / "comm")
    return Seen(
        pid=pid,
        started=now.started,
        uid=uid,
        user=_name(uid),
        command=command[:200],
        state=now.state,
        was_stuck=False,
        cpu_percent=0.0,
        parent=now.parent,
        parent_command=text(root / f"proc/{now.parent}/comm"),
    )


def _reasons(root: Path, pid: int, now: Stat, job_states: Mapping[int, str]) -> list[str]:
    unit = _unit(root, pid)
    variables = text(root / f"proc/{pid}/environ").split("\0")
    job = next((each.partition("=")[2] for each in variables if each.startswith(f"{JOB_VARIABLE}=")), "")
    reasons = []
    # A job's number is given again only after its record is lost: then nothing is known of it.
    if job.isdecimal() and job_states.get(int(job)) == "ended":
        reasons.append(f"the lease of its job {job} has ended")
    session = unit.removeprefix("session-").removesuffix(".scope") if unit.startswith("session-") else ""
    if session and _is_over(root, session):
        reasons.append("the login that it is of is over")
    if not unit.endswith(".service") and _has_no_parent(root, now.parent):
        reasons.append("what started it is gone")
    return reasons


def _is_over(root: Path, session: str) -> bool:
    told = text(root / f"run/systemd/sessions/{session}")
    return not told or "STATE=closing" in told.splitlines()


def _has_no_parent(root: Path, parent: int) -> bool:
    """Whether it was left to the first process, or to a user's manager, which takes in what has nobody."""
    return parent == 1 or (parent > 1 and text(root / f"proc/{parent}/comm") == "systemd")


def _unit(root: Path, pid: int) -> str:
    """The innermost unit that the process is in."""
    for line in text(root / f"proc/{pid}/cgroup").splitlines():
        name, path = line.split(":", 2)[1:]
        if name in ("", "name=systemd"):
            parts = [part for part in path.split("/") if part.endswith((".service", ".scope"))]
            if parts:
                return parts[-1]
    return ""


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except (KeyError, OverflowError):
        return str(uid)
