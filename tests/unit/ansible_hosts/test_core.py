"""What is said of hosts whose Python is newer than those that the installed ansible-core was made for."""

import sys
from dataclasses import replace
from importlib.metadata import requires, version
from importlib.resources import files

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from orchestrator.ansible_hosts import AnsibleCore, installed_core
from orchestrator.ansible_hosts.core import _UPGRADE

OLD = AnsibleCore(
    version="2.19.14",
    newest_python="3.13",
    python="/opt/o/bin/python",
    python_version="3.11",
    checkout=True,
)
HOSTS = (("Debian 13", "3.13"), ("Ubuntu 26.04", "3.14"), ("Ubuntu 26.04", "3.14"), ("Ubuntu 22.04", "3.10"))


def test_what_is_installed_was_made_for_the_pythons_that_it_looks_for_on_hosts() -> None:
    core = installed_core()
    settings = yaml.load(
        files("ansible.config").joinpath("base.yml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader
    )
    looked_for = settings["INTERPRETER_PYTHON_FALLBACK"]["default"]
    assert f"python{core.newest_python}" in looked_for
    assert max(
        int(name.removeprefix("python3.")) for name in looked_for if name.startswith("python3.")
    ) == int(core.newest_python.removeprefix("3."))
    assert core.version == version("ansible-core")
    assert core.python_version == f"3.{sys.version_info.minor}"
    assert core.checkout


def test_a_python_that_is_too_new_is_named_once_with_its_host_and_what_was_installed() -> None:
    assert OLD.unknown_python(HOSTS).startswith(
        "Ubuntu 26.04 has Python 3.14, and ansible-core 2.19.14 of this computer was made for 3.13 at most; "
    )
    assert OLD.unknown_python([*HOSTS, ("Debian 14", "3.14")]).startswith(
        "Ubuntu 26.04 has Python 3.14 and Debian 14 has Python 3.14, and "
    )


@pytest.mark.parametrize(
    ("core", "way"),
    [
        (OLD, "with Python 3.12 or 3.13 on this computer comes a newer one: `rm -r .venv`, then `make up`"),
        (replace(OLD, python_version="3.13"), "`rm -r .venv`, then `make up`"),
        (replace(OLD, checkout=False), "`pipx reinstall --python python3.13 orchestrate`"),
        (
            replace(OLD, checkout=False, python_version="3.12"),
            f"to have a newer one: /opt/o/bin/python -m pip install --upgrade {_UPGRADE}",
        ),
    ],
)
def test_the_way_to_a_newer_one_is_that_of_the_installation(core: AnsibleCore, way: str) -> None:
    assert core.unknown_python(HOSTS).endswith(way)


def test_what_the_installed_one_knows_is_no_matter() -> None:
    assert replace(OLD, version="2.21.5", newest_python="3.14").unknown_python(HOSTS) == ""
    assert OLD.unknown_python([]) == ""


def test_no_way_is_told_to_a_python_that_none_of_ours_knows() -> None:
    said = OLD.unknown_python([("Debian 15", "3.15")])
    assert said.startswith("Debian 15 has Python 3.15")
    assert said.endswith("at most")


def test_the_upgrade_that_is_told_is_one_that_this_program_takes() -> None:
    (ours,) = (
        each.specifier
        for each in map(Requirement, requires("orchestrate") or ())
        if each.name == "ansible-core"
    )
    told = SpecifierSet(_UPGRADE.strip("'").removeprefix("ansible-core"))
    releases = ("2.18.0", "2.19.14", "2.20.0", "2.20.10", "2.21.5", "2.22.0")
    assert [each for each in releases if each in told] == ["2.20.0", "2.20.10", "2.21.5"]
    assert {each for each in releases if each in told} < {each for each in releases if each in ours}
