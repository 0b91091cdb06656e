"""The device nodes that belong to a device, and those that every job with a GPU needs. Changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from gpuhost.files import text
from gpuhost.telemetry.snapshot import Card, MigInstance

SHARED = (
    "/dev/nvidiactl",
    "/dev/nvidia-uvm",
    "/dev/nvidia-uvm-tools",
    "/dev/nvidia-modeset",
    "/dev/nvidia-nvswitchctl",
    "/dev/gdrdrv",
)
"""What the driver has beside a node for each card."""
GROUPS = ("nvidia-uvm", "infiniband_verbs", "infiniband_cm", "infiniband_mad")
"""Device numbers by their groups in /proc/devices: nodes of them may be made only when a job asks, or are many."""
NO_CARD = ("/dev/fuse", "/dev/net/tun")
"""What jobs need that run containers of their own."""


def of_card(card: Card, root: Path = Path("/")) -> tuple[str, ...]:
    """The card's own node, and those by which it draws."""
    if card.minor is None:
        return ()
    drawing = (root / f"sys/bus/pci/devices/{card.address}/drm").glob("*[0-9]")
    return (f"/dev/nvidia{card.minor}", *sorted(f"/dev/dri/{path.name}" for path in drawing))


def of_slice(card: Card, slice_: MigInstance, root: Path = Path("/")) -> tuple[str, ...]:
    """The card's node and those of the slice's capabilities, as the driver numbers them."""
    gpu, compute = slice_.gpu_instance, slice_.compute_instance
    base = root / f"proc/driver/nvidia/capabilities/gpu{card.minor}/mig/gi{gpu}"
    minors = (
        re.search(r"^DeviceFileMinor:\s*(\d+)", text(path), re.MULTILINE)
        for path in (base / "access", base / f"ci{compute}/access")
    )
    return (
        f"/dev/nvidia{card.minor}",
        *(f"/dev/nvidia-caps/nvidia-cap{found[1]}" for found in minors if found),
    )


def shared(root: Path = Path("/")) -> tuple[str, ...]:
    """What every job with a device may open."""
    known = text(root / "proc/devices")
    groups = (f"char-{name}" for name in GROUPS if re.search(rf"^\s*\d+ {name}$", known, re.MULTILINE))
    return (*(node for node in SHARED if (root / node[1:]).exists()), *groups)


def of_cards(cards: Iterable[Card]) -> tuple[str, ...]:
    """The nodes of whole cards: /dev/nvidia0 …"""
    return tuple(f"/dev/nvidia{card.minor}" for card in cards if card.minor is not None)
