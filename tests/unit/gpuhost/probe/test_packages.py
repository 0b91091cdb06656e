"""dpkg's database, apt's lists, and the order of versions, which dpkg itself is asked about."""

import itertools
import subprocess
from pathlib import Path

import pytest

from gpuhost.probe.packages import headers, installed, version_key
from tests.unit.gpuhost.probe.trees import KERNEL, Link, Tree, grown, packages

HEADERS = f"linux-headers-{KERNEL}"
LISTS = "var/lib/apt/lists/deb.example.org_debian_dists_bookworm_main_binary-amd64_Packages"
OFFERED: Tree = {LISTS: f"Package: bash\nVersion: 5\n\nPackage: {HEADERS}\nSource: linux\n"}
NOT_OFFERED: Tree = {LISTS: f"Package: {HEADERS}-extra\n\nPackage: bash\nDepends: {HEADERS}\n"}

VERSIONS = [
    *("5.10.0-9-amd64", "5.10.0-28-amd64", "6.1.0-41-amd64", "6.1.0-41-cloud-amd64", "6.1.0-9-amd64"),
    *(
        "6.12.48+deb13-amd64",
        "6.12~rc6-amd64",
        "6.12-amd64",
        "6.12.9-amd64",
        "5.15.0-1049-aws",
        "6.8.0-31-generic",
    ),
]


def test_removed_packages_are_not_installed(tmp_path: Path) -> None:
    held = {
        "var/lib/dpkg/status": "Package: held\nStatus: hold ok installed\n\nPackage: half\nStatus: install ok unpacked\n"
    }
    assert installed(grown(tmp_path / "a", packages("bash", "dkms"))) == {"bash", "dkms"}
    assert installed(grown(tmp_path / "b", held)) == {"held"}


@pytest.mark.parametrize(
    ("kernel", "names", "tree", "expected"),
    [
        (KERNEL, [HEADERS], {}, True),
        (KERNEL, [], {f"lib/modules/{KERNEL}/build/Makefile": Link("/usr/src/x/Makefile")}, True),
        (KERNEL, [], OFFERED, True),
        (KERNEL, [], NOT_OFFERED, False),
        (KERNEL, [], {}, None),
        ("", [], OFFERED, False),
    ],
)
def test_headers_are_there_or_can_be_had(
    tmp_path: Path, kernel: str, names: list[str], tree: Tree, expected: bool | None
) -> None:
    assert headers(grown(tmp_path, tree), kernel, names) is expected


def test_versions_sort_as_dpkg_sorts_them() -> None:
    for one, other in itertools.permutations(VERSIONS, 2):
        argv = ("dpkg", "--compare-versions", one, "lt", other)
        less = subprocess.run(argv, check=False, timeout=10).returncode == 0
        assert (version_key(one) < version_key(other)) is less, (one, other)


def test_a_release_candidate_comes_before_its_release() -> None:
    assert version_key("6.12.0-rc3") < version_key("6.12.0") < version_key("6.12.1")
