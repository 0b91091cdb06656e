"""Processes that have an NVIDIA device open, by their file descriptors.

Only root can see other users' ones; in a container that may not trace (CAP_SYS_PTRACE), root sees its own alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from gpuhost.files import text

DEVICES = "/dev/nvidia"


class GpuHolder(NamedTuple):
    """One process; fields as in the orchestrator's `GpuHolder`."""

    pid: int
    user: str
    command: str


def gpu_holders(root: Path) -> list[GpuHolder]:
    """Whoever has a device open now, by process id; this process is not counted."""
    users = dict(_users(root))
    pids = sorted(int(entry.name) for entry in (root / "proc").glob("[0-9]*"))
    return [_holder(root, pid, users) for pid in pids if pid != os.getpid() and _holds(root, pid)]


def _holds(root: Path, pid: int) -> bool:
    try:
        entries = os.listdir(root / f"proc/{pid}/fd")  # noqa: PTH208  a Path for each costs more than all else here
    except OSError:  # it ended meanwhile
        return False
    return any(_target(f"{root}/proc/{pid}/fd/{entry}").startswith(DEVICES) for entry in entries)


def _target(link: str) -> str:
    try:
        return os.readlink(link)  # noqa: PTH115  as above: a busy host has 20,000 of them
    except OSError:  # it was closed meanwhile
        return ""


def _holder(root: Path, pid: int, users: dict[int, str]) -> GpuHolder:
    process = root / f"proc/{pid}"
    try:
        uid = process.stat().st_uid
    except OSError:  # it ended meanwhile
        uid = 0
    return GpuHolder(pid=pid, user=users.get(uid, str(uid)), command=text(process / "comm"))


def _users(root: Path) -> Iterator[tuple[int, str]]:
    """The local ones; asking a directory service could take longer than everything else together."""
    for line in text(root / "etc/passwd").splitlines():
        name, _, uid = line.split(":")[:3]
        yield int(uid), name
