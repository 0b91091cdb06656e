"""What dpkg has installed and what apt's lists offer, from their own files. Starts neither."""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from pathlib import Path

from gpuhost.files import content, text


def installed(root: Path) -> frozenset[str]:
    """The names of the packages that are completely installed."""
    names, name = set(), ""
    for line in text(root / "var/lib/dpkg/status").splitlines():
        if line.startswith("Package: "):
            name = line[9:]
        elif line.startswith("Status: ") and line.endswith(" ok installed"):
            names.add(name)
    return frozenset(names)


def headers(root: Path, kernel: str, packages: Collection[str]) -> bool | None:
    """Whether modules can be built for a kernel: its headers are there, or the distribution has them.

    None when apt has no lists yet, as on an image that was never updated. Compressed lists are not looked into.
    """
    if not kernel:
        return False
    package = f"linux-headers-{kernel}"
    # A symbolic link into /usr/src; its target need not be seen from here.
    if package in packages or os.path.lexists(root / "lib/modules" / kernel / "build/Makefile"):
        return True
    lists = sorted((root / "var/lib/apt/lists").glob("*_Packages"))
    wanted = f"Package: {package}\n".encode()
    return any(wanted in content(path) for path in lists) if lists else None


def version_key(version: str) -> tuple[tuple[tuple[int, ...], int], ...]:
    """Sorts versions as dpkg does (Debian Policy 5.6.12), a kernel's release candidate before its release."""
    parts = re.findall(r"(\D*)(\d*)", version.replace("-rc", "~rc"))
    return tuple(((*map(_rank, words), 0), int(digits or 0)) for words, digits in parts)


def _rank(character: str) -> int:
    """A tilde sorts before the end of the word, which is 0; letters before everything else."""
    if character == "~":
        return -1
    return ord(character) if character.isalpha() else ord(character) + 256
