"""What the role cuda makes of its variables on each distribution that it knows."""

import csv
from collections.abc import Mapping
from typing import Any

import jinja2
import pytest
import yaml

from tests.unit.roles.role_variables import ROLES, role_variable


def facts(distribution: str, release: str) -> dict[str, str]:
    """Of a host."""
    return {
        "distribution": distribution,
        "distribution_version": release,
        "distribution_major_version": release.split(".", maxsplit=1)[0],
        "architecture": "x86_64",
    }


UBUNTU = {release: facts("Ubuntu", release) for release in ("22.04", "24.04", "26.04")}


def variable(name: str, host: Mapping[str, object], **given: object) -> Any:
    """One of the role's variables."""
    return role_variable("cuda", name, given, host)


@pytest.mark.parametrize(
    ("release", "runtime", "compiler"),
    [("22.04", "libcudart11.0", ["g++-10"]), ("24.04", "libcudart12", []), ("26.04", "libcudart12", [])],
)
def test_ubuntus_own_cuda_is_its_packages_with_a_compiler_that_can(
    release: str, runtime: str, compiler: list[str]
) -> None:
    host = UBUNTU[release]
    assert variable("__cuda_source", host) == "distro"
    own = ["nvidia-cuda-toolkit", "nvidia-cuda-toolkit-gcc", "g++", *compiler]
    assert variable("__cuda_wanted_packages", host, cuda_source="distro", cuda_packages="compiler") == own
    assert runtime in variable("__cuda_wanted_packages", host, cuda_source="distro", cuda_packages="runtime")
    assert [variable("__cuda_compiler", host)] == (compiler or [""])


def test_a_login_is_told_the_compiler_of_the_distributions_own_cuda_and_no_more() -> None:
    profile = jinja2.Template((ROLES / "cuda/templates/cuda.sh.j2").read_text(encoding="utf-8"))
    own = profile.render(__cuda_source="distro", __cuda_compiler="g++-10")
    assert 'NVCC_PREPEND_FLAGS="-ccbin /usr/bin/g++-10"' in own
    assert "/usr/local/cuda" not in own
    assert "CUDA_HOME=/usr/local/cuda" in profile.render(__cuda_source="nvidia_repo", __cuda_compiler="g++")


@pytest.mark.parametrize("release", UBUNTU)
def test_ubuntus_cudnn_comes_from_nvidias_repository(release: str) -> None:
    host = UBUNTU[release]
    given = {"cuda_cudnn_version": "9.26.0.51"}
    assert variable("__cuda_source", host, **given) == "nvidia_repo"
    assert "nvidia-cudnn" not in variable("__cuda_wanted_packages", host, **given)


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        ("22.04", ("ubuntu2204", "12.9", "3bf863cc.pub", "g++")),
        ("24.04", ("ubuntu2404", "12.9", "3bf863cc.pub", "g++")),
        ("26.04", ("ubuntu2604", "13.3", "8793F200.pub", "g++")),
    ],
)
def test_nvidias_repository_has_a_folder_for_each_ubuntu(
    release: str, expected: tuple[str, str, str, str]
) -> None:
    folder, version, key, compiler = expected
    host, source = UBUNTU[release], {"cuda_source": "nvidia_repo"}
    assert variable("cuda_repository_url", host).endswith(f"/{folder}/x86_64/")
    assert variable("cuda_repository_key_url", host).endswith(f"/{folder}/x86_64/{key}")
    assert variable("__cuda_default", host, **source) == version
    assert variable("__cuda_compiler", host, **source) == compiler


@pytest.mark.parametrize(
    ("distribution", "release"), [("Debian", "12"), ("Debian", "13"), *(("Ubuntu", each) for each in UBUNTU)]
)
def test_the_roles_that_share_nvidias_repository_want_the_same_one(distribution: str, release: str) -> None:
    host = facts(distribution, release)
    for name in ("url", "key_url", "key_fingerprint"):
        own, shared = f"cuda_repository_{name}", f"nvidia_driver_repository_{name}"
        assert variable(own, host) == role_variable("nvidia_driver", shared, {}, host)


@pytest.mark.parametrize(
    ("release", "version", "compilers"),
    [
        ("22.04", "11.1", [9, 10]),
        ("24.04", "12.3", [9, 10, 11, 12]),
        ("24.04", "12.8", [9, 10, 11, 12, 13]),
        ("26.04", "13.2", [13, 14, 15]),
    ],
)
def test_nvcc_gets_the_newest_gcc_that_it_accepts_of_those_that_ubuntu_has(
    release: str, version: str, compilers: list[int]
) -> None:
    given = {"cuda_source": "nvidia_repo", "cuda_version": version}
    assert variable("__cuda_fitting_gccs", UBUNTU[release], **given) == compilers


@pytest.mark.parametrize(("version", "limit"), [("12.9", "2.40"), ("13.1", "2.41"), ("13.2", "2.43")])
def test_ubuntu_26_04_has_a_glibc_that_only_later_releases_compile_with(version: str, limit: str) -> None:
    given = {"cuda_source": "nvidia_repo", "cuda_version": version}
    assert variable("__cuda_glibc", UBUNTU["26.04"], **given) == limit
    assert variable("__cuda_distribution", UBUNTU["26.04"])["glibc"] == "2.43"


def test_the_variables_of_another_distribution_can_be_read_until_preflight_refuses_it() -> None:
    host = facts("Fedora", "44")
    for name in ("cuda_repository_url", "cuda_repository_key_url", "cuda_repository_key_fingerprint"):
        assert isinstance(variable(name, host), str)
    assert "This is Fedora 44" in variable("__cuda_host", host)["refusal"]


def test_the_role_says_of_each_distribution_what_the_catalog_says() -> None:
    table = yaml.load((ROLES / "cuda/vars/main.yml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)[
        "__cuda_distributions"
    ]
    with (ROLES.parent / "orchestrator/catalog/data/distributions.csv").open(encoding="utf-8") as rows:
        catalog = {row["distribution"]: row for row in csv.DictReader(rows)}
    assert table.keys() >= catalog.keys()
    for name, row in catalog.items():
        own = table[name]
        assert (own["cuda"], own["cudnn"], str(own["gccs"][-1])) == (row["cuda"], row["cudnn"], row["gcc"]), (
            name
        )
