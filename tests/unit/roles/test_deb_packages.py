"""Packages of roles on one record: what is installed, marked and removed, and what apt's output says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages import apt, decisions, record, state
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages.decisions import Want
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages.record import Owned, Package
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import HostError

from tests.unit.roles.package_hosts import HALF, STATUS, host, set_up, wish

COMPILER = ("cuda-compiler-12-4", "cuda-libraries-dev-12-4", "g++")
BROUGHT = (*COMPILER, "cuda-nvcc-12-4", "gcc")
RECORDS = {"cuda": Owned(COMPILER, BROUGHT)}
HOLD = ("cuda-*",)


FINISHED = host(*BROUGHT, automatic=("cuda-nvcc-12-4", "gcc"))


@pytest.fixture(autouse=True)
def system(tmp_path: Path) -> Path:
    """A host's files."""
    return set_up(tmp_path)


def names(wants: tuple[Want, ...]) -> list[str]:
    return [want.name for want in wants]


def test_what_is_there_in_a_version_that_will_do_is_not_installed() -> None:
    wanted = wish("libcudnn8=8.9.7.29-*+cuda12.*")
    assert decisions.lacking(wanted, host(libcudnn8="8.9.7.29-1+cuda12.2")) == ()
    for other in ("8.9.7.29-1+cuda11.8", "8.9.7.290-1+cuda12.2"):
        assert names(decisions.lacking(wanted, host(libcudnn8=other))) == ["libcudnn8"]


def test_an_optional_package_comes_with_the_others_and_is_no_reason_to_install() -> None:
    wanted = wish("library", optional=("headers",))
    assert names(decisions.lacking(wanted, host())) == ["library", "headers"]
    assert decisions.lacking(wanted, host("library")) == ()


def test_what_is_no_longer_wanted_may_go_with_all_that_came_along() -> None:
    assert decisions.candidates(wish(*COMPILER), RECORDS, FINISHED) == ["cuda-nvcc-12-4", "gcc"]
    assert decisions.candidates(wish(), RECORDS, FINISHED) == sorted(BROUGHT)


def test_what_was_there_before_the_role_stays() -> None:
    before = {"cuda": Owned(COMPILER, ("cuda-compiler-12-4",))}
    assert decisions.candidates(wish(), before, FINISHED) == ["cuda-compiler-12-4"]


def test_what_another_role_or_a_person_asks_for_stays() -> None:
    records = {**RECORDS, "nvidia_driver": Owned(("g++",))}
    by_hand = host(*BROUGHT, automatic=("cuda-nvcc-12-4",))
    assert decisions.candidates(wish(), records, by_hand) == [
        *("cuda-compiler-12-4", "cuda-libraries-dev-12-4", "cuda-nvcc-12-4")
    ]


def test_what_the_last_role_leaves_for_another_is_that_ones_to_take_away() -> None:
    records = {"a": Owned(("x",)), "cuda": RECORDS["cuda"], "vnc": Owned(("g++",), ("xvfb",))}
    handed = decisions.handed_over(records, "cuda", ("g++", "gcc"))
    assert handed == {"a": Owned(("x",)), "vnc": Owned(("g++",), ("xvfb", "g++", "gcc"))}
    assert decisions.handed_over(RECORDS, "cuda", ("gcc",)) == {}


def test_packages_that_match_are_held_and_those_that_the_role_held_are_released() -> None:
    there = host(*BROUGHT, "cuda-foreign", held=("cuda-nvcc-12-4", "gcc"), automatic=("gcc",))
    on_record = {"cuda": Owned(COMPILER, BROUGHT, ("gcc",))}
    marks = decisions.marks(wish(*COMPILER, hold=HOLD), on_record, there)
    assert marks.hold == ("cuda-compiler-12-4", "cuda-libraries-dev-12-4")
    assert marks.unhold == ("gcc",)
    assert marks.on(there).packages["cuda-compiler-12-4"].held
    assert not marks.on(there).packages["gcc"].held


def test_what_came_along_and_is_asked_for_now_is_marked_so() -> None:
    marks = decisions.marks(wish("gcc", "make", *COMPILER), RECORDS, FINISHED)
    assert marks.commands == [("apt-mark", "manual", "gcc")]


def test_what_is_no_longer_asked_for_and_stays_goes_with_what_needs_it() -> None:
    left = host("g++", "gcc", "python3", automatic=("gcc",))
    records = {"cuda": Owned(("g++", "python3"), ("g++", "gcc"))}
    assert decisions.marks(wish(), records, left).commands == [("apt-mark", "auto", "g++")]
    asked = {**records, "vnc": Owned(("g++",))}
    assert decisions.marks(wish(), asked, left).commands == []


def test_a_host_as_wanted_is_left_alone_and_its_record_is_not_written() -> None:
    record.write({"cuda": Owned(("libcuda1",), held=("libcuda1",))})
    before = record.RECORD.stat().st_mtime_ns
    answer = state.bring_about(wish("libcuda1=535.*", hold=("lib*",)), write=True)
    assert (answer.done, answer.diff) == ([], [])
    assert record.RECORD.stat().st_mtime_ns == before


def test_a_run_that_was_killed_is_gone_on_with() -> None:
    record.write({"cuda": Owned(("libcuda1",), ("libcuda1",), pending=True)})
    assert state.bring_about(wish("libcuda1"), write=True).done == ["finished what was begun"]
    assert record.read("cuda") == {"cuda": Owned(("libcuda1",), ("libcuda1",))}
    assert state.bring_about(wish("libcuda1"), write=True).done == []


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ('{"finished": true, "roots": ["a"], "brought": ["libcuda1", "a"]}', ("a",)),
        ('["libcuda1", "a"]', ("libcuda1", "a")),
        ("libcuda1\na\n", ("libcuda1", "a")),
    ],
    ids=["cuda", "list", "lines"],
)
def test_what_earlier_releases_recorded_is_taken_over(
    system: Path, text: str, asked: tuple[str, ...]
) -> None:
    (system / "former").write_text(text)
    found = record.read("cuda", system / "former")["cuda"]
    assert found == Owned(asked, ("libcuda1", "a"), ("libcuda1",), pending=True)
    state.bring_about(wish("libcuda1", hold=("lib*",), former_record=system / "former"), write=True)
    assert json.loads(record.RECORD.read_text())["cuda"]["brought"] == ["libcuda1"]
    assert not (system / "former").exists()


def test_installed_packages_are_those_that_are_configured_and_held_ones_are_told() -> None:
    record.DPKG_STATUS.write_text(STATUS + HALF)
    assert record.installed() == {
        "dpkg": Package("1.21.22"),
        "libcuda1": Package("535.309.01-0+deb12u1", held=True),
        "libcuda1:i386": Package("535.309.01-0+deb12u1"),
    }


def test_what_no_package_made_is_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "cuda").symlink_to("/usr/local/cuda-11.2")
    with pytest.raises(
        HostError, match=r"a link to /usr/local/cuda-11\.2, and no package made it\n  try: uninstall"
    ):
        state.bring_about(wish("libcuda1", conflicts=(tmp_path / "cuda",)), write=True)
    (tmp_path / "cuda.sh").write_text("export PATH=/opt/cuda/bin\n")
    with pytest.raises(HostError, match=r"cuda\.sh is there, and no package made it"):
        state.bring_about(wish("libcuda1", conflicts=(tmp_path / "cuda.sh",)), write=True)
    assert not record.RECORD.exists()


def test_what_roles_wrote_and_alternatives_are_not_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "cuda").symlink_to("/etc/alternatives/cuda")
    (tmp_path / "cuda.sh").write_text("# Ansible managed: role cuda\n")
    conflicts = (tmp_path / "cuda", tmp_path / "cuda.sh", tmp_path / "none")
    assert state.bring_about(wish("libcuda1", conflicts=conflicts), write=False).done == []


def test_the_packages_that_differ_are_shown_before_and_after() -> None:
    before, after = host("a", "gone"), host("b", a="2-1", held=("b",))
    assert decisions.difference(before.packages, after.packages) == [
        {
            "before_header": "packages",
            "after_header": "packages",
            "before": "a 1-1\ngone 1-1\n",
            "after": "a 2-1\nb 1-1 (held)\n",
        }
    ]


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
        ("E: You don't have enough free space in /var/cache/apt/archives/.", "the disk is full"),
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
    assert str(apt.apt_error(said, "set cuda_version")).startswith(cause)
