"""Obstacles that are told and do not end the way, and hosts on which there is none."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from orchestrator.catalog import load
from orchestrator.models import Builder, HostFacts, Stack
from orchestrator.stages.preflight import obstacles
from tests.unit.stages.preflight.situations import (
    BARE,
    CARD,
    CONTAINED,
    CPU_STACK,
    DRIVER,
    ENVIRONMENTS,
    GPU_STACK,
    OF_THE_IMAGE,
    ON_UBUNTU,
    READY,
    SIGN,
    TOOLKIT,
    WITH_TOOLKIT,
    WITHOUT_CARD,
    assert_well_said,
    holder,
)

FREE_OF_OBSTACLES: dict[str, tuple[HostFacts, Stack | None, Mapping[str, object]]] = {
    "all is installed": (READY, GPU_STACK, {}),
    "nothing is installed yet": (BARE, GPU_STACK, {}),
    "no card": (WITHOUT_CARD, CPU_STACK, {}),
    "an old kernel does not matter to an installed driver": (replace(READY, headers=False), GPU_STACK, {}),
    "apt was never updated": (replace(BARE, headers=None), GPU_STACK, {}),
    "no stack": (replace(BARE, headers=False, memory_mib=1, disk_free_mib={"/": 1}), None, {}),
    "Secure Boot, and the driver loads": (replace(READY, secure_boot=True), GPU_STACK, {}),
    "Secure Boot that somebody cares for": (
        replace(BARE, secure_boot=True),
        GPU_STACK,
        {"nvidia_driver_secure_boot": "ignore"},
    ),
    "Secure Boot and an enrolled key": (
        replace(BARE, secure_boot=True, dkms_key_enrolled=True),
        GPU_STACK,
        SIGN,
    ),
    "Secure Boot and no headers, where Ubuntu signs the modules for this kernel": (
        replace(
            BARE, distribution="ubuntu-24.04", secure_boot=True, headers=False, kernel_next="6.14.0-1018-aws"
        ),
        ON_UBUNTU,
        {},
    ),
    "Secure Boot without a card": (replace(WITHOUT_CARD, secure_boot=True), CPU_STACK, {}),
    "services and the desktop": (
        replace(
            READY,
            gpu_holders=(
                holder("nvidia-persiste", user="root"),
                holder("nv-fabricmanage"),
                holder("gpuhost"),
                holder("Xorg"),
            ),
        ),
        GPU_STACK,
        {},
    ),
    "a container with a driver that will do": (CONTAINED, GPU_STACK, {}),
    "a driver of the image's installer that nobody replaces": (
        replace(
            READY,
            driver_loaded="595.91.07",
            driver_installed="595.91.07",
            driver_origin="runfile",
            headers=False,
            secure_boot=True,
        ),
        OF_THE_IMAGE,
        {},
    ),
    "a newer minor version of the same branch is loaded": (
        replace(READY, driver_loaded="535.300.01", driver_installed="535.300.01"),
        GPU_STACK,
        {},
    ),
    "a full disk on which all lies already": (
        replace(READY, disk_free_mib={"/": 200}, present=ENVIRONMENTS),
        GPU_STACK,
        {},
    ),
    "a full disk, all there, on conda and with CUDA": (
        replace(
            READY, disk_free_mib={"/": 200}, present=(*ENVIRONMENTS, "/opt/conda", "/usr/local/cuda-12.4")
        ),
        replace(WITH_TOOLKIT, builder=Builder.CONDA),
        {},
    ),
    "a small disk and a large one for environments": (
        replace(READY, disk_free_mib={"/": 500, "/data": 100_000}),
        GPU_STACK,
        {"ml_env_root": "/data/envs"},
    ),
    "just enough space": (replace(READY, disk_free_mib={"/": 12_200}), GPU_STACK, {}),
    "a power limit that was rounded": (
        replace(READY, cards=(replace(CARD, power_limit_w=69.9),)),
        GPU_STACK,
        {},
    ),
}

TOLD: dict[str, tuple[HostFacts, Stack, Mapping[str, object], str, str]] = {
    "little memory": (replace(WITHOUT_CARD, memory_mib=1963), CPU_STACK, {}, "1963 MiB of memory", "4 GB"),
    "no headers for an old kernel of the distribution": (
        replace(BARE, headers=False, kernel_next="6.1.0-9-cloud-amd64"),
        GPU_STACK,
        {},
        "no headers for kernel 6.1.0-9-cloud-amd64",
        "let it boot (GRUB_DEFAULT=0)",
    ),
    "Secure Boot, a key to be enrolled": (
        replace(BARE, secure_boot=True, dkms_key_enrolled=False),
        GPU_STACK,
        SIGN,
        "does not know the key that DKMS signs with",
        "sudo mokutil --import /var/lib/dkms/mok.pub",
    ),
    "Secure Boot, where Ubuntu keeps the key": (
        replace(BARE, distribution="ubuntu-24.04", secure_boot=True, dkms_key_enrolled=False),
        GPU_STACK,
        SIGN,
        "does not know the key that DKMS signs with",
        "sudo mokutil --import /var/lib/shim-signed/mok/MOK.der",
    ),
    "Secure Boot, and a kernel of Ubuntu's without signed modules": (
        replace(
            BARE,
            distribution="ubuntu-24.04",
            secure_boot=True,
            dkms_key_enrolled=False,
            kernel_next="6.8.0-1021-oracle",
        ),
        ON_UBUNTU,
        SIGN,
        "does not know the key that DKMS signs with",
        "sudo mokutil --import /var/lib/shim-signed/mok/MOK.der",
    ),
    "nouveau": (
        replace(BARE, cards=(replace(BARE.cards[0], driver_in_use="nouveau"),)),
        GPU_STACK,
        {},
        "nouveau has the cards: driver 535 gets them at the next start",
        "`nvidia_driver_reboot: true`",
    ),
    "nova": (
        replace(BARE, cards=(replace(BARE.cards[0], driver_in_use="NovaCore"),)),
        GPU_STACK,
        {},
        "nova has the cards: driver 535 gets them at the next start",
        "`nvidia_driver_reboot: true`",
    ),
    "an older driver": (
        replace(READY, driver_loaded="525.60.13", driver_installed="525.60.13"),
        GPU_STACK,
        {},
        "driver 525.60.13 is loaded; branch 535 is installed in its place",
        "sudo systemctl reboot",
    ),
    "a driver too old for CUDA": (
        replace(READY, driver_loaded="470.256.02", driver_installed="470.256.02"),
        GPU_STACK,
        {},
        "470.256.02 is loaded, too old for CUDA 12.5, which needs 525.60.13; branch 535",
        "sudo systemctl reboot",
    ),
    "a driver too old for the newest CUDA that is wished": (
        replace(READY, driver_loaded="570.211.01", driver_installed="570.211.01"),
        replace(GPU_STACK, driver=replace(DRIVER, branch="580"), toolkit=replace(TOOLKIT, cuda="13.0")),
        {},
        "too old for CUDA 13.0, which needs 580.65.06",
        "sudo systemctl reboot",
    ),
    "the disk is ahead of the kernel": (
        replace(READY, driver_loaded="535.183.01"),
        GPU_STACK,
        {},
        "driver 535.183.01 is loaded and 535.261.03 is installed",
        "`nvidia_driver_reboot: true`",
    ),
    "what an installer of NVIDIA's left": (
        replace(READY, driver_origin="runfile"),
        GPU_STACK,
        {},
        ".run installer put a driver there (version 535.261.03)",
        "the role nvidia_driver uninstalls it",
    ),
    "less power": (
        replace(READY, cards=(replace(CARD, power_limit_w=50.5),)),
        GPU_STACK,
        {},
        "Tesla T4 at 0000:00:1e.0 may draw 50.5 W of its 70 W",
        "sudo nvidia-smi --id=0000:00:1e.0 --power-limit=70",
    ),
    "fewer lanes": (
        replace(READY, cards=(replace(CARD, pcie_width=4),)),
        GPU_STACK,
        {},
        "has 4 of its 16 PCIe lanes",
        "into a slot with all lanes",
    ),
    "one of two cards is in a virtual machine": (
        replace(READY, cards=(CARD, replace(CARD, address="0000:00:1f.0", driver_in_use="vfio-pci"))),
        GPU_STACK,
        {},
        "at 0000:00:1f.0 is set aside",
        "`vfio-pci.ids`",
    ),
    "somebody computes": (
        replace(READY, gpu_holders=(holder(),)),
        GPU_STACK,
        {},
        "the GPU is in use: python3 of student (process 4242)",
        "wait for it",
    ),
}


@pytest.mark.parametrize("name", FREE_OF_OBSTACLES)
def test_nothing_is_said_where_nothing_stands_in_the_way(name: str) -> None:
    facts, stack, role_vars = FREE_OF_OBSTACLES[name]
    assert obstacles(facts, stack, load(), role_vars) == ()


@pytest.mark.parametrize("name", TOLD)
def test_what_can_be_lived_with_is_told_and_does_not_block(name: str) -> None:
    facts, stack, role_vars, seen, hint = TOLD[name]
    (found,) = obstacles(facts, stack, load(), role_vars)
    assert (found.host, found.blocks) == ("lab-1", False)
    assert seen in found.seen
    assert hint in found.hint
    assert_well_said(found)
