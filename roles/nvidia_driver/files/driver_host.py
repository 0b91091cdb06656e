"""What the host is, as far as a driver is concerned: packages, kernels, modules. And the ways to ask and to write.

Changes nothing by itself.
"""

import json
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from retrying import apt_ran

DPKG_STATUS = Path("/var/lib/dpkg/status")
MODULES = Path("/lib/modules")
BOOT = Path("/boot")
LOADED = Path("/sys/module/nvidia/version")
IN_KERNEL = {"nouveau": Path("/sys/module/nouveau"), "nova": Path("/sys/module/nova_core")}
"""The kernel's own drivers for these cards, and where one shows that it is loaded."""
UNINSTALLER = Path("/usr/bin/nvidia-uninstall")
"""What NVIDIA's own `.run` installer leaves behind."""
MODULE = re.compile(r"nvidia(?!.*-(drm|fs|modeset|peermem|uvm|vgpu|wmi))[\w-]*\.ko(\.\w+)?$")


class DriverError(Exception):
    """Ends the script with a cause and a next step, one line each."""

    def __init__(self, cause: str, hint: str) -> None:
        super().__init__(f"{cause}\n  try: {hint}")


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file of the role's own."""

    path: Path
    content: str
    early: bool
    """The first steps of a boot read it too, from the initramfs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """The driver as it shall be; for `absent` only what says which packages and files are meant."""

    branch: str
    packages: tuple[str, ...]
    """The first is the kernel modules' own."""
    desktop: tuple[str, ...]
    """What X needs besides: wanted, or X is there."""
    fabric_manager: tuple[str, ...]
    """Of exactly the driver's version."""
    x11: bool
    container: bool
    secure_boot: bool
    pattern: str
    """Matches the names of a driver's packages."""
    files: tuple[File, ...]
    mok_key: str = "/var/lib/dkms/mok.pub"
    """What DKMS signs modules with on this distribution."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """What dpkg knows of a package that is installed."""

    version: str
    held: bool


@dataclass(frozen=True, slots=True, kw_only=True)
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


def parse_wish(text: str) -> Wish:
    """The wish that the role sends."""
    given = json.loads(text)
    lists = {key: tuple(given[key]) for key in ("packages", "desktop", "fabric_manager")}
    files = tuple(File(**(one | {"path": Path(one["path"])})) for one in given["files"])
    return Wish(**(given | lists | {"files": files}))


def look(wish: Wish) -> Host:
    """What is on the host now."""
    running = os.uname().release
    kernels = tuple(sorted((path.name for path in MODULES.glob("*") if is_target(path, wish)), key=natural))
    return Host(
        packages=installed_packages(),
        kernel=running,
        kernels=kernels,
        built={kernel: version for kernel in {*kernels, running} if (version := module_version(kernel))},
        loaded=read(LOADED).strip(),
        headers=(MODULES / running / "build").exists(),
        in_kernel=next((name for name, module in IN_KERNEL.items() if module.exists()), ""),
        runfile=UNINSTALLER.exists() and not succeeds("dpkg-query", "--search", str(UNINSTALLER)),
    )


def installed_packages() -> dict[str, Package]:
    """What dpkg has installed, by name; a package of a foreign architecture as `name:architecture`."""
    found = {}
    for stanza in read(DPKG_STATUS).split("\n\n"):
        fields = dict(line.split(": ", 1) for line in stanza.splitlines() if ": " in line and line[0] != " ")
        if fields.get("Status", "").endswith(" installed"):
            found[fields["Package"], fields["Architecture"]] = Package(
                version=fields["Version"], held=fields["Status"].startswith("hold ")
            )
    native = {"all", *(architecture for name, architecture in found if name == "dpkg")}
    return {
        name if architecture in native else f"{name}:{architecture}": package
        for (name, architecture), package in found.items()
    }


def driver_packages(host: Host, wish: Wish) -> list[str]:
    """The installed packages that belong to a driver, of whatever branch."""
    return [name for name in host.packages if re.match(wish.pattern, name)]


def is_target(folder: Path, wish: Wish) -> bool:
    """Whether these are the modules of a kernel that could boot, or in a container of one that modules can be built for."""
    return (folder / "build").exists() if wish.container else (BOOT / f"vmlinuz-{folder.name}").exists()


def module_version(kernel: str) -> str:
    """Version of the driver's module on the disk for this kernel; empty for none."""
    for pattern in (
        "updates/**/nvidia*.ko*",
        "kernel/nvidia-*/nvidia*.ko*",
        "kernel/drivers/video/nvidia*.ko*",
    ):
        for path in (MODULES / kernel).glob(pattern):
            if MODULE.match(path.name):
                return run(("modinfo", "--field", "version", str(path)), f"{path} is no module").strip()
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


def run(argv: Sequence[str], failure: str) -> str:
    """What the program printed. Raises DriverError with what it said last, if it fails."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}

    def call() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            argv, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )

    done = apt_ran(call) if argv[0] == "apt-get" else call()
    if done.returncode != 0:
        lines = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        telling = [line for line in lines if re.match(r"E: |dpkg: error|Error! |.*Depends: ", line)] or lines[
            -1:
        ]
        said = "; ".join(telling[:4]) or f"{argv[0]} ended with exit code {done.returncode}"
        raise DriverError(f"{failure}: {said}", "put that right on the host, then apply the role again")
    return done.stdout


def succeeds(*argv: str) -> bool:
    """Whether the program is there and ends well."""
    try:
        return (
            subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0
        )
    except FileNotFoundError:
        return False


def read(path: Path) -> str:
    """The file's text; empty where there is none."""
    return path.read_text(encoding="utf-8") if path.exists() else ""


def put(path: Path, content: str) -> None:
    """Replace the file in one step; without content remove it."""
    if not content:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(mode=0o755, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(content, encoding="utf-8")
    fresh.replace(path)
