"""One card under its many names, devices by id, and names that nobody knows."""

import pytest

from orchestrator.catalog import (
    UnknownDistributionError,
    UnknownGpuError,
    UnknownInstanceTypeError,
    load,
)
from orchestrator.errors import UsageError

CATALOG = load()


@pytest.mark.parametrize(
    ("name", "gpu"),
    [
        ("Tesla K80", "Tesla K80"),
        ("K80", "Tesla K80"),
        ("NVIDIA Tesla K80", "Tesla K80"),
        ("RTX 4090", "GeForce RTX 4090"),
        ("GeForce RTX 4090", "GeForce RTX 4090"),
        ("nvidia geforce rtx-4090", "GeForce RTX 4090"),
        ("T4", "Tesla T4"),
        ("T4g", "T4G"),
        ("V100", "Tesla V100-SXM2-16GB"),
        ("NVIDIA A100-SXM4-40GB", "A100-SXM4-40GB"),
        ("NVIDIA H100 80GB HBM3", "H100 SXM5 80GB"),
        ("K520", "GRID K520"),
        ("RTX PRO Server 6000", "RTX PRO 6000 Blackwell Server Edition"),
        ("GTX 1060", "GeForce GTX 1060 6GB"),
    ],
)
def test_a_card_is_found_however_it_is_written(name: str, gpu: str) -> None:
    assert CATALOG.gpu(name).gpu == gpu


def test_a_card_that_is_only_among_the_pci_devices_is_found_without_its_memory() -> None:
    gpu = CATALOG.gpu("NVIDIA GeForce GTX 980M")
    assert (gpu.gpu, gpu.compute_capability, gpu.memory_mib) == ("GeForce GTX 980M", (5, 2), 0)


def test_an_unknown_card_is_answered_with_the_nearest_names() -> None:
    with pytest.raises(UnknownGpuError) as raised:
        CATALOG.gpu("GTX 1075")
    assert raised.value.cause == "no GPU is known as 'GTX 1075'"
    assert "GeForce GTX 1070" in raised.value.hint


def test_a_device_is_found_by_its_id_in_any_case() -> None:
    device = CATALOG.device("1EB8")
    assert device
    assert CATALOG.gpu_of(device).gpu == "Tesla T4"
    assert CATALOG.device("ffff") is None


def test_a_type_of_ec2_without_a_gpu_is_unknown() -> None:
    assert CATALOG.ec2_type("g4dn.xlarge").gpu == "Tesla T4"
    with pytest.raises(UnknownInstanceTypeError) as raised:
        CATALOG.ec2_type("g4dn.xlarg")
    assert "g4dn.xlarge" in raised.value.hint


def test_an_unknown_distribution_is_answered_with_those_that_are_known() -> None:
    with pytest.raises(UnknownDistributionError) as raised:
        CATALOG.distribution("debian-11")
    assert raised.value.hint == "one of debian-12, debian-13, ubuntu-22.04, ubuntu-24.04, ubuntu-26.04"
    assert isinstance(raised.value, UsageError)


def test_what_the_roles_never_ran_on_is_named() -> None:
    every = [row.distribution for row in CATALOG.distributions]
    assert CATALOG.untried(every) == ("Ubuntu 22.04", "Ubuntu 24.04", "Ubuntu 26.04")
    assert CATALOG.untried(["debian-12", "ubuntu-24.04", "rhel-9"]) == ("Ubuntu 24.04",)
    assert CATALOG.untried(["debian-13"]) == ()


def test_the_catalog_is_read_once() -> None:
    assert load() is CATALOG
