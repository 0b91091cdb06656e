"""What training stands on and is not a file of ours: kernel, driver, packages, the environment's distributions. Starts nothing."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from gpuhost.files import text
from gpuhost.probe import driver

PACKAGES = re.compile(
    r"(?!(lib)?nvidia-container)"
    r"(lib)?(nvidia|cuda|cudnn|nccl|cublas|cufft|curand|cusolver|cusparse|nvjitlink|nvrtc|nvinfer)"
    r"|(linux-modules|firmware)-nvidia"
)
"""Beginnings of packages of the driver, CUDA, cuDNN and what frameworks load beside them, on Debian, on Ubuntu and from NVIDIA;
without those that show cards to containers."""

_PACKAGE = "package "
_DISTRIBUTION = re.compile(r"(?P<name>.+?)-(?P<version>[^-]+)\.dist-info")


def installed(root: Path, python: str) -> dict[str, str]:
    """Versions by what they are of: `kernel`, `driver`, `machine`, `package …`, `distribution …`, `conda package …`.

    Args:
        root: of the host's files.
        python: of the training environment; empty where there is none.
    """
    return {
        "machine": text(root / "etc/machine-id"),
        "kernel": os.uname().release,
        "driver": driver.loaded(root) or "none",
        **dict(_packages(root)),
        **(dict(_environment(root, python)) if python else {}),
    }


def drift(certified: Mapping[str, str], now: Mapping[str, str]) -> tuple[str, ...]:
    """What is not as it was certified, a line each.

    What was added to the environment is not: people install there what they need, and what that changes of the rest is seen.
    A package of the driver or of CUDA that was added is: libraries are found in the system's folders by themselves.
    """
    changed = (
        f"{name} was {version} and is {now.get(name) or 'gone'}"
        for name, version in certified.items()
        if now.get(name) != version
    )
    added = (
        f"{name} {version} was added"
        for name, version in now.items()
        if name.startswith(_PACKAGE) and name not in certified
    )
    return (*changed, *added)


def _packages(root: Path) -> Iterator[tuple[str, str]]:
    """Those that dpkg has completely installed, each with its architecture."""
    for block in text(root / "var/lib/dpkg/status").split("\n\n"):
        if not PACKAGES.match(block, len("Package: ")):
            continue
        fields = dict(line.partition(": ")[::2] for line in block.splitlines() if line[:1].isalpha())
        if fields.get("Status", "").endswith(" ok installed"):
            name = f"{fields.get('Package')}:{fields.get('Architecture')}"
            yield f"{_PACKAGE}{name}", fields.get("Version", "")


def _environment(root: Path, python: str) -> Iterator[tuple[str, str]]:
    """By the names of metadata: nothing of the environment is run."""
    home = root / python.lstrip("/")
    home = home.parent.parent
    for folder in sorted(home.glob("lib/python3*/site-packages/*.dist-info")):
        if found := _DISTRIBUTION.fullmatch(folder.name):
            yield f"distribution {found['name'].lower().replace('-', '_')}", found["version"]
    for file in sorted(home.glob("conda-meta/*-*-*.json")):
        name, version, build = file.stem.rsplit("-", 2)
        yield f"conda package {name}", f"{version} ({build})"
