"""The machine as a whole: what runs on it, its memory, its disks. Reads files; starts nothing."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from gpuhost.files import assignments, text

MIB = 2**20


def distribution(root: Path) -> str:
    """`debian-12`; the bare name where there is no version, as in Debian's unstable."""
    release = assignments(root / "etc/os-release")
    return "-".join(filter(None, (release.get("ID"), release.get("VERSION_ID"))))


def architecture(machine: str, *, bits: int) -> str:
    """As `uname -m` names it; a kernel of 64 bits under programs of 32 is named as what it can run."""
    return {"x86_64": "i686", "aarch64": "armv7l"}.get(machine, machine) if bits == 32 else machine


def container(root: Path) -> str:
    """What kind of container this is; empty on a machine with a kernel of its own.

    The sources of systemd-detect-virt, and for those that leave no trace: process 2 is the kernel's on every machine.
    """
    if "microsoft" in text(root / "proc/sys/kernel/osrelease").lower():
        return "wsl"
    told = text(root / "run/systemd/container") or _of_first_process(root)
    if told:
        return told
    for trace, name in ((".dockerenv", "docker"), ("run/.containerenv", "podman")):
        if (root / trace).exists():
            return name
    return "" if text(root / "proc/2/comm") == "kthreadd" else "other"


def memory_mib(root: Path) -> int:
    """Of the machine, or of the control group where that may use less."""
    total = re.search(r"^MemTotal:\s*(\d+) kB", text(root / "proc/meminfo"), re.MULTILINE)
    sizes = [int(total[1]) * 1024] if total else []
    for limit in ("memory.max", "memory/memory.limit_in_bytes"):
        allowed = text(root / "sys/fs/cgroup" / limit)
        sizes += [int(allowed)] if allowed.isdigit() else []
    return min(sizes, default=0) // MIB


def disk_free_mib(root: Path) -> dict[str, int]:
    """Free space for root's programs by mount point, of `/` and of every local disk that can be written to.

    Disks behind a network are not asked: one that is away would keep us waiting.
    """
    folders = {mount: root / mount.lstrip("/") for mount in ("/", *_local_mounts(root))}
    return {mount: _free_mib(folder) for mount, folder in folders.items() if folder.is_dir()}


def present(root: Path, patterns: Iterable[str]) -> list[str]:
    """Every path that matches one of the globs."""
    found = {path for pattern in patterns for path in root.glob(pattern.lstrip("/"))}
    return sorted(f"/{path.relative_to(root).as_posix()}" for path in found)


def _of_first_process(root: Path) -> str:
    """`container=` in the environment of process 1; only root can read it."""
    found = re.search(r"(?:^|\0)container=([^\0]+)", text(root / "proc/1/environ"))
    return found[1] if found else ""


def _local_mounts(root: Path) -> Iterator[str]:
    """What the kernel lists as `nodev` lies on no disk, all but ZFS."""
    kinds = {line.strip() for line in text(root / "proc/filesystems").splitlines()} | {"zfs"}
    for line in text(root / "proc/self/mounts").splitlines():
        _device, mount, kind, options = line.split()[:4]
        if kind in kinds and "rw" in options.split(","):
            yield re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), mount)


def _free_mib(folder: Path) -> int:
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize // MIB
