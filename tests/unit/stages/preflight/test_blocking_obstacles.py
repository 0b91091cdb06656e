"""Obstacles that end the way: the host and the stack for which each is there, what it says, what it says to type."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from orchestrator.catalog import load
from orchestrator.models import Builder, HostFacts, Obstacle, PackageSource, Stack
from orchestrator.stages.preflight import BlockedError, obstacles, refuse_blocked
from tests.unit.stages.preflight.situations import (
    BARE,
    CARD,
    CONTAINED,
    CPU_STACK,
    ENVIRONMENTS,
    GPU_STACK,
    OF_THE_IMAGE,
    READY,
    TOOLKIT,
    WITH_TOOLKIT,
    WITHOUT_CARD,
    assert_well_said,
    holder,
)

BLOCKED: dict[str, tuple[HostFacts, Stack, Mapping[str, object], str, str]] = {
    "32 bits": (replace(WITHOUT_CARD, architecture="i686"), CPU_STACK, {}, "for i686", "x86_64 or aarch64"),
    "hardly any memory": (
        replace(WITHOUT_CARD, memory_mib=951),
        CPU_STACK,
        {},
        "951 MiB of memory",
        "4 GB or more",
    ),
    "a disk too small for the environment": (
        replace(WITHOUT_CARD, disk_free_mib={"/": 2399}),
        CPU_STACK,
        {},
        "the disk of / has 2399 MiB free, and 2400 are needed (packages 100, environment with TensorFlow 2.21.0 2300)",
        "`ml_env_root`",
    ),
    "a disk too small for CUDA's environment and its twin": (
        replace(READY, disk_free_mib={"/": 12_199}),
        GPU_STACK,
        {},
        "12200 are needed (packages 100, environment with TensorFlow 2.21.0 10500, its twin for the CPU 1600)",
        "make space",
    ),
    "an image that has no driver after all": (
        BARE,
        OF_THE_IMAGE,
        {},
        "the image was to bring driver 595, and driver none is loaded",
        "`image:` under `aws:`",
    ),
    "an image whose driver is too old for CUDA": (
        replace(READY, driver_loaded="470.82.01"),
        OF_THE_IMAGE,
        {},
        "driver 470.82.01 is loaded, too old for CUDA 12",
        "orchestrate down",
    ),
    "a /boot too small for a driver": (
        replace(BARE, disk_free_mib={"/": 200_000, "/boot": 60}),
        GPU_STACK,
        {},
        "the disk of /boot has 60 MiB free, and 100 are needed (initramfs 100)",
        "make space",
    ),
    "a /var too small for packages": (
        replace(BARE, disk_free_mib={"/": 200_000, "/var": 600}),
        GPU_STACK,
        {},
        "the disk of /var has 600 MiB free, and 800 are needed (driver's packages 300, DKMS 400, packages 100)",
        "make space",
    ),
    "a /var that is full": (
        replace(WITHOUT_CARD, disk_free_mib={"/": 200_000, "/var": 3}),
        CPU_STACK,
        {},
        "the disk of /var has 3 MiB free, and 100 are needed (packages 100)",
        "make space",
    ),
    "a disk too small for CUDA": (
        replace(READY, disk_free_mib={"/": 9499}, present=ENVIRONMENTS),
        WITH_TOOLKIT,
        {},
        "9500 are needed (CUDA toolkit 6500, CUDA's packages 3000)",
        "make space",
    ),
    "a disk too small for the distribution's CUDA": (
        replace(READY, disk_free_mib={"/": 6999}, present=ENVIRONMENTS),
        replace(GPU_STACK, toolkit=replace(TOOLKIT, source=PackageSource.DISTRO)),
        {},
        "7000 are needed (CUDA toolkit 5100, CUDA's packages 1900)",
        "make space",
    ),
    "a disk too small for conda elsewhere": (
        replace(READY, disk_free_mib={"/": 99_000, "/data": 999}),
        replace(GPU_STACK, builder=Builder.CONDA),
        {"conda_prefix": "/data/conda"},
        "the disk of /data has 999 MiB free, and 1000 are needed (conda 1000)",
        "`conda_prefix`",
    ),
    "no headers for a kernel of one's own": (
        replace(BARE, headers=False, kernel_next="6.9.0-homemade"),
        GPU_STACK,
        {},
        "no headers for kernel 6.9.0-homemade, which boots next",
        "boot a kernel of the distribution",
    ),
    "a kernel from outside": (
        replace(BARE, headers=False, kernel="6.9.0-outer", kernel_next=""),
        GPU_STACK,
        {},
        "6.9.0-outer, which runs, comes from outside",
        "boot a kernel of the distribution",
    ),
    "Secure Boot": (
        replace(BARE, secure_boot=True),
        GPU_STACK,
        {},
        "(MOK, the machine owner's key)",
        "set `nvidia_driver_secure_boot: sign` under `vars:`, then enrol the key",
    ),
    "Secure Boot, with a key enrolled that nobody may use": (
        replace(BARE, secure_boot=True, dkms_key_enrolled=True),
        GPU_STACK,
        {},
        "Secure Boot is on",
        "(its key is enrolled already)",
    ),
    "every card is in a virtual machine": (
        replace(BARE, cards=(replace(BARE.cards[0], driver_in_use="vfio-pci"),)),
        GPU_STACK,
        {},
        "card 10de:1eb8 at 0000:00:1e.0 is set aside for virtual machines",
        "`vfio-pci.ids`",
    ),
    "somebody computes with the driver that is to go": (
        replace(
            READY,
            driver_loaded="525.60.13",
            driver_installed="525.60.13",
            gpu_holders=(holder(), holder("ipython", pid=4711)),
        ),
        GPU_STACK,
        {},
        "break it: python3 of student (process 4242), ipython of student (process 4711)",
        "ask student to end it",
    ),
    "a container on a computer with too old a driver": (
        replace(CONTAINED, driver_loaded="520.61.05"),
        GPU_STACK,
        {},
        "driver 520.61.05 is loaded on its computer, too old for CUDA 12.5, which needs 525.60.13",
        "install driver 535 on the computer that runs the container",
    ),
    "a container on a computer without a driver": (
        replace(CONTAINED, driver_loaded=""),
        GPU_STACK,
        {},
        "a container (docker), and driver none is loaded",
        "install driver 535",
    ),
}


@pytest.mark.parametrize("name", BLOCKED)
def test_what_would_fail_or_do_harm_blocks(name: str) -> None:
    facts, stack, role_vars, seen, hint = BLOCKED[name]
    found = [each for each in obstacles(facts, stack, load(), role_vars) if each.blocks]
    assert [(seen in each.seen, hint in each.hint) for each in found] == [(True, True)], found
    assert_well_said(found[0])


def test_a_var_too_small_for_the_packages_of_services_is_seen_before_any_is_fetched() -> None:
    """Each on a /var that has room for what comes before it."""
    roomy = replace(WITHOUT_CARD, disk_free_mib={"/": 200_000, "/var": 279}, present=ENVIRONMENTS)
    roles = ("base", "vnc", "notebooks")
    assert obstacles(roomy, CPU_STACK, load(), {}, roles) == ()

    anew = replace(roomy, present=())
    (found,) = obstacles(anew, CPU_STACK, load(), {}, roles)
    assert (
        "the disk of /var has 279 MiB free, and 280 are needed (packages 100, desktop's packages 180)"
        in found.seen
    )
    (found,) = obstacles(replace(roomy, disk_free_mib={"/": 200_000, "/var": 179}), None, load(), {}, roles)
    assert "180 are needed (desktop's packages 180)" in found.seen
    there = (*ENVIRONMENTS, "/etc/orchestrate/desktop.json")
    assert obstacles(replace(anew, present=there), CPU_STACK, load(), {}, roles) == ()


def test_a_disk_too_small_for_notebooks_is_seen_where_they_are_to_lie() -> None:
    small = replace(WITHOUT_CARD, disk_free_mib={"/": 200_000, "/data": 1499}, present=ENVIRONMENTS)
    elsewhere = {"notebooks_root": "/data/notebooks"}
    (found,) = obstacles(small, CPU_STACK, load(), elsewhere, ("notebooks",))
    assert "the disk of /data has 1499 MiB free, and 1500 are needed (notebooks 1500)" in found.seen
    assert "`notebooks_root`" in found.hint
    assert_well_said(found)
    there = replace(small, present=(*ENVIRONMENTS, "/data/notebooks/lab"))
    assert obstacles(there, CPU_STACK, load(), elsewhere, ("notebooks",)) == ()


def test_one_obstacle_that_blocks_ends_the_way_and_all_of_them_are_told() -> None:
    told = Obstacle(host="lab-1", blocks=False, seen="x", hint="mend x")
    refuse_blocked((told,))
    with pytest.raises(BlockedError) as raised:
        refuse_blocked((told, replace(told, host="lab-2", blocks=True, seen="y", hint="mend y")))
    assert (raised.value.cause, raised.value.hint) == ("lab-2: y", "mend y")
    assert raised.value.lines == ("lab-2: y", "  try: mend y", "lab-1: x", "  try: mend x")


def test_all_that_stands_in_the_way_is_listed_at_once_and_what_blocks_comes_first() -> None:
    facts = replace(
        BARE,
        headers=False,
        secure_boot=True,
        memory_mib=2000,
        disk_free_mib={"/": 100},
        cards=(replace(CARD, driver_in_use="nouveau", pcie_width=8),),
    )
    found = obstacles(facts, GPU_STACK, load(), {})
    assert [each.blocks for each in found] == [True, True, False, False, False, False]
