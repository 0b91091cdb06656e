"""Hosts and wishes for the tests of the driver's script."""

import json
from typing import Any

from tests.unit.roles.scripts import script

on_host, packages, state, driver = map(
    script, ("driver_host", "driver_packages", "driver_state", "nvidia_driver")
)

PATTERN = r"^(nvidia-(?!container|cuda|settings)|libcuda1|xserver-xorg-video-nvidia)"


def wish(**changes: object) -> Any:
    """A wish for branch 535 of Debian 12, with changes."""
    given: dict[str, Any] = {
        "branch": "535",
        "packages": ["nvidia-kernel-dkms", "libcuda1"],
        "desktop": ["nvidia-driver"],
        "fabric_manager": [],
        "x11": False,
        "container": False,
        "secure_boot": False,
        "pattern": PATTERN,
        "files": [],
    }
    return on_host.parse_wish(json.dumps(given | changes))


def host(*names: str, version: str = "535.309.01-0+deb12u1", held: bool = True, **changes: Any) -> Any:
    """A host with these packages, all of one version."""
    given = {
        "packages": {name: on_host.Package(version=version, held=held) for name in names},
        "kernel": "6.1.0-56-amd64",
        "kernels": ("6.1.0-56-amd64",),
        "built": {"6.1.0-56-amd64": "535.309.01"},
        "loaded": "535.309.01",
        "headers": False,
        "in_kernel": "",
        "runfile": False,
    }
    return on_host.Host(**(given | changes))


COMPLETE = ("nvidia-kernel-dkms", "libcuda1", "linux-image-amd64", "linux-headers-amd64")
