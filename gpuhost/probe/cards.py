"""The host's cards and NVSwitches, as the kernel shows them without a driver of theirs. Asks no driver."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from gpuhost.files import text
from gpuhost.pci import nvidia_devices

DISPLAY = ("0x0300", "0x0302")
"""Classes of cards: with a monitor's output, and without one."""

BRIDGE = "0x0680"
"""Class of an NVSwitch; NVIDIA's other bridges have other ones."""

WIDTHS = frozenset({1, 2, 4, 8, 12, 16, 32})
"""A virtual machine's bus may answer 0 or 255: it does not know."""


class Card(NamedTuple):
    """One display device; fields as in the orchestrator's `Card`."""

    address: str
    device_id: str
    driver_in_use: str
    pcie_width: int | None
    pcie_width_max: int | None


def display_cards(root: Path, *, contained: bool) -> list[Card]:
    """The cards, by address. A container sees the whole bus of its computer: there, only those that were given to it."""
    found = [_card(device) for device in nvidia_devices(root, *DISPLAY)]
    return [card for card in found if not contained or _is_given(root, card)]


def nvswitches(root: Path) -> int:
    """How many chips connect the cards with each other."""
    return sum(1 for _ in nvidia_devices(root, BRIDGE))


def _card(device: Path) -> Card:
    return Card(
        address=device.name,
        device_id=text(device / "device")[2:],
        driver_in_use=_link_name(device / "driver"),
        pcie_width=_width(device / "current_link_width"),
        pcie_width_max=_width(device / "max_link_width"),
    )


def _is_given(root: Path, card: Card) -> bool:
    told = text(root / "proc/driver/nvidia/gpus" / card.address / "information")
    minor = re.search(r"Device Minor:\s*(\d+)", told)
    return minor is not None and (root / f"dev/nvidia{minor[1]}").exists()


def _link_name(link: Path) -> str:
    try:
        return link.readlink().name
    except OSError:  # nothing drives it
        return ""


def _width(path: Path) -> int | None:
    told = text(path)
    return int(told) if told.isdigit() and int(told) in WIDTHS else None
