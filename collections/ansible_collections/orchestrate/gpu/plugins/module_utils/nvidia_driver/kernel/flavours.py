"""The kernels of a host by the names of their packages, and what belongs to a flavour of them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

METAPACKAGE = re.compile(r"linux-image-((?![0-9]|unsigned-|extra-|uc-)(?!.*(-dbg|-unsigned|-template)$).+)$")
"""`linux-image-amd64` and `linux-image-generic-hwe-24.04`, which lead to the newest kernel of a flavour."""
FLAVOUR = re.compile(
    r"-((?:cloud-|rt-)?(?:amd64|arm64)|(?:generic|lowlatency|aws|azure|gcp|oracle|nvidia|ibm|oem|kvm)(?:-64k|-fips)?)$"
)
"""Ends of the names of kernels that Debian and Ubuntu build."""


def flavours_of(packages: Iterable[str], running: str) -> list[str]:
    """The flavours that the host boots, by their metapackages; that of the kernel that runs first.

    Where there are no metapackages, the flavour is read from the running kernel's name: `6.8.0-1021-aws`.
    """
    found = FLAVOUR.search(running)
    runs = found[1] if found else ""
    flavours = [found[1] for name in packages if (found := METAPACKAGE.match(name))]
    if not flavours:
        return [runs] if runs else []
    return sorted(flavours, key=lambda flavour: not belongs(runs, flavour))


def belongs(running: str, flavour: str) -> bool:
    """Whether a kernel whose name ends so is of the flavour: those of `generic-hwe-24.04` and of `virtual` end with `generic`."""
    built = built_as(flavour)
    return bool(running) and (built == running or built.startswith(f"{running}-"))


def built_as(flavour: str) -> str:
    """The flavour under which the kernel's modules are packaged: `virtual` is a smaller set of those of `generic`."""
    return re.sub(r"^virtual", "generic", flavour)
