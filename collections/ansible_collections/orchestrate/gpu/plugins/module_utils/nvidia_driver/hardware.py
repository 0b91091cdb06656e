"""NVIDIA's hardware as a host shows it, with no program of NVIDIA's. Changes nothing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ansible_collections.orchestrate.gpu.plugins.module_utils.nvidia_driver.kernel.flavours import flavours_of
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages.record import installed
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.files import text_of

PCI = Path("/sys/bus/pci/devices")
EFI_VARIABLES = Path("/sys/firmware/efi/efivars")
LOADED = Path("/sys/module/nvidia/version")

NVIDIA, DISPLAY, BRIDGE = "0x10de", "0x03", "0x0680"
"""PCI vendor, and the classes of graphics cards and of NVSwitches."""


def gather() -> dict[str, Any]:
    """Cards, the number of NVSwitches, whether Secure Boot is on, the driver that is loaded, and the flavours of the kernel."""
    devices = [
        (device.name, text_of(device / "class"), text_of(device / "device").strip()[2:])
        for device in sorted(PCI.glob("*"))
        if text_of(device / "vendor").strip() == NVIDIA
    ]
    secure_boot = [path.read_bytes()[-1:] for path in EFI_VARIABLES.glob("SecureBoot-*")]
    return {
        "cards": [
            {"address": address, "device_id": device_id}
            for address, kind, device_id in devices
            if kind.startswith(DISPLAY)
        ],
        "nvswitches": sum(kind.startswith(BRIDGE) for _address, kind, _id in devices),
        "secure_boot": b"\x01" in secure_boot,
        "loaded": loaded_driver(),
        "kernel_flavours": flavours_of(installed(), os.uname().release),
    }


def loaded_driver() -> str:
    """Version of the driver that the kernel has loaded; empty for none."""
    return text_of(LOADED).strip()
