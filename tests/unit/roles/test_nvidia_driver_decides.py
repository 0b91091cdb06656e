"""What the driver's module finds to do on a host."""

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils.nvidia_driver import hardware, packages, state
from ansible_collections.orchestrate.gpu.plugins.module_utils.nvidia_driver import host as on_host
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages import record
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import Answer, HostError

from tests.unit.roles.driver_hosts import COMPLETE, host, wish
from tests.unit.roles.package_hosts import STATUS

HALF = """
Package: nvidia-kernel-dkms
Status: install ok half-configured
Architecture: amd64
Version: 535.309.01-0+deb12u1
"""


@pytest.fixture(autouse=True)
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders of a system that is not this computer's, with nothing in them."""
    monkeypatch.setattr(hardware, "LOADED", tmp_path / "loaded")
    for name in ("MODULES", "UNINSTALLER"):
        monkeypatch.setattr(on_host, name, tmp_path / name.lower())
    for name in ("DPKG_STATUS", "RECORD"):
        monkeypatch.setattr(record, name, tmp_path / name.lower())
    monkeypatch.setattr(packages, "FORMER_RECORD", tmp_path / "former")
    monkeypatch.setattr(state, "UNIT_FOLDERS", (tmp_path,))
    monkeypatch.setattr(state, "offered", lambda _names: {})
    return tmp_path


def would(there: Any, wanted: Any) -> list[str]:
    """What all steps together would do."""
    answer = Answer()
    for step in state.STEPS:
        step(there, wanted, answer, write=False)
    return answer.done


def test_a_host_as_wished_is_left_alone() -> None:
    assert would(host(*COMPLETE), wish()) == []


def test_a_bare_host_gets_driver_kernel_and_headers() -> None:
    bare = host("dpkg", built={}, loaded="")
    assert would(bare, wish()) == [
        "installed nvidia-kernel-dkms",
        "installed libcuda1",
        "installed linux-image-amd64",
        "installed linux-headers-amd64",
    ]


def test_another_branch_brings_every_package_of_the_driver_anew() -> None:
    assert packages.lacking(host(*COMPLETE), wish(branch="550")) == ["nvidia-kernel-dkms", "libcuda1"]


def test_the_x_driver_comes_where_it_is_wished_or_where_x_is() -> None:
    assert packages.lacking(host(*COMPLETE), wish(x11=True)) == ["nvidia-driver"]
    assert packages.lacking(host(*COMPLETE, "xserver-xorg-core"), wish()) == ["nvidia-driver"]


@pytest.mark.parametrize(
    ("running", "there", "expected"),
    [
        ("6.1.0-56-amd64", (), ["linux-image-amd64", "linux-headers-amd64"]),
        ("6.1.0-56-cloud-amd64", (), ["linux-image-cloud-amd64", "linux-headers-cloud-amd64"]),
        ("6.8.0-49-generic", (), ["linux-image-generic", "linux-headers-generic"]),
        ("6.1.0-56-rt-amd64", ("linux-image-amd64",), ["linux-image-amd64", "linux-headers-amd64"]),
        ("5.15.0-1-aws", ("linux-image-aws",), ["linux-image-aws", "linux-headers-aws"]),
        ("6.1.0-56-amd64", ("linux-image-6.1.0-56-amd64",), ["linux-image-amd64", "linux-headers-amd64"]),
    ],
)
def test_kernel_and_headers_are_those_of_the_flavour_that_boots(
    running: str, there: tuple[str, ...], expected: list[str]
) -> None:
    assert packages.kernel_packages(host(*there, kernel=running), wish()) == expected


def test_a_kernel_of_ones_own_needs_its_headers() -> None:
    with pytest.raises(HostError, match=r"6.18.44-mine, is not the distribution's.*\n  try: "):
        packages.kernel_packages(host(kernel="6.18.44-mine"), wish())
    assert packages.kernel_packages(host(kernel="6.18.44-mine", headers=True), wish()) == []


def test_in_a_container_only_headers_come_whatever_kernel_its_computer_runs() -> None:
    assert packages.kernel_packages(host(kernel="6.18.44-mine"), wish(container=True)) == [
        "linux-headers-amd64"
    ]


def test_modules_are_built_for_the_kernel_that_boots_next() -> None:
    upgraded = host(*COMPLETE, kernels=("6.1.0-56-amd64", "6.1.0-57-amd64"))
    assert would(upgraded, wish()) == ["built the modules for 6.1.0-57-amd64"]


def test_packages_that_are_not_held_are_held_and_others_are_not() -> None:
    there = host(*COMPLETE, "nvidia-settings", "nvidia-container-toolkit", held=False)
    assert would(there, wish()) == ["held 2 packages"]


def test_a_driver_that_is_not_loaded_is_loaded_where_nothing_else_holds_the_cards() -> None:
    assert would(host(*COMPLETE, loaded=""), wish()) == ["loaded the driver"]
    assert would(host(*COMPLETE, loaded="", kernel="6.1.0-55-amd64"), wish()) == []
    assert would(host(*COMPLETE, loaded="", in_kernel="nouveau"), wish()) == []


def test_what_a_run_installer_left_goes_first() -> None:
    assert would(host(*COMPLETE, runfile=True), wish()) == ["uninstalled what a .run installer left"]


def test_a_file_that_differs_is_written(system: Path) -> None:
    file = {"path": str(system / "modprobe.conf"), "content": "blacklist nouveau\n", "early": True}
    assert would(host(*COMPLETE), wish(files=[file])) == [f"wrote {system}/modprobe.conf"]
    (system / "modprobe.conf").write_text("blacklist nouveau\n")
    assert would(host(*COMPLETE), wish(files=[file])) == []


def test_kernels_are_ordered_as_they_would_boot() -> None:
    names = ["6.1.0-9-amd64", "6.12.117+deb13-amd64", "6.1.0-10-amd64"]
    assert sorted(names, key=on_host.natural) == ["6.1.0-9-amd64", "6.1.0-10-amd64", "6.12.117+deb13-amd64"]


def test_taking_away_without_a_record_releases_and_removes_nothing_else(system: Path) -> None:
    (system / "dpkg_status").write_text(STATUS + HALF)
    gone = wish(state="absent", branch="", packages=[], desktop=[], container=True)
    answer = state.bring_about(gone, write=False)
    assert answer.done == ["released libcuda1"]
    assert answer.more == {"restart": False, "says": ""}
    (shown,) = answer.diff
    assert shown["before"] == "libcuda1 535.309.01-0+deb12u1 (held)\n"
    assert shown["after"] == "libcuda1 535.309.01-0+deb12u1\n"


def test_what_an_earlier_release_recorded_goes_with_the_driver_unless_another_role_asks_for_it(
    system: Path,
) -> None:
    (system / "former").write_text('["dkms", "g++", "libcuda1"]\n')
    record.write({"cuda": record.Owned(("g++",))})
    assert packages.read_record() == ("dkms", "libcuda1")
    packages.write_record(["libcuda1"], {"dkms", "libcuda1"})
    assert record.read("nvidia_driver")["nvidia_driver"] == record.Owned(("libcuda1",), ("dkms", "libcuda1"))
    assert not (system / "former").exists()
    packages.remove_record(["dkms"])
    assert record.read("cuda") == {"cuda": record.Owned(("g++",), ("dkms",))}
