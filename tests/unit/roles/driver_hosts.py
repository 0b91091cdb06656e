"""Hosts and wishes for the tests of the driver's module."""

from typing import Any

from ansible_collections.orchestrate.gpu.plugins.module_utils.nvidia_driver import host as on_host
from ansible_collections.orchestrate.gpu.plugins.module_utils.nvidia_driver import state
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages.record import Package

PATTERN = r"^(nvidia-(?!container|cuda|settings)|libcuda1|xserver-xorg-video-nvidia)"


def wish(**changes: object) -> on_host.Wish:
    """A wish for branch 535 of Debian 12, with changes."""
    given: dict[str, Any] = {
        "state": "present",
        "branch": "535",
        "packages": ["nvidia-kernel-dkms", "libcuda1"],
        "desktop": ["nvidia-driver"],
        "fabric_manager": [],
        "x11": False,
        "container": False,
        "secure_boot": False,
        "pattern": PATTERN,
        "files": [],
        "mok_key": "/var/lib/dkms/mok.pub",
    }
    return state.wish_of(given | changes)


def host(
    *names: str, version: str = "535.309.01-0+deb12u1", held: bool = True, **changes: Any
) -> on_host.Host:
    """A host with these packages, all of one version."""
    given: dict[str, Any] = {
        "packages": {name: Package(version, held) for name in names},
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
