"""Packages from a list: real ones, as dpkg takes them, with as much in them as the list says. Never leaves its folder."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.molecule.apt_repository.tasks.kernel_module import kernel_module

ROOT = Path("/srv/apt-repository")
POOL = ROOT / "pool"
FIELDS = ("depends", "recommends", "provides", "conflicts", "replaces", "architecture", "section")


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One package to build."""

    name: str
    version: str
    component: str
    """Of the distribution's archive, `restricted`; empty for NVIDIA's repository."""
    control: dict[str, str]
    """Further fields of the control file: `Depends`, `Provides`, `Conflicts` …"""
    files: tuple[dict[str, Any], ...]
    """`path`, and `content` with `mode` or `kernel_module` with `version` and `kernel`."""
    tree: str
    """A folder on the host whose content is the package's too; empty for none."""
    scripts: dict[str, str]
    """Maintainer scripts by name: `postinst` …"""


def parse_packages(text: str) -> tuple[Package, ...]:
    """The packages that the tasks send."""
    return tuple(
        Package(
            name=given["name"],
            version=given["version"],
            component=given.get("component", ""),
            control={field.capitalize(): given[field] for field in FIELDS if field in given},
            files=tuple(given.get("files", ())),
            tree=given.get("tree", ""),
            scripts=given.get("scripts", {}),
        )
        for given in json.loads(text)
    )


def build(package: Package) -> None:
    """Put the package into the pool, unless this version of it is there."""
    control = {
        "Package": package.name,
        "Version": package.version,
        "Architecture": output("dpkg", "--print-architecture"),
        "Maintainer": "A test",
        "Description": "made for a test",
        **package.control,
    }
    # An epoch is no part of a file's name.
    version = package.version.rpartition(":")[2]
    target = POOL / package.component / f"{package.name}_{version}_{control['Architecture']}.deb"
    if target.exists():
        return
    target.parent.mkdir(exist_ok=True)
    folder = ROOT / "build"
    shutil.rmtree(folder, ignore_errors=True)
    if package.tree:
        # Hard links: a compiler is large.
        shutil.copytree(package.tree, folder, symlinks=True, copy_function=os.link)
    (folder / "DEBIAN").mkdir(parents=True)
    lines = [f"{field}: {value}\n" for field, value in control.items()]
    (folder / "DEBIAN/control").write_text("".join(lines))
    for name, text in package.scripts.items():
        write(folder / "DEBIAN" / name, text.encode(), 0o755)
    for file in package.files:
        module = file.get("kernel_module")
        content = kernel_module(**module) if module else file["content"].encode()
        write(folder / file["path"].lstrip("/"), content, int(file.get("mode", "0644"), 8))
    run("dpkg-deb", "--root-owner-group", "-Zzstd", "-z1", "--build", str(folder), str(target))
    shutil.rmtree(folder)


def write(path: Path, content: bytes, mode: int) -> None:
    """Write a file of a package."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(mode)


def output(*argv: str, folder: Path = ROOT) -> str:
    """Run a program and return what it says, stripped."""
    return subprocess.run(argv, cwd=folder, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def run(*argv: str, folder: Path = ROOT) -> None:
    """Run a program."""
    output(*argv, folder=folder)
