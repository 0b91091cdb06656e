"""What the role cuda makes of a wish, a record and a host: packages, what goes, what is in the way."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.roles.scripts import ROLES, script

cuda = script("cuda")

PROFILE = Path("/etc/profile.d/cuda.sh")
OURS = "# Ansible managed: role cuda\n"


def wish(**changes: object) -> Any:
    """CUDA 12.4 of NVIDIA's repository, for those who compile."""
    given: dict[str, object] = {
        "versions": ["12.4"],
        "drivers": ["525.60.13"],
        "parts": "compiler",
        "cudnn": "",
        "compiler": "g++",
        "distribution_packages": [],
        "target": "/usr/local/cuda-12.4",
        "index": "/etc/apt/sources.list.d/cuda-debian12.sources",
        "files": {str(PROFILE): OURS},
    }
    return cuda.parse_wish(json.dumps(given | changes))


def nothing() -> Any:
    """The wish of `cuda_state: absent`."""
    return wish(versions=[], drivers=[], compiler="", target="", index="", files={str(PROFILE): ""})


def host(
    *names: str, held: tuple[str, ...] = (), target: str = "", profile: str = "", **versions: str
) -> Any:
    """A host with these packages."""
    packages = dict.fromkeys(names, "1-1") | {name.replace("_", "-"): each for name, each in versions.items()}
    return cuda.Host(packages=packages, held=frozenset(held), target=target, files={PROFILE: profile})


COMPILER = ("cuda-compiler-12-4", "cuda-libraries-dev-12-4", "g++")
RECORD = cuda.Record(finished=True, roots=COMPILER, brought=(*COMPILER, "cuda-nvcc-12-4", "gcc"))
FINISHED = host(*RECORD.brought, held=tuple(name for name in RECORD.brought if "cuda" in name))


def names(wants: Any) -> list[str]:
    return [want.name for want in wants]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ("toolkit", ["cuda-toolkit-12-4"]),
        ("compiler", ["cuda-compiler-12-4", "cuda-libraries-dev-12-4"]),
        ("runtime", ["cuda-libraries-12-4"]),
    ],
)
def test_the_parts_have_packages_that_bring_no_driver(parts: str, expected: list[str]) -> None:
    assert names(cuda.wanted(wish(parts=parts, compiler=""))) == expected


def test_versions_side_by_side_share_a_compiler() -> None:
    wanted = cuda.wanted(
        wish(versions=["12.4", "11.8"], drivers=["1", "1"], parts="toolkit", compiler="g++-11")
    )
    assert names(wanted) == ["cuda-toolkit-12-4", "cuda-toolkit-11-8", "g++-11"]


def test_the_distributions_own_cuda_is_its_packages_alone() -> None:
    assert names(cuda.wanted(wish(distribution_packages=["nvidia-cuda-toolkit"]))) == ["nvidia-cuda-toolkit"]


def test_cudnn_8_is_taken_in_its_build_for_the_major_version_of_cuda() -> None:
    library, development = cuda.cudnn_wants(wish(cudnn="8.9.7.29"))
    assert (library.name, development.name) == ("libcudnn8", "libcudnn8-dev")
    assert library.is_met_by("8.9.7.29-1+cuda12.2")
    assert not library.is_met_by("8.9.7.29-1+cuda11.8")
    assert not library.is_met_by("8.9.7.290-1+cuda12.2")


def test_cudnn_9_has_the_major_version_of_cuda_in_its_names() -> None:
    wants = cuda.cudnn_wants(wish(cudnn="9.10.2.21"))
    assert names(wants) == ["libcudnn9-cuda-12", "libcudnn9-dev-cuda-12", "libcudnn9-headers-cuda-12"]
    assert [want.optional for want in wants] == [False, False, True]


def test_optional_headers_come_with_the_library_and_are_no_reason_to_install() -> None:
    bare = cuda.decide(wish(cudnn="9.10.2.21"), cuda.Record(), host())
    assert "libcudnn9-headers-cuda-12" in names(bare.install)
    there = host(*COMPILER, libcudnn9_cuda_12="9.10.2.21-1", libcudnn9_dev_cuda_12="9.10.2.21-1")
    assert cuda.decide(wish(cudnn="9.10.2.21"), RECORD, there).install == ()


def test_a_host_that_only_runs_programs_gets_cudnn_without_headers() -> None:
    assert names(cuda.cudnn_wants(wish(cudnn="9.10.2.21", parts="runtime"))) == ["libcudnn9-cuda-12"]


def test_a_host_that_is_as_wished_is_left_alone() -> None:
    there = cuda.Host(**{**as_dict(FINISHED), "target": "/usr/local/cuda-12.4", "files": {PROFILE: OURS}})
    assert cuda.decide(wish(), RECORD, there).steps == []


def test_a_bare_host_gets_everything() -> None:
    plan = cuda.decide(wish(), cuda.Record(), host())
    assert names(plan.install) == list(COMPILER)
    assert plan.target == "/usr/local/cuda-12.4"
    assert plan.steps[-1] == f"wrote {PROFILE}"


def test_another_version_of_cudnn_is_installed_over_the_one_that_is_there() -> None:
    plan = cuda.decide(
        wish(cudnn="9.10.2.21", parts="runtime", compiler=""), RECORD, host(libcudnn9_cuda_12="9.20.0.48-1")
    )
    assert "libcudnn9-cuda-12" in names(plan.install)


def test_a_version_that_is_no_longer_wanted_goes() -> None:
    later = wish(versions=["12.8"], target="/usr/local/cuda-12.8")
    assert cuda.decide(later, RECORD, FINISHED).remove == ("cuda-compiler-12-4", "cuda-libraries-dev-12-4")


def test_what_was_there_before_the_role_stays() -> None:
    before = cuda.Record(finished=True, roots=COMPILER, brought=("cuda-compiler-12-4",))
    assert cuda.decide(nothing(), before, FINISHED).remove == ("cuda-compiler-12-4",)


def test_packages_of_nvidia_are_held_and_those_of_the_distribution_are_not() -> None:
    plan = cuda.decide(wish(), RECORD, host(*RECORD.brought, held=("cuda-nvcc-12-4",)))
    assert plan.hold == ("cuda-compiler-12-4", "cuda-libraries-dev-12-4")


def test_a_file_of_somebody_else_is_not_overwritten() -> None:
    with pytest.raises(cuda.CudaError, match=r"cuda\.sh is there and not this role's\n  try: move it away"):
        cuda.decide(wish(), cuda.Record(), host(profile="export PATH=/opt/cuda/bin\n"))


def test_a_file_of_somebody_else_is_not_taken_away() -> None:
    assert cuda.decide(nothing(), cuda.Record(), host(profile="export PATH=/opt/cuda/bin\n")).steps == []


def test_a_run_that_was_killed_is_gone_on_with() -> None:
    begun = cuda.Record(roots=COMPILER, brought=COMPILER)
    assert cuda.unfinished(wish(), begun) == ["finished what was begun"]
    assert cuda.unfinished(nothing(), begun) == ["finished what was begun"]
    assert cuda.unfinished(wish(), RECORD) == []
    assert cuda.unfinished(nothing(), cuda.Record()) == []


@pytest.mark.parametrize(("driver", "warned"), [("", False), ("535.261.03", False), ("470.256.02", True)])
def test_a_driver_that_is_loaded_and_too_old_is_told(driver: str, warned: bool) -> None:
    said = cuda.warnings(wish(), driver)
    assert bool(said) is warned
    assert not warned or "start from 525.60.13 on" in said[0]


def test_an_installation_by_run_file_is_in_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuda, "LINK", tmp_path / "cuda")
    (tmp_path / "cuda").symlink_to("/usr/local/cuda-11.2")
    with pytest.raises(cuda.CudaError, match=r"a link to /usr/local/cuda-11\.2, and no package made it"):
        cuda.look(wish())


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        (
            "Err:1 http://mirror ./ cuda-nvcc 12\n  Hash Sum mismatch\nE: Failed to fetch http://mirror",
            "a package is not what the signed index says it is",
        ),
        (
            "E: The repository 'http://mirror  Release' is no longer signed.",
            "the package index is not what was",
        ),
        (
            "W: GPG error: http://mirror InRelease: NO_PUBKEY F3D690D21F60D660",
            "the package index is not what was",
        ),
        ("E: Failed to fetch http://mirror  Could not connect", "the package server does not answer"),
        (
            "Err:2 http://mirror ./  Packages\n  Hash Sum mismatch\n  Hashes of expected file:",
            "the package index is not what was",
        ),
        (
            "The following packages have unmet dependencies:\n libcudnn9-dev : Depends: headers (= 1)\nE: Unable to",
            "packages that are wanted cannot be installed together: libcudnn9-dev : Depends: headers (= 1)",
        ),
        ("Reading\nE: Something else", "apt-get failed: Something else"),
        ("", "apt-get failed: "),
    ],
)
def test_what_apt_says_becomes_a_cause_and_a_next_step(said: str, cause: str) -> None:
    error = str(cuda.apt_error(said))
    assert error.startswith(cause)
    assert "\n  try: " in error


def test_a_record_is_read_as_it_was_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuda, "RECORD", tmp_path / "cuda.json")
    cuda.write_record(RECORD)
    assert cuda.read_record() == RECORD
    cuda.write_record(cuda.Record())
    assert not (tmp_path / "cuda.json").exists()


def test_the_roles_table_says_what_the_catalog_says() -> None:
    table = yaml.safe_load((ROLES / "cuda/vars/main.yml").read_text(encoding="utf-8"))["__cuda_releases"]
    with (ROLES.parent / "orchestrator/catalog/data/cuda.csv").open(encoding="utf-8") as rows:
        catalog = {row["cuda"]: row for row in csv.DictReader(rows)}
    shared = table.keys() & catalog.keys()
    assert len(shared) >= 20
    for version in sorted(shared):
        row = catalog[version]
        expected = {"driver": row["compatible_driver"] or row["driver"], "gcc": int(row["gcc_max"])}
        assert {key: table[version][key] for key in expected} == expected, version


def as_dict(there: Any) -> dict[str, object]:
    """The host's fields."""
    return {"packages": there.packages, "held": there.held, "target": there.target, "files": there.files}
