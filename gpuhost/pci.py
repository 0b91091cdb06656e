"""NVIDIA's devices on the PCI bus, as the kernel shows them without a driver of theirs. Asks no driver."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from gpuhost.files import text

NVIDIA = "0x10de"


def nvidia_devices(root: Path, *classes: str) -> Iterator[Path]:
    """Their folders by address, of the classes that begin so."""
    for device in sorted((root / "sys/bus/pci/devices").glob("*")):
        if text(device / "vendor") == NVIDIA and text(device / "class").startswith(classes):
            yield device
