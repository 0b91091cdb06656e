"""The driver that is loaded, the one on the disk, and whose it is."""

from pathlib import Path

import pytest

from gpuhost.probe.driver import installed, loaded, origin
from tests.unit.gpuhost.probe.trees import KERNEL, Tree, grown, kernel, module

VERSION_FILE = "proc/driver/nvidia/version"
MODINFO = """\
#!/bin/sh
[ "$1 $2" = "-F version" ] && [ -f "$3" ] && echo 580.95.05
"""
"""This computer may have no kmod; it answers what kmod answers for a file that is there."""


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        ({}, ""),
        ({"sys/module/nvidia/version": "580.95.05\n"}, "580.95.05"),
        (
            {
                VERSION_FILE: "NVRM version: NVIDIA UNIX x86_64 Kernel Module  470.256.02  Thu May  2 14:37:44 UTC 2024\n"
            },
            "470.256.02",
        ),
        (
            {
                VERSION_FILE: "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  550.54.15  Release Build\n"
            },
            "550.54.15",
        ),
    ],
)
def test_the_loaded_version_is_the_kernels_own_word(tmp_path: Path, tree: Tree, expected: str) -> None:
    assert loaded(grown(tmp_path, tree)) == expected


@pytest.mark.parametrize(
    "file",
    [
        "updates/dkms/nvidia.ko",
        "updates/dkms/nvidia-current.ko",
        "updates/dkms/nvidia-tesla-470.ko",
        "updates/dkms/nvidia-legacy-390xx.ko",
        "kernel/nvidia-580/nvidia.ko",
        "kernel/drivers/video/nvidia.ko",
    ],
)
def test_the_installed_version_is_written_in_the_module(tmp_path: Path, file: str) -> None:
    assert installed(grown(tmp_path, module("550.163.01", file=file)), KERNEL) == "550.163.01"


@pytest.mark.parametrize(
    "file",
    [
        "kernel/drivers/net/nvidia.ko.d/forcedeth.ko",
        "updates/dkms/nvidia-current-drm.ko",
        "updates/dkms/nvidia-uvm.ko",
    ],
)
def test_a_module_beside_the_core_is_no_driver(tmp_path: Path, file: str) -> None:
    assert installed(grown(tmp_path, module("550.163.01", file=file)), KERNEL) == ""


def test_a_driver_for_another_kernel_does_not_count(tmp_path: Path) -> None:
    root = grown(tmp_path, module("550.163.01"), kernel("6.1.0-42-amd64"))
    assert installed(root, "6.1.0-42-amd64") == ""
    assert installed(root, "") == ""


def test_of_a_compressed_module_dkms_knows_the_version(tmp_path: Path) -> None:
    built = {f"var/lib/dkms/nvidia-current/535.261.03/{KERNEL}/x86_64/log/make.log": ""}
    root = grown(tmp_path, module("", file="updates/dkms/nvidia-current.ko.xz"), built)
    assert installed(root, KERNEL) == "535.261.03"


def test_a_compressed_module_is_asked_by_modinfo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = grown(tmp_path / "root", module("", file="kernel/nvidia-580/nvidia.ko.zst"))
    program = grown(tmp_path, {"bin/modinfo": MODINFO}) / "bin/modinfo"
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    assert installed(root, KERNEL) == "580.95.05"


def test_without_modinfo_a_compressed_module_keeps_its_version_to_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert installed(grown(tmp_path, module("", file="kernel/nvidia-580/nvidia.ko.zst")), KERNEL) == ""


@pytest.mark.parametrize(
    ("tree", "packages", "on_disk", "expected"),
    [
        ({}, ["bash", "nvidia-installer-cleanup", "libnvidia-ml1"], "", ""),
        ({}, ["nvidia-kernel-dkms"], "550.163.01", "package"),
        ({}, ["nvidia-tesla-470-kernel-dkms"], "470.256.02", "package"),
        ({}, ["nvidia-open-kernel-dkms"], "550.163.01", "package"),
        ({}, ["nvidia-driver-580-server"], "580.95.05", "package"),
        ({}, ["linux-modules-nvidia-580-server-aws"], "580.95.05", "package"),
        ({"var/log/nvidia-installer.log": ""}, [], "525.60.13", "runfile"),
        ({"var/log/nvidia-installer.log": ""}, [], "", ""),
        ({"usr/bin/nvidia-uninstall": ""}, ["nvidia-kernel-dkms"], "525.60.13", "runfile"),
    ],
)
def test_whose_driver_it_is(
    tmp_path: Path, tree: Tree, packages: list[str], on_disk: str, expected: str
) -> None:
    assert origin(grown(tmp_path, tree), on_disk, packages) == expected
