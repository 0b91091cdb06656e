"""What the probe says of whole hosts, each a tree of files; it parses into the orchestrator's `HostFacts`."""

import json
import os
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from gpuhost.probe import read
from orchestrator.models import HostFacts
from tests.unit.gpuhost.probe.trees import (
    CONTAINER,
    KERNEL,
    MACHINE,
    SECURE_BOOT,
    Tree,
    card,
    efi_variable,
    grown,
    loaded,
    module,
    packages,
    pci,
    process,
)

GIVEN_ONE: Tree = {
    "dev/nvidia1": "",
    "proc/driver/nvidia/gpus/0000:af:00.0/information": "Model: \t\t NVIDIA A100\nDevice Minor: \t 1\n",
    "proc/driver/nvidia/gpus/0000:3b:00.0/information": "Model: \t\t NVIDIA A100\nDevice Minor: \t 0\n",
}

HOSTS: dict[str, tuple[list[Tree], dict[str, object]]] = {
    "a bare machine without a card": (
        [MACHINE],
        {
            "distribution": "debian-12",
            "container": "",
            "kernel": KERNEL,
            "kernel_next": KERNEL,
            "headers": True,
            "secure_boot": False,
            "dkms_key_enrolled": None,
            "cards": (),
            "nvswitches": 0,
            "driver_loaded": "",
            "driver_installed": "",
            "driver_origin": "",
            "gpu_holders": (),
            "memory_mib": 15883,
        },
    ),
    "a T4 that nouveau has": (
        [MACHINE, card(driver="nouveau", widths=("8", "16"))],
        {"cards": [("0000:00:1e.0", "1eb8", "nouveau", 8, 16)], "driver_loaded": "", "driver_installed": ""},
    ),
    "an A100 with 535 loaded and 550 on the disk": (
        [
            MACHINE,
            card("0000:3b:00.0", "20b0", driver="nvidia"),
            loaded("535.261.03"),
            module("550.163.01"),
            packages("nvidia-kernel-dkms", "nvidia-driver"),
        ],
        {
            "cards": [("0000:3b:00.0", "20b0", "nvidia", 16, 16)],
            "driver_loaded": "535.261.03",
            "driver_installed": "550.163.01",
            "driver_origin": "package",
        },
    ),
    "a K80: one board, two GPUs": (
        [MACHINE, card("0000:00:1f.0", "102d"), card("0000:00:1e.0", "102d")],
        {
            "cards": [("0000:00:1e.0", "102d", "", 16, 16), ("0000:00:1f.0", "102d", "", 16, 16)],
        },
    ),
    "a desktop's card with its sound and its USB": (
        [
            MACHINE,
            card("0000:01:00.0", "2684", kind="0x030000", widths=("255", "16")),
            pci("0000:01:00.1", "22ba", kind="0x040300"),
            pci("0000:01:00.2", "1ad8", kind="0x0c0330"),
        ],
        {"cards": [("0000:01:00.0", "2684", "", None, 16)]},
    ),
    "eight cards' switches": (
        [
            MACHINE,
            card("0000:0f:00.0", "20b2"),
            *(pci(f"0000:8{n}:00.0", "1af1", kind="0x068000") for n in range(6)),
        ],
        {"cards": [("0000:0f:00.0", "20b2", "", 16, 16)], "nvswitches": 6},
    ),
    "a card that is set aside for virtual machines": (
        [MACHINE, card(driver="vfio-pci")],
        {"cards": [("0000:00:1e.0", "1eb8", "vfio-pci", 16, 16)]},
    ),
    "Secure Boot": ([MACHINE, {SECURE_BOOT: efi_variable(1)}], {"secure_boot": True}),
    "what an installer of NVIDIA's left": (
        [
            MACHINE,
            card(driver="nvidia"),
            module("525.60.13", file="kernel/drivers/video/nvidia.ko"),
            {"usr/bin/nvidia-uninstall": "", "var/log/nvidia-installer.log": ""},
        ],
        {"driver_installed": "525.60.13", "driver_origin": "runfile"},
    ),
    "somebody at work": (
        [
            MACHINE,
            card(driver="nvidia"),
            loaded("580.95.05"),
            {"etc/passwd": f"student:x:{os.getuid()}:100::/home/student:/bin/sh\n"},
            process(4242, "python3", opened="/dev/nvidia0"),
            process(4243, "less", opened="/var/log/nvidia-installer.log"),
        ],
        {"gpu_holders": [(4242, "student", "python3")]},
    ),
    "a container on a computer with cards that were not given to it": (
        [CONTAINER, card(driver="nvidia"), loaded("580.95.05")],
        {"container": "docker", "cards": (), "kernel_next": "", "headers": False, "secure_boot": None},
    ),
    "a container that was given the second card": (
        [
            CONTAINER,
            card("0000:3b:00.0", driver="nvidia"),
            card("0000:af:00.0", driver="nvidia"),
            loaded("580.95.05"),
            GIVEN_ONE,
        ],
        {"container": "docker", "cards": [("0000:af:00.0", "1eb8", "nvidia", 16, 16)]},
    ),
}


@pytest.mark.parametrize("name", HOSTS)
def test_a_host_is_read_as_it_is(tmp_path: Path, name: str) -> None:
    parts, expected = HOSTS[name]
    facts = parsed(grown(tmp_path, *parts))
    seen = {field: getattr(facts, field) for field in expected}
    if seen.get("cards"):
        seen["cards"] = [
            (each.address, each.device_id, each.driver_in_use, each.pcie_width, each.pcie_width_max)
            for each in facts.cards
        ]
    if seen.get("gpu_holders"):
        seen["gpu_holders"] = [(each.pid, each.user, each.command) for each in facts.gpu_holders]
    assert seen == expected


def test_a_tree_without_any_file_is_no_error(tmp_path: Path) -> None:
    facts = parsed(tmp_path)
    assert (facts.distribution, facts.kernel, facts.memory_mib) == ("", "", 0)
    assert set(facts.disk_free_mib) == {"/"}


def parsed(root: Path) -> HostFacts:
    """What the orchestrator makes of it, through JSON."""
    said = json.loads(json.dumps(read(root, ())))
    assert set(said) == set(HostFacts.__dataclass_fields__) - {"host"}
    return TypeAdapter(HostFacts).validate_python({**said, "host": "lab-1"})
