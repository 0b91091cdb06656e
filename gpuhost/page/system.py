"""The machine, its disks and who is logged in, read from the kernel's and systemd's files. Changes nothing."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from datetime import datetime, timezone
from pathlib import Path

from gpuhost.files import assignments
from gpuhost.page.values import Disk, Machine, Person
from gpuhost.systemd import logins, sessions, started

RELEASE = Path("/etc/os-release")
PROC = Path("/proc")
SHARED = frozenset({"nfs", "nfs4", "cifs", "ceph", "lustre", "fuse.sshfs", "zfs"})
"""File systems that keep files and have no device of their own."""


def machine(before: tuple[int, int] | None) -> tuple[Machine, tuple[int, int]]:
    """The machine, and the processor times that the next page compares with. Raises OSError, ValueError or KeyError."""
    now = cpu_times((PROC / "stat").read_text())
    memory = meminfo((PROC / "meminfo").read_text())
    seen = Machine(
        system=assignments(RELEASE).get("PRETTY_NAME", "Linux"),
        kernel=os.uname().release,
        architecture=os.uname().machine,
        processor=processor((PROC / "cpuinfo").read_text()),
        processors=os.cpu_count() or 1,
        busy_percent=busy(before, now),
        load=os.getloadavg()[0],
        memory_used=memory["MemTotal"] - memory["MemAvailable"],
        memory_total=memory["MemTotal"],
        up_since=datetime.fromtimestamp(time.time() - started()[1], timezone.utc),
    )
    return seen, now


def processor(text: str) -> str:
    """The processor's name; empty where the kernel does not say."""
    lines = (line.partition(":")[::2] for line in text.splitlines())
    return next((value.strip() for key, value in lines if key.strip() in {"model name", "Model"}), "")


def meminfo(text: str) -> dict[str, int]:
    """Bytes by name."""
    lines = (line.partition(":")[::2] for line in text.splitlines())
    return {key: int(value.split()[0]) * 1024 for key, value in lines if value.split()}


def cpu_times(text: str) -> tuple[int, int]:
    """Ticks that the processors were busy, and all ticks, since boot."""
    fields = [int(word) for word in text.splitlines()[0].split()[1:9]]
    return sum(fields) - fields[3] - fields[4], sum(fields)


def busy(before: tuple[int, int] | None, now: tuple[int, int]) -> int | None:
    """Percent of their time that the processors worked in between; None where nothing is between."""
    if before is None or now[1] <= before[1] or now[0] < before[0]:
        return None
    return round(100 * (now[0] - before[0]) / (now[1] - before[1]))


def disks() -> tuple[Disk, ...]:
    """The file systems that keep files, each once, where it is first found. Raises OSError."""
    found: dict[int, Disk] = {}
    for place in sorted(places((PROC / "self/mounts").read_text()), key=len):
        try:
            device, size = Path(place).stat().st_dev, os.statvfs(place)
        except OSError:
            continue  # one that this account may not look at, or whose server is away
        total = size.f_blocks * size.f_frsize
        if device not in found and total:
            found[device] = Disk(place=place, free=size.f_bavail * size.f_frsize, total=total)
    return tuple(sorted(found.values(), key=lambda disk: disk.place))


def places(mounts: str) -> Iterator[str]:
    """Where file systems that keep files are. What is mounted on a single file is a container's doing."""
    for line in mounts.splitlines():
        source, place, kind = (word.replace("\\040", " ") for word in line.split()[:3])
        keeps = source.startswith("/dev/") or kind in SHARED or (place == "/" and kind == "overlay")
        if keeps and kind not in {"squashfs", "iso9660", "devtmpfs"} and not Path(place).is_file():
            yield place


def people() -> tuple[Person, ...]:
    """Who is logged in, as systemd's files tell; Debian 13 keeps no other record."""
    return logged_in(sessions())


def logged_in(sessions: Iterable[str]) -> tuple[Person, ...]:
    """One entry for each person, since their first session."""
    found: dict[str, Person] = {}
    for told in logins(sessions):
        name = told["USER"]
        since = datetime.fromtimestamp(int(told["REALTIME"]) / 1e6, timezone.utc)
        known = found.get(name, Person(name=name, since=since, sessions=0))
        found[name] = Person(name=name, since=min(known.since, since), sessions=known.sessions + 1)
    return tuple(sorted(found.values(), key=lambda person: person.name))
