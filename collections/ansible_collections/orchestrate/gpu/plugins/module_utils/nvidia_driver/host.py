"""What a host is, as far as a driver is concerned: packages, kernels, modules. Changes nothing."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.orchestrate.gpu.plugins.module_utils.nvidia_driver.hardware import loaded_driver
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages.record import Package, installed
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.programs import run, succeed

MODULES = Path("/lib/modules")
BOOT = Path("/boot")
IN_KERNEL = {"nouveau": Path("/sys/module/nouveau"), "nova": Path("/sys/module/nova_core")}
"""The kernel's own drivers for these cards, and where one shows that it is loaded."""
UNINSTALLER = Path("/usr/bin/nvidia-uninstall")
"""What NVIDIA's own `.run` installer leaves behind."""
MODULE = re.compile(r"nvidia(?!.*-(drm|fs|modeset|peermem|uvm|vgpu|wmi))[\w-]*\.ko(\.\w+)?$")
REPAIR = "put that right on the host, then apply the role again"


@dataclass(frozen=True)
class File:
    """A file of the role's own."""

    path: Path
    content: str
    early: bool
    """The first steps of a boot read it too, from the initramfs."""


@dataclass(frozen=True)
class Wish:
    """The driver as it shall be; for `absent` only what says which packages and files are meant."""

    state: str
    """`present` or `absent`."""
    branch: str
    packages: Sequence[str]
    """The first is of the driver's version."""
    desktop: Sequence[str]
    """What X needs besides: wanted, or X is there."""
    fabric_manager: Sequence[str]
    """Of exactly the driver's version."""
    x11: bool
    container: bool
    secure_boot: bool
    pattern: str
    """Matches the names of a driver's packages."""
    files: Sequence[File]
    mok_key: str
    """What DKMS signs modules with on this distribution."""
    prebuilt: Sequence[str] = ()
    """Packages with modules that the distribution built and signed, that of the running kernel's flavour first."""
    dkms: Sequence[str] = ()
    """What is installed in their place where there are none, and compiles the modules here."""
    signed_only: bool = False
    """Modules that are compiled here will not do."""
    newest_branch: str = ""
    """The newest that every card works with; empty where that is not known."""
    ended: str = ""
    """The branch that was wished before the distribution's packages led to another; empty where they did not."""


@dataclass(frozen=True)
class Host:
    """What is there now."""

    packages: Mapping[str, Package]
    kernel: str
    """The one that runs."""
    kernels: tuple[str, ...]
    """Those that could boot, or in a container those that modules could be built for; the newest is last."""
    built: Mapping[str, str]
    """Kernel -> version of the module that the disk has for it."""
    loaded: str
    headers: bool
    """Of the kernel that runs, they are here."""
    in_kernel: str
    """The kernel's own driver that is loaded and holds the cards: `nouveau`, `nova`, or empty."""
    runfile: bool
    """A driver from a `.run` installer is there, which no package manager knows."""


def look(wish: Wish) -> Host:
    """What is on the host now."""
    running = os.uname().release
    kernels = tuple(sorted((path.name for path in MODULES.glob("*") if is_target(path, wish)), key=natural))
    return Host(
        packages=installed(),
        kernel=running,
        kernels=kernels,
        built={kernel: version for kernel in {*kernels, running} if (version := module_version(kernel))},
        loaded=loaded_driver(),
        headers=(MODULES / running / "build").exists(),
        in_kernel=next((name for name, module in IN_KERNEL.items() if module.exists()), ""),
        runfile=UNINSTALLER.exists() and not succeeds("dpkg-query", "--search", str(UNINSTALLER)),
    )


def driver_packages(host: Host, wish: Wish) -> list[str]:
    """The installed packages that belong to a driver, of whatever branch."""
    return [name for name in host.packages if re.match(wish.pattern, name)]


def is_target(folder: Path, wish: Wish) -> bool:
    """Whether these are the modules of a kernel that could boot, or in a container of one that modules can be built for."""
    return (BOOT / f"vmlinuz-{folder.name}").exists() or (wish.container and (folder / "build").exists())


def module_version(kernel: str) -> str:
    """Version of the driver's module on the disk for this kernel; empty for none."""
    for pattern in (
        "updates/**/nvidia*.ko*",
        "kernel/nvidia-*/nvidia*.ko*",
        "kernel/drivers/video/nvidia*.ko*",
    ):
        for path in (MODULES / kernel).glob(pattern):
            if MODULE.match(path.name):
                return succeed(("modinfo", "--field", "version", str(path)), REPAIR).strip()
    return ""


def natural(name: str) -> list[tuple[int, str]]:
    """Sorts 6.1.0-9 before 6.1.0-10."""
    return [(int(part or 0), text) for text, part in re.findall(r"(\D*)(\d*)", name)]


def upstream(version: str) -> str:
    """`535.309.01` of `535.309.01-0+deb12u1`."""
    return version.rpartition(":")[2].partition("-")[0]


def branch_of(version: str) -> str:
    """`535` of `535.309.01-0+deb12u1`."""
    return upstream(version).partition(".")[0]


def succeeds(*argv: str) -> bool:
    """Whether the program is there and ends well."""
    return run(argv).returncode == 0
