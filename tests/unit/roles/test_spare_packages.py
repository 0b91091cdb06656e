"""Packages that go with a role although apt would keep them: something needs either them or others. And those that never do."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages import apt, decisions

from tests.unit.roles.host_programs import host_with_programs

NEEDS = {
    "theirs": [{"gcc", "clang"}],  # either will do
    "g++": [{"gcc"}],
    "gcc": [{"cpp"}],
    "cpp": [{"gcc"}],
    "editor": [{"make"}],
    "make": [],
}


def changed_with(removed: Sequence[str]) -> set[str] | None:
    """What apt would remove with these from a host that has clang, too."""
    gone = {*removed}
    while more := {name for name, each in NEEDS.items() if any(one <= gone for one in each)} - gone:
        gone |= more
    return None if "libc6" in gone else gone


def test_packages_that_only_keep_each_other_go_together() -> None:
    assert decisions.spare(["cpp", "g++", "gcc"], [], changed_with) == ["cpp", "g++", "gcc"]


def test_what_somebody_elses_package_needs_stays_alone() -> None:
    assert decisions.spare(["cpp", "g++", "gcc", "libc6", "make"], ["g++"], changed_with) == [
        "cpp",
        "g++",
        "gcc",
    ]


def test_of_two_packages_of_which_something_needs_one_a_single_one_goes() -> None:
    assert decisions.spare(["clang", "gcc"], [], changed_with) == ["clang"]


@pytest.mark.parametrize("auto", [(), ("gcc",)])
def test_a_simulation_removes_nothing_that_came_with_somebody_elses_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, auto: tuple[str, ...]
) -> None:
    host = host_with_programs(tmp_path, monkeypatch)
    apt.simulate("--auto-remove", "install", "g++", auto=auto)
    (call,) = (call for call in host.calls if call.startswith("apt-get"))
    assert "--option Dir::State::extended_states=" in call
    assert ("APT::Ignore-Hold=1" in call) == bool(auto)
