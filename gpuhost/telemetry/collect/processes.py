"""Processes that have a context on a card: NVML knows their numbers, /proc whose they are. Reads only."""

from __future__ import annotations

import os
import pwd
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from gpuhost.files import content
from gpuhost.telemetry.collect.figures import Handle, Nvml
from gpuhost.telemetry.snapshot import COMPUTE, GRAPHICS, MigInstance, Process

ASKED = (
    (COMPUTE, "nvmlDeviceGetComputeRunningProcesses"),
    (COMPUTE, "nvmlDeviceGetMPSComputeRunningProcesses"),
    (GRAPHICS, "nvmlDeviceGetGraphicsRunningProcesses"),
)
"""One that computes and draws is told as computing."""

FORMS = ("_v3", "_v2")
"""Of the question; drivers before 510 know the older one alone, and the same answer."""

INTERPRETERS = ("python", "bash", "sh", "perl", "ruby", "node", "java", "julia", "Rscript")
ProcessInfo = Any
"""nvml.h, nvmlProcessInfo_t."""
NO_INSTANCE = 0xFFFFFFFF
"""NVML's number where a process is on no part of a card."""


class Processes:
    """Of each process it keeps what does not change while it runs; `forget` has all of it read anew."""

    def __init__(self, proc: Path = Path("/proc")) -> None:
        self._proc = proc
        self._known: dict[tuple[int, int], Process] = {}
        self._users: dict[int, str] = {}
        self._forms: dict[str, str] = {}
        self._booted_at = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
        self._ticks = os.sysconf("SC_CLK_TCK")

    def forget(self) -> None:
        """A process may have become another program, or have been moved to another unit."""
        self._known.clear()

    def on(self, nvml: Nvml, card: Handle, instances: Sequence[MigInstance]) -> tuple[Process, ...]:
        """All of them, by number. Raises NVMLError where the driver does not say."""
        found: dict[int, Process] = {}
        for kind, function in ASKED:
            for told in self._told(nvml, card, function):
                if told.pid not in found:
                    process = self._process(int(told.pid), kind)
                    found[told.pid] = replace(
                        process,
                        memory_bytes=told.usedGpuMemory,
                        mig_uuid=_instance(instances, told.gpuInstanceId, told.computeInstanceId),
                    )
        return tuple(found[pid] for pid in sorted(found))

    def _told(self, nvml: Nvml, card: Handle, function: str) -> list[ProcessInfo]:
        """In the newest form that the driver knows; of what it has in none, nothing. Raises NVMLError."""
        if function in self._forms:
            form = self._forms[function]
            return _asked(nvml, card, f"{function}{form}") or [] if form else []
        for form in FORMS:
            told = _asked(nvml, card, f"{function}{form}")
            if told is not None:
                self._forms[function] = form
                return told
        self._forms[function] = ""
        return []

    def _process(self, pid: int, kind: str) -> Process:
        """What /proc tells of it."""
        # Behind the name in brackets, which may hold anything, stand state and, as the twentieth, starttime (proc(5)).
        fields = content(self._proc / str(pid) / "stat").rpartition(b")")[2].split()
        if len(fields) < 20:
            return Process(
                pid=pid,
                kind=kind,
                memory_bytes=None,
                user="",
                uid=None,
                command="",
                started_at=None,
                state="",
            )
        state, started = fields[0].decode(), int(fields[19])
        known = self._known.get((pid, started))
        if known is None:
            known = self._known[pid, started] = self._described(pid, kind, started)
        if known.state != state or known.kind != kind:
            known = self._known[pid, started] = replace(known, state=state, kind=kind)
        return known

    def _described(self, pid: int, kind: str, started: int) -> Process:
        folder = self._proc / str(pid)
        try:
            uid = folder.stat().st_uid
        except OSError:  # it ended meanwhile
            uid = None
        return Process(
            pid=pid,
            kind=kind,
            memory_bytes=None,
            user="" if uid is None else self._user(uid),
            uid=uid,
            command=command(content(folder / "cmdline"), content(folder / "comm")),
            started_at=round(self._booted_at + started / self._ticks, 2),
            state="",
            unit=unit(content(folder / "cgroup").decode(errors="replace")),
        )

    def _user(self, uid: int) -> str:
        if uid not in self._users:
            try:
                self._users[uid] = pwd.getpwuid(uid).pw_name
            except KeyError:
                self._users[uid] = str(uid)
        return self._users[uid]


def command(line: bytes, name: bytes) -> str:
    """The program, and of an interpreter its script: `python train.py`. No other argument, which may be a secret."""
    words = [word.decode(errors="replace") for word in line.split(b"\0") if word]
    if not words:
        return name.decode(errors="replace").strip()
    program = words[0].split()[0].rpartition("/")[2] if words[0].split() else words[0]
    if not program.startswith(INTERPRETERS):
        return program
    return " ".join([program, *_script(words[1:])])


def unit(groups: str) -> str:
    """The innermost unit or scope of a process' control groups; empty where systemd does not run it."""
    for line in groups.splitlines():
        _number, controllers, path = [*line.split(":", 2), "", ""][:3]
        if controllers in {"", "name=systemd"}:
            for part in reversed(path.split("/")):
                if part.endswith((".service", ".scope")):
                    return part
    return ""


def _script(arguments: Sequence[str]) -> Iterator[str]:
    for word, following in zip(arguments, [*arguments[1:], ""]):
        if word in {"-m", "-jar"}:
            yield from (word, following)
            return
        if word == "-c":
            yield word
            return
        if not word.startswith("-"):
            yield word.rpartition("/")[2]
            return


def _asked(nvml: Nvml, card: Handle, function: str) -> list[ProcessInfo] | None:
    """None where the driver does not know the function. Raises NVMLError."""
    try:
        return list(getattr(nvml, function)(card))
    except nvml.NVMLError as cause:
        if cause.value == nvml.NVML_ERROR_NOT_SUPPORTED:
            return []
        if cause.value == nvml.NVML_ERROR_FUNCTION_NOT_FOUND:
            return None
        raise


def _instance(instances: Sequence[MigInstance], gpu: int, compute: int) -> str:
    """The part of the card that it is on; empty where it is on none, or on one that is not listed."""
    if gpu == NO_INSTANCE:
        return ""
    exact = (each.uuid for each in instances if (each.gpu_instance, each.compute_instance) == (gpu, compute))
    return next(exact, "")
