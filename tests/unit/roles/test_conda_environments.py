"""Environments are built, kept, rebuilt, removed; conda and pip here are a few lines of shell."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils import kept_folder
from ansible_collections.orchestrate.gpu.plugins.module_utils.commands import BuildError
from ansible_collections.orchestrate.gpu.plugins.module_utils.miniforge import environments

CONDA = """#!/bin/sh
echo "$@" >>"{log}"
[ "$1" = create ] || exit 0
prefix=$6
mkdir -p "$prefix/conda-meta" "$prefix/bin"
touch "$prefix/conda-meta/python-3.11.2-0.json"
printf '#!/bin/sh\\necho "pip $PIP_USER $PIP_REQUIRE_VIRTUALENV $@" >>"{log}"\\n' >"$prefix/bin/python"
chmod +x "$prefix/bin/python"
case "$*" in *nosuch*) echo '{{"exception_name": "PackagesNotFoundError", "packages": ["nosuch"]}}'; exit 1;; esac
"""


def wish(root: Path, **changes: Any) -> Any:
    """A wish for one environment of a conda that only takes notes."""
    program = root / "conda/bin/conda"
    program.parent.mkdir(parents=True, exist_ok=True)
    (root / "conda/envs").mkdir(exist_ok=True)
    program.write_text(CONDA.format(log=root / "log"))
    program.chmod(0o755)
    given = environments.Environment(
        prefix=root / "conda",
        name="lab",
        state="present",
        packages=("python=3.11", "numpy>=2"),
        channels=(),
        pip=(),
        variables={},
    )
    return replace(given, **changes)


def test_an_environment_is_built_once_and_left_alone_afterwards(tmp_path: Path) -> None:
    wanted = wish(tmp_path)
    assert environments.reason(wanted) == "there was none"
    environments.apply(wanted)
    assert environments.reason(wanted) == ""
    record = kept_folder.read_record(wanted.folder)
    assert record is not None
    assert record.installed == ("python-3.11.2-0",)
    assert sorted(path.name for path in wanted.prefix.iterdir()) == ["bin", "envs"]


def test_conda_and_pip_are_told_what_is_wanted(tmp_path: Path) -> None:
    wanted = wish(tmp_path, channels=("forge", "mine"), pip=("keras", "--pre"), variables={"A": "1 2"})
    environments.apply(wanted)
    told = (tmp_path / "log").read_text().splitlines()
    assert told[0] == (
        f"create --json --yes --quiet --prefix {wanted.folder} --channel forge --channel mine python=3.11 numpy>=2"
    )
    assert told[1] == f"env config vars set --prefix {wanted.folder} A=1 2"
    # Whatever root's own pip is told, it installs into the environment.
    assert told[2].startswith("pip 0 0 -m pip install ")
    assert told[2].endswith(" keras --pre")
    assert "PIP_USER" not in os.environ


@pytest.mark.parametrize(
    "changes",
    [
        {"packages": ("python=3.13", "numpy>=2")},
        {"channels": ("forge",)},
        {"pip": ("keras",)},
        {"variables": {"A": "1"}},
    ],
)
def test_another_specification_is_another_environment(tmp_path: Path, changes: dict[str, object]) -> None:
    environments.apply(wish(tmp_path))
    assert environments.reason(wish(tmp_path, **changes)) == "other packages, or another Python, are wanted"


def test_another_order_is_the_same_environment(tmp_path: Path) -> None:
    environments.apply(wish(tmp_path))
    assert environments.reason(wish(tmp_path, packages=("numpy>=2", "python=3.11"))) == ""


def test_a_package_that_no_channel_has_is_named_and_the_old_environment_stays(tmp_path: Path) -> None:
    environments.apply(wish(tmp_path))
    with pytest.raises(BuildError, match=r"^no channel has nosuch\n  try: "):
        environments.apply(wish(tmp_path, packages=("nosuch",)))
    assert environments.reason(wish(tmp_path)) == ""


def test_an_environment_that_is_not_wanted_is_removed(tmp_path: Path) -> None:
    environments.apply(wish(tmp_path))
    unwanted = wish(tmp_path, state="absent", packages=())
    assert environments.reason(unwanted) == "it is not wanted"
    environments.apply(unwanted)
    assert environments.reason(unwanted) == ""
    assert not unwanted.folder.exists()


def test_an_environment_of_somebody_else_is_neither_changed_nor_removed(tmp_path: Path) -> None:
    wanted = wish(tmp_path)
    (wanted.folder / "bin").mkdir(parents=True)
    with pytest.raises(BuildError, match=r"was not made by this role\n  try: move it away"):
        environments.reason(wanted)
    assert environments.reason(wish(tmp_path, state="absent")) == ""
