"""Processes on a card, and whose they are. Reads only, through NVML and /proc."""

import contextlib
import pwd
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

from workloads.result.evidence import GpuProcess

MIB = 2**20

Nvml: TypeAlias = Any
Handle: TypeAlias = Any
"""pynvml, and its handle of a card: it travels with the job and carries no types."""


def processes_on(nvml: Nvml, handle: Handle) -> Iterator[GpuProcess]:
    """All of them, of whoever. One that computes and draws is told as drawing: so are some desktops."""
    found: dict[int, GpuProcess] = {}
    for kind, ask in (
        ("compute", nvml.nvmlDeviceGetComputeRunningProcesses),
        ("graphics", nvml.nvmlDeviceGetGraphicsRunningProcesses),
    ):
        with contextlib.suppress(nvml.NVMLError):
            for process in ask(handle):
                used = process.usedGpuMemory
                found[process.pid] = GpuProcess(
                    pid=int(process.pid),
                    kind=kind,
                    memory_mib=None if used is None else int(used) // MIB,
                    user=_user(process.pid),
                    program=_program(process.pid),
                )
    yield from found.values()


def described_process(pid: int) -> str:
    """`ada: python3 (pid 4242)`."""
    user = _user(pid)
    return f"{f'{user}: ' if user else ''}{_program(pid) or 'a process'} (pid {pid})"


def _user(pid: int) -> str:
    """Who runs it; empty where it is not to be seen, as from within a container."""
    try:
        number = Path(f"/proc/{pid}").stat().st_uid
    except OSError:
        return ""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def _program(pid: int) -> str:
    """Its name alone: arguments may hold secrets."""
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
