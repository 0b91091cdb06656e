"""What the role nvidia_driver knows, written from the catalog."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestrator.catalog import load
from tools.role_catalog import document, main


@cache
def written() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load(document(load()), Loader=yaml.CSafeLoader)
    return loaded


def test_every_device_is_in_one_group_with_its_name_and_its_branches() -> None:
    groups = written()["__nvidia_driver_architectures"]
    names = [named for group in groups for named in group["ids"].items()]
    assert sorted(names) == sorted((device.device_id, device.name) for device in load().pci_devices)
    places = {device: group for group in groups for device in group["ids"]}
    assert (places["102d"]["architecture"], places["102d"]["newest_branch"]) == ("Kepler", "470")
    assert (places["2901"]["first_branch"], places["2901"]["flavours"]) == ("570", ["open"])


def test_ids_stay_text_whatever_they_look_like() -> None:
    groups = written()["__nvidia_driver_architectures"]
    assert all(isinstance(device, str) for group in groups for device in group["ids"])
    assert '"1e04": ' in document(load())


def test_drivers_are_listed_by_distribution_the_best_first() -> None:
    best, *others = written()["__nvidia_driver_drivers"]["debian-12"]
    assert best == {
        "branch": "535",
        "flavour": "proprietary",
        "source": "distro",
        "version": "535.309.01",
        "cpus": ["x86_64"],
        "packages": ["nvidia-driver"],
    }
    assert others[0]["packages"] == ["nvidia-tesla-470-driver"]
    newest = written()["__nvidia_driver_drivers"]["ubuntu-24.04"][0]
    assert (newest["source"], newest["fabric_manager"]) == ("distro", ["nvidia-fabricmanager-580"])
    assert newest["cpus"] == ["x86_64", "aarch64"]


def test_the_check_names_a_file_that_is_out_of_date(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "vars" / "catalog.yml"
    assert main(["--check", "--target", str(target)]) == 1
    assert "out of date" in capsys.readouterr().out
    assert main(["--target", str(target)]) == 0
    assert main(["--check", "--target", str(target)]) == 0
