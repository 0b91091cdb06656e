"""What the role cuda makes of its variables, where /usr/local/cuda leads, and what is in the way."""

import csv
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from ansible_collections.orchestrate.gpu.plugins.module_utils import cuda_toolkit
from ansible_collections.orchestrate.gpu.plugins.module_utils.host_state import files
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import HostError

from tests.unit.roles.role_variables import ROLES, role_variable

OURS = "# Ansible managed: role cuda\n"
FACTS = {
    "distribution": "Debian",
    "distribution_major_version": "12",
    "distribution_release": "bookworm",
    "architecture": "x86_64",
}


@pytest.fixture(autouse=True)
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Paths that are not this computer's."""
    monkeypatch.setattr(cuda_toolkit, "ALTERNATIVE", tmp_path / "alternative")
    monkeypatch.setattr(cuda_toolkit, "LIBRARY_FOLDERS", tmp_path / "libraries.d")
    monkeypatch.setattr(cuda_toolkit, "CACHE", tmp_path / "cache")
    return tmp_path


def packages(**given: object) -> list[str]:
    """The packages that the role asks for on a Debian 12."""
    return list(
        role_variable("cuda", "__cuda_wanted_packages", {"cuda_source": "nvidia_repo", **given}, FACTS)
    )


def headers(**given: object) -> list[str]:
    """The packages that it asks for where the repository has them."""
    return list(role_variable("cuda", "__cuda_cudnn_headers", {"cuda_source": "nvidia_repo", **given}, FACTS))


def done(target: str, texts: Mapping[str, str]) -> list[str]:
    """What would be done."""
    return cuda_toolkit.bring_about(target, 124, texts, write=False).done


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ("toolkit", ["cuda-toolkit-12-4"]),
        ("compiler", ["cuda-compiler-12-4", "cuda-libraries-dev-12-4"]),
        ("runtime", ["cuda-libraries-12-4"]),
    ],
)
def test_the_parts_have_packages_that_bring_no_driver(parts: str, expected: list[str]) -> None:
    wanted = packages(cuda_version="12.4", cuda_packages=parts)
    assert wanted == expected + (["g++"] if parts != "runtime" else [])


def test_versions_side_by_side_share_a_compiler_that_each_accepts() -> None:
    assert packages(cuda_version="12.4", cuda_further_versions=["11.8"]) == [
        *("cuda-toolkit-12-4", "cuda-toolkit-11-8", "g++-11")
    ]


def test_the_distributions_own_cuda_is_its_packages_alone() -> None:
    own = packages(cuda_source="distro", cuda_packages="compiler", cuda_cudnn_version="8.5.0.96")
    assert own == ["nvidia-cuda-toolkit", "nvidia-cuda-toolkit-gcc", "g++", "nvidia-cudnn"]
    assert headers(cuda_source="distro", cuda_cudnn_version="8.5.0.96") == []


def test_cudnn_8_is_taken_in_its_build_for_the_major_version_of_cuda() -> None:
    wanted = packages(cuda_version="12.4", cuda_cudnn_version="8.9.7.29", cuda_packages="compiler")
    assert wanted[2:4] == ["libcudnn8=8.9.7.29-*+cuda12.*", "libcudnn8-dev=8.9.7.29-*+cuda12.*"]


def test_cudnn_9_has_the_major_version_of_cuda_in_its_names_and_optional_headers() -> None:
    given = {"cuda_version": "12.4", "cuda_cudnn_version": "9.10.2.21"}
    assert packages(**given)[1:3] == [*("libcudnn9-cuda-12=9.10.2.21-*", "libcudnn9-dev-cuda-12=9.10.2.21-*")]
    assert headers(**given) == ["libcudnn9-headers-cuda-12=9.10.2.21-*"]


def test_a_host_that_only_runs_programs_gets_cudnn_without_headers() -> None:
    given = {"cuda_version": "12.4", "cuda_cudnn_version": "9.10.2.21", "cuda_packages": "runtime"}
    assert packages(**given) == ["cuda-libraries-12-4", "libcudnn9-cuda-12=9.10.2.21-*"]
    assert headers(**given) == []


def test_a_bare_host_is_led_and_gets_the_files(system: Path) -> None:
    assert done("/usr/local/cuda-12.4", {str(system / "cuda.sh"): OURS, str(system / "none"): ""}) == [
        *("led /usr/local/cuda to /usr/local/cuda-12.4", f"wrote {system}/cuda.sh")
    ]


def test_a_host_that_is_as_wanted_is_left_alone(system: Path) -> None:
    (system / "toolkit").mkdir()
    (system / "alternative").symlink_to(system / "toolkit")
    note = system / "cuda/README"
    changes = cuda_toolkit._wishes(note, OURS)
    files.bring_about(changes, write=True)
    assert done(str(system / "toolkit"), {str(note): OURS}) == []


def test_the_loader_is_told_where_a_run_was_killed_before(system: Path) -> None:
    (system / "libraries.d").mkdir()
    setting = system / "libraries.d/cuda.conf"
    files.bring_about(cuda_toolkit._wishes(setting, OURS), write=True)
    assert done("", {str(setting): OURS}) == ["renewed the cache of libraries"]
    (system / "cache").touch()
    assert done("", {str(setting): OURS}) == []


def test_an_alternative_goes_when_what_it_leads_to_is_gone(system: Path) -> None:
    (system / "alternative").symlink_to(system / "gone")
    assert done("", {}) == ["removed /usr/local/cuda"]
    (system / "gone").mkdir()
    assert done("", {}) == []


def test_a_file_of_somebody_else_is_neither_overwritten_nor_removed(system: Path) -> None:
    (system / "cuda.sh").write_text("export PATH=/opt/cuda/bin\n")
    with pytest.raises(HostError, match=r"cuda\.sh is there and not this role's\n  try: move it away"):
        done("", {str(system / "cuda.sh"): OURS})
    assert done("", {str(system / "cuda.sh"): ""}) == []


def test_the_note_goes_with_its_folders(system: Path) -> None:
    note = system / "doc/cuda/README"
    cuda_toolkit.bring_about("", 0, {str(note): OURS}, write=True)
    assert note.read_text() == OURS
    cuda_toolkit.bring_about("", 0, {str(note): ""}, write=True)
    assert not (system / "doc").exists()


@pytest.mark.parametrize(("driver", "warned"), [("", False), ("535.261.03", False), ("470.256.02", True)])
def test_a_driver_that_is_loaded_and_too_old_is_warned_of(driver: str, *, warned: bool) -> None:
    said = cuda_toolkit.warnings({"12.4": "525.60.13"}, driver)
    assert bool(said) is warned
    assert not warned or "start from 525.60.13 on" in said[0]


def test_the_roles_table_says_what_the_catalog_says() -> None:
    table = yaml.load((ROLES / "cuda/vars/main.yml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)[
        "__cuda_releases"
    ]
    with (ROLES.parent / "orchestrator/catalog/data/cuda.csv").open(encoding="utf-8") as rows:
        catalog = {row["cuda"]: row for row in csv.DictReader(rows)}
    shared = table.keys() & catalog.keys()
    assert len(shared) >= 20
    for version in sorted(shared):
        row = catalog[version]
        expected = {"driver": row["compatible_driver"] or row["driver"], "gcc": int(row["gcc_max"])}
        assert {key: table[version][key] for key in expected} == expected, version
