"""Packages that go with a role although apt would keep them: something needs either them or others."""

from collections.abc import Sequence

from ansible_collections.orchestrate.gpu.plugins.module_utils.packages import decisions

NEEDS = {
    "theirs": [{"gcc", "clang"}],  # either will do
    "g++": [{"gcc"}],
    "gcc": [{"cpp"}],
    "cpp": [{"gcc"}],
    "editor": [{"make"}],
    "make": [],
}


def changed_with(removed: Sequence[str]) -> set[str]:
    """What apt would remove with these from a host that has clang, too."""
    gone = {*removed}
    while more := {name for name, each in NEEDS.items() if any(one <= gone for one in each)} - gone:
        gone |= more
    return gone


def test_packages_that_only_keep_each_other_go_together() -> None:
    assert decisions.spare(["cpp", "g++", "gcc"], [], changed_with) == ["cpp", "g++", "gcc"]


def test_what_somebody_elses_package_needs_stays_alone() -> None:
    assert decisions.spare(["cpp", "g++", "gcc", "make"], ["g++"], changed_with) == ["cpp", "g++", "gcc"]


def test_of_two_packages_of_which_something_needs_one_a_single_one_goes() -> None:
    assert decisions.spare(["clang", "gcc"], [], changed_with) == ["clang"]
