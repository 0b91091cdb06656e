"""The NVIDIA driver: the one that is loaded, the one that the next kernel would load, and who put it there."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from gpuhost.files import content, text

MODULE = re.compile(r"^(\S*/nvidia(?:-current|-tesla(?:-\d+)?|-legacy-\w+)?\.ko(\.\w+)?):", re.MULTILINE)
"""The core module's line in modules.dep, under its own name and under those that Debian gives it."""

PACKAGES = re.compile(
    r"nvidia-(current-|tesla-|legacy-)?([\w-]*-)?kernel-|nvidia-(driver|dkms|open|headless)|linux-modules-nvidia-"
)
"""Beginnings of packages that bring the module, on Debian, on Ubuntu and from NVIDIA."""

MODINFO_TIMEOUT_S = 10


def loaded(root: Path) -> str:
    """Version of the module that the kernel has loaded; empty for none."""
    told = re.search(r"Kernel Module(?: for \S+)?\s+([\d.]+)", text(root / "proc/driver/nvidia/version"))
    return text(root / "sys/module/nvidia/version") or (told[1] if told else "")


def installed(root: Path, kernel: str) -> str:
    """Version of the module that modprobe would find under a kernel; empty for none."""
    modules = root / "lib/modules" / kernel
    listed = MODULE.search(text(modules / "modules.dep")) if kernel else None
    if listed is None:
        return ""
    module = modules / listed[1]
    return _built_by_dkms(root, kernel) or (_asked(module) if listed[2] else _written_in(module))


def origin(root: Path, driver_installed: str, packages: Collection[str]) -> str:
    """`package`, `runfile` (NVIDIA's installer, of which no package manager knows), or empty where there is no driver.

    A runfile beside a package counts as a runfile: its files stand in the package's way.
    """
    if (root / "usr/bin/nvidia-uninstall").exists():
        return "runfile"
    if any(PACKAGES.match(package) for package in packages):
        return "package"
    log = (root / "var/log/nvidia-installer.log").exists()
    return "runfile" if log and driver_installed else ""


def _built_by_dkms(root: Path, kernel: str) -> str:
    """The version is a folder's name: no module of 60 MB need be unpacked for it."""
    built = sorted((root / "var/lib/dkms").glob(f"nvidia*/*/{kernel}"))
    return built[0].parent.name if len(built) == 1 else ""


def _written_in(module: Path) -> str:
    found = re.search(rb"\0version=([\d.]+)\0", content(module))
    return found[1].decode() if found else ""


def _asked(module: Path) -> str:
    """What modinfo says of a compressed module."""
    import subprocess  # seldom needed, and a tenth of the probe's time

    argv = ("modinfo", "-F", "version", str(module))
    try:
        told = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=MODINFO_TIMEOUT_S)
    except (OSError, subprocess.SubprocessError):
        return ""
    return told.stdout.strip()
