"""What the role nvidia_driver knows, written from the catalog."""

from pathlib import Path

import pytest
import yaml

from orchestrator.catalog import load
from tools.role_catalog import document, main


def written() -> dict[str, object]:
    loaded = yaml.safe_load(document(load()))
    assert isinstance(loaded, dict)
    return loaded


def test_every_device_is_in_one_group_with_its_branches() -> None:
    groups = written()["__nvidia_driver_architectures"]
    assert isinstance(groups, list)
    places = {device: group for group in groups for device in group["ids"]}
    assert set(places) == {device.device_id for device in load().pci_devices}
    assert (places["102d"]["architecture"], places["102d"]["newest_branch"]) == ("Kepler", "470")
    assert (places["2901"]["first_branch"], places["2901"]["flavours"]) == ("570", ["open"])


def test_ids_stay_text_whatever_they_look_like() -> None:
    groups = written()["__nvidia_driver_architectures"]
    assert isinstance(groups, list)
    assert all(isinstance(device, str) for group in groups for device in group["ids"])


def test_packages_are_found_by_distribution_branch_source_and_flavour() -> None:
    branches = written()["__nvidia_driver_branches"]
    assert isinstance(branches, dict)
    assert branches["debian-12"]["535"]["distro"] == {"proprietary": ["nvidia-driver"]}
    fabric = written()["__nvidia_driver_fabric_managers"]
    assert isinstance(fabric, dict)
    assert fabric["ubuntu-24.04"]["580"]["distro"] == {
        "nvswitch": ["nvidia-fabricmanager-580"],
        "nvlink5": [],
    }


def test_the_check_names_a_file_that_is_out_of_date(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "vars" / "catalog.yml"
    assert main(["--check", "--target", str(target)]) == 1
    assert "out of date" in capsys.readouterr().out
    assert main(["--target", str(target)]) == 0
    assert main(["--check", "--target", str(target)]) == 0
