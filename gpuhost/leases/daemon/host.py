"""The host as the scheduler has it: files of jobs, units, words to users. Decides nothing."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gpuhost.files import write
from gpuhost.leases import records
from gpuhost.leases.containers.values import DOCKER, Container
from gpuhost.leases.daemon.jobs import Book, Job
from gpuhost.leases.daemon.units import Confinement, Units
from gpuhost.leases.devices import nodes
from gpuhost.leases.devices.enforcement import NONE, Enforcement
from gpuhost.leases.devices.layouts import pipes
from gpuhost.leases.devices.leasable import Found
from gpuhost.leases.places import END, JOBS, KEPT, LEASE, LOG, ORDER, folder
from gpuhost.leases.policy.values import MPS
from gpuhost.leases.policy.words import clock
from gpuhost.lifetime.terminals import say, tell

BOOK = KEPT / "book.json"


class LocalHost:
    """This host."""

    def __init__(self, units: Units) -> None:
        self._units = units
        self.enforcement = Enforcement(level=NONE, why="devices were not tried yet")

    def begin(self, job: Job, devices: tuple[Found, ...], now: float) -> None:
        """See `Host.begin`."""
        told: dict[str, Any] = {
            "lines": [*_lines(job, now), *self._warnings(job, devices)],
            "environment": environment(job, devices),
        }
        if job.image:
            told["container"] = asdict(container(job, devices))
        write(folder(job.id) / LEASE, json.dumps(told))
        (folder(job.id) / END).unlink(missing_ok=True)
        self._units.start(job, self.confinement(devices), now)

    def confinement(self, devices: tuple[Found, ...]) -> Confinement:
        """What a job with these devices may open."""
        own = dict.fromkeys(node for found in devices for node in found.nodes)
        needed = (*(nodes.shared() if devices else ()), *own, *nodes.NO_CARD)
        allowed = tuple(node for node in needed if not node.startswith("/") or Path(node).exists())
        all_cards = (str(path) for path in sorted(Path("/dev").glob("nvidia[0-9]*")))
        hidden = tuple(node for node in all_cards if node not in own) if self.enforcement.hides else ()
        return Confinement(allowed=allowed, hidden=hidden)

    def running(self) -> frozenset[str]:
        """See `Host.running`."""
        return self._units.running()

    def signal(self, job: Job) -> None:
        """See `Host.signal`."""
        self._units.signal(job.unit)

    def stop(self, job: Job) -> None:
        """See `Host.stop`."""
        self._units.stop(job.unit)

    def end(self, job: Job) -> tuple[str, int | None] | None:
        """See `Host.end`."""
        try:
            return how((folder(job.id) / END).read_text())
        except records.UNREADABLE:
            return None

    def clear(self, job: Job) -> None:
        """See `Host.clear`: its variables may be secrets."""
        with suppress(OSError):
            (folder(job.id) / ORDER).unlink()

    def tell(self, job: Job, text: str) -> None:
        """See `Host.tell`."""
        say(text)
        with suppress(OSError):
            handle = os.open(folder(job.id) / LOG, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW)
            with os.fdopen(handle, "wb") as log:
                log.write(f"gpuhost: {text}\n".encode())
        tell(text, terminals_of(job.uid))

    def save(self, book: Book) -> None:
        """See `Host.save`. A disk that is full keeps nobody from their devices."""
        try:
            records.write_book(BOOK, book)
        except OSError as error:
            say(f"what is leased cannot be written down: {error}")

    def _warnings(self, job: Job, devices: tuple[Found, ...]) -> Iterable[str]:
        """What whoever starts a job has to know of the others."""
        # Docker gives a container the nodes of its own cards alone, and keeps it from making others.
        if not any(Path("/dev").glob("nvidia[0-9]*")) or job.engine == DOCKER:
            return
        if self.enforcement.statement():
            yield self.enforcement.statement()
        elif job.uid == 0 and devices:
            yield "a job of root can open what it was not given by making nodes of its own"


def prepare(job: Job, argv: list[str], variables: Mapping[str, str]) -> None:
    """Make the job's folder. What was asked for is its user's alone: variables may be secrets. Raises OSError."""
    own = folder(job.id)
    if own.exists():
        shutil.rmtree(own)
    own.mkdir(parents=True)
    order = {"argv": argv, "folder": job.folder, "environment": dict(variables)}
    for name, mode, text in ((ORDER, 0o600, json.dumps(order)), (LOG, 0o600, "")):
        handle = os.open(own / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode(errors="surrogateescape"))
            os.fchmod(handle, mode)
            os.fchown(handle, job.uid, job.gid)


def forget(numbers: Iterable[int]) -> None:
    """Remove the folders of jobs."""
    for number in numbers:
        shutil.rmtree(JOBS / str(number), ignore_errors=True)


def environment(job: Job, devices: tuple[Found, ...]) -> dict[str, str]:
    """The variables by which frameworks keep to what the job got."""
    told: dict[str, Any] = {
        "CUDA_VISIBLE_DEVICES": ",".join(dict.fromkeys(found.visible for found in devices)),
        "CUDA_DEVICE_ORDER": "PCI_BUS_ID",
        "ORCHESTRATE_JOB_ID": str(job.id),
    }
    if job.fraction:
        # TensorFlow and JAX would take nearly all of the card as they start.
        told |= {
            "ORCHESTRATE_MEMORY_FRACTION": f"{job.fraction:g}",
            "TF_FORCE_GPU_ALLOW_GROWTH": "true",
            "XLA_PYTHON_CLIENT_MEM_FRACTION": f"{job.fraction:g}",
        }
    shares = [found for found in devices if found.device.kind == MPS]
    if shares:
        first = shares[0].device
        told |= {
            "CUDA_MPS_PIPE_DIRECTORY": str(pipes(first.card)),
            "CUDA_MPS_ACTIVE_THREAD_PERCENTAGE": f"{first.weight * 100:.0f}",
        }
        if first.memory_bytes:
            told["CUDA_MPS_PINNED_DEVICE_MEM_LIMIT"] = f"0={first.memory_bytes * first.weight / 2**20:.0f}M"
    return told


def container(job: Job, devices: tuple[Found, ...]) -> Container:
    """What the job's container is to have."""
    shares = [found.device.card for found in devices if found.device.kind == MPS]
    return Container(
        number=job.id,
        engine=job.engine,
        image=job.image,
        folder=job.folder,
        uid=job.uid,
        gid=job.gid,
        user=job.user,
        devices=tuple(dict.fromkeys(found.visible for found in devices)),
        pipes=str(pipes(shares[0])) if shares else "",
    )


def terminals_of(uid: int) -> tuple[Path, ...]:
    """Where the user is logged in."""
    found = []
    for path in sorted(Path("/dev/pts").glob("[0-9]*")):
        with suppress(OSError):
            if path.stat().st_uid == uid:
                found.append(path)
    return tuple(found)


def _lines(job: Job, now: float) -> Iterable[str]:
    on = f" on {', '.join(job.labels)}" if job.labels else ""
    part = f", {job.fraction:.0%} of its memory," if job.fraction else ""
    yield f"job {job.id}{on}{part} until {clock(job.ends_at or now, now)}"


def how(said: str) -> tuple[str, int | None]:
    """The reason in words and the exit code, from what systemd tells: result, code and status (systemd.exec(5))."""
    result, code, status = (*said.split(), "", "", "")[:3]
    if code == "exited" and status.isdecimal():
        number = int(status)
        return ("success" if number == 0 else f"exit code {number}"), number
    if result == "timeout":
        return "time limit", None
    if result == "oom-kill":
        return "out of memory", None
    return (f"signal {status}" if status else result or "lost"), None
