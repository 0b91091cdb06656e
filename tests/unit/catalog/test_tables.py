"""The tables that come with the package: forms, references from one to another, order, sources."""

from collections.abc import Iterable
from dataclasses import fields
from datetime import date
from itertools import pairwise

import pytest

from orchestrator.catalog import load
from orchestrator.catalog.frameworks.loading import LibraryOrigin, LoadOutcome
from orchestrator.catalog.names import key, version
from orchestrator.models import Flavour, Framework, PackageSource

CATALOG = load()
TABLES = tuple(field.name for field in fields(CATALOG) if not field.name.startswith("_"))
LIVES = {"lts", "production", "feature", "legacy", "ended"}
ARCHITECTURES = {gpu.architecture for gpu in CATALOG.gpus}
BRANCHES = {row.branch for row in CATALOG.driver_branches}
DISTRIBUTIONS = {row.distribution for row in CATALOG.distributions}
CUDAS = {row.cuda for row in CATALOG.cuda}
HOSTS = {"x86_64", "aarch64"}


def no_two_alike(names: Iterable[object]) -> bool:
    listed = list(names)
    return len(listed) == len(set(listed))


@pytest.mark.parametrize("table", TABLES)
def test_every_row_has_a_source(table: str) -> None:
    rows = getattr(CATALOG, table)
    assert rows
    assert all(row.source for row in rows)


def test_no_gpu_is_known_by_the_name_of_another() -> None:
    assert no_two_alike(name for gpu in CATALOG.gpus for name in {key(gpu.gpu), *gpu.aliases})


def test_aliases_have_the_form_that_names_are_looked_up_in() -> None:
    assert all(key(alias) == alias for gpu in CATALOG.gpus for alias in gpu.aliases)


def test_gpus_name_a_branch_that_drives_their_architecture() -> None:
    for gpu in CATALOG.gpus:
        first = CATALOG.branch(gpu.first_branch)
        assert first, gpu.gpu
        assert gpu.architecture in {*first.open, *first.proprietary}, gpu.gpu
        assert gpu.host in HOSTS


def test_a_pci_device_says_of_its_gpu_what_the_gpu_says_of_itself() -> None:
    assert no_two_alike(device.device_id for device in CATALOG.pci_devices)
    for device in CATALOG.pci_devices:
        assert {device.first_branch, device.newest_branch} <= BRANCHES, device
        assert device.architecture in ARCHITECTURES
        assert len(device.device_id) == 4
        assert int(device.device_id, 16) >= 0
        assert device.device_id == device.device_id.lower()
        if device.gpu:
            gpu = CATALOG.gpu_of(device)
            assert gpu.gpu in (device.gpu, f"{device.gpu} (10de:{device.device_id})")
            assert (gpu.architecture, gpu.compute_capability) == (
                device.architecture,
                device.compute_capability,
            )


def test_devices_end_with_the_last_branch_of_their_architecture() -> None:
    for device in CATALOG.pci_devices:
        drivers = [
            row.branch
            for row in CATALOG.driver_branches
            if device.architecture in {*row.open, *row.proprietary}
        ]
        assert device.newest_branch in (drivers[-1], "367"), device


def test_branches_are_in_order_and_live_in_a_known_way() -> None:
    assert all(int(one.branch) < int(two.branch) for one, two in pairwise(CATALOG.driver_branches))
    assert {row.life for row in CATALOG.driver_branches} <= LIVES
    for row in CATALOG.driver_branches:
        assert {*row.open, *row.proprietary} <= ARCHITECTURES
        assert row.newest_version.startswith(f"{row.branch}.")


def test_packages_are_of_known_branches_in_a_flavour_that_these_have() -> None:
    rows = CATALOG.driver_packages
    assert no_two_alike((row.distribution, row.origin, row.branch, row.flavour) for row in rows)
    for row in rows:
        branch = CATALOG.branch(row.branch)
        assert branch, row
        assert row.distribution in DISTRIBUTIONS
        assert set(row.hosts) <= HOSTS
        assert row.version.startswith(f"{row.branch}.")
        assert branch.open if row.flavour is Flavour.OPEN else branch.proprietary
        assert bool(row.components) == (row.origin is PackageSource.DISTRO)


def test_releases_of_cuda_are_in_order_and_so_are_their_drivers() -> None:
    assert all(version(one.cuda) < version(two.cuda) for one, two in pairwise(CATALOG.cuda))
    assert all(version(one.driver) < version(two.driver) for one, two in pairwise(CATALOG.cuda))
    assert all(version(one.ptx_isa) <= version(two.ptx_isa) for one, two in pairwise(CATALOG.cuda))
    for row in CATALOG.cuda:
        assert list(row.capabilities) == sorted(set(row.capabilities))
        assert set(row.nvidia_repository) <= DISTRIBUTIONS
        assert not row.compatible_driver or version(row.compatible_driver)[0] <= version(row.driver)[0]


def test_ranges_of_cudnn_do_not_overlap() -> None:
    for row in CATALOG.cudnn:
        assert version(row.first) <= version(row.last)
        assert version(row.cuda_first) <= version(row.cuda_last)
        assert {row.cuda_first, row.cuda_last} <= CUDAS
        assert row.cc_min < row.cc_max
        assert set(row.nvidia_repository) <= DISTRIBUTIONS
    for one, two in pairwise(CATALOG.cudnn):
        later = version(one.last) < version(two.first)
        other_cuda = version(one.cuda_last) < version(two.cuda_first)
        assert later or other_cuda or one.first == two.first, (one, two)


@pytest.mark.parametrize("framework", Framework)
def test_releases_of_a_framework_are_in_order_and_name_a_known_cuda(framework: Framework) -> None:
    rows = CATALOG.releases(framework)
    assert all(version(one.release) < version(two.release) for one, two in pairwise(rows))
    for row in rows:
        assert row.framework is framework
        assert row.cuda in CUDAS, row
        assert row.sass
        assert row.ptx or not row.ptx_for_newer
        assert set(row.extra_pythons) <= set(row.pythons)
        assert bool(row.pins) or not row.extra_pythons
        assert list(row.pythons) == sorted(row.pythons, key=version)


@pytest.mark.parametrize("framework", Framework)
def test_every_cudnn_that_a_release_pins_is_in_a_range_of_its_cuda(framework: Framework) -> None:
    for row in CATALOG.releases(framework):
        for pin in row.pins:
            name, exact, cudnn = pin.partition("==")
            if exact and "cudnn" in name:
                assert any(
                    version(each.first) <= version(cudnn) <= version(each.last)
                    and version(each.cuda_first) <= version(row.cuda) <= version(each.cuda_last)
                    for each in CATALOG.cudnn
                ), row.title


def test_jax_and_pytorch_bring_the_cuda_that_their_rows_name() -> None:
    for row in (*CATALOG.jax, *CATALOG.torch):
        major = row.cuda.partition(".")[0]
        assert any(pin.startswith((f"nvidia-cuda-runtime-cu{major}", "cuda-toolkit[")) for pin in row.pins), (
            row.title
        )
        assert any(pin.startswith(f"nvidia-cudnn-cu{major}") for pin in row.pins), row.title


def test_ec2_types_have_cards_of_the_catalog() -> None:
    assert no_two_alike(row.instance_type for row in CATALOG.ec2_types)
    for row in CATALOG.ec2_types:
        assert row.status in {"current", "previous", "capacity-block", "retired"}
        assert bool(row.retired) == (row.status == "retired")
        assert row.host in HOSTS
        assert bool(row.gpu) == (row.vendor == "NVIDIA")
        if row.gpu:
            gpu = CATALOG.gpu(row.gpu)
            assert gpu.gpu == row.gpu
            assert gpu.host == row.host
            assert row.gpu_share != "1" or row.gpu_memory_mib in (0, gpu.memory_mib)


def test_what_a_distribution_packages_is_known_too() -> None:
    for row in CATALOG.distributions:
        assert row.cuda in CUDAS
        assert bool(row.cudnn) == bool(row.cudnn_packages)
        assert any(each.distribution == row.distribution for each in CATALOG.driver_packages)


def test_every_table_has_the_day_on_which_it_was_compared_with_its_sources() -> None:
    assert {row.table for row in CATALOG.tables} == {*TABLES} - {"tables"}
    assert all(date.fromisoformat(row.compared).isoformat() == row.compared for row in CATALOG.tables)


def test_what_was_loaded_is_a_release_with_its_pythons_and_each_python_once() -> None:
    releases = {row.release: row for row in CATALOG.tensorflow}
    table = CATALOG.tensorflow_loading
    assert all(version(one.tensorflow) <= version(two.tensorflow) for one, two in pairwise(table))
    assert no_two_alike((row.tensorflow, row.libraries, python) for row in table for python in row.pythons)
    for row in table:
        release = releases[row.tensorflow]
        assert set(row.pythons) <= set(release.pythons), row
        assert row.libraries == (LibraryOrigin.WHEELS if release.pins else LibraryOrigin.SYSTEM)


def test_what_is_missing_was_asked_for_and_what_is_left_was_missing() -> None:
    for row in CATALOG.tensorflow_loading:
        assert set(row.left) <= set(row.missing) <= set(row.asked), row
        assert bool(row.links) <= bool(row.missing), row
        if row.outcome is LoadOutcome.MENDED:
            assert {name.rpartition("/")[2] for name in row.links} >= set(row.missing) - set(row.left)
            assert row.missing
