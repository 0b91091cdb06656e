"""Run one molecule scenario of one role to its end."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from _pytest.mark.structures import ParameterSet

from tests.molecule.fingerprint import changed, keep

ROLES = Path(__file__).parents[2] / "roles"
DISTRIBUTIONS = "SCENARIO_DISTRIBUTIONS"
"""The variable of the environment that says which hosts a scenario has, as .config/molecule reads it. Set for the tests, it
holds for all of them: `SCENARIO_DISTRIBUTIONS="debian-12 debian-13" make test`."""

ONE = {"default": "debian-12", "alternative": "debian-13"}
"""So each role meets both releases. Nearly all of a scenario's time goes into the modules that Ansible runs on its hosts."""

BOTH = "debian-12 debian-13"
BOUND = (
    *(("conda", scenario) for scenario in ONE),
    *(("cuda", scenario) for scenario in ONE),
    *(("ml_env", scenario) for scenario in ONE),
    *(("nginx", scenario) for scenario in ONE),
    ("nvidia_driver", "alternative"),
)
"""Scenarios that do something else on each release, take the Python of the other, or need a neighbour who has another address:
they have a host of each. Role nvidia_driver's compiles the real driver on each of its hosts, which takes minutes."""

TIMEOUT_S = 3600
"""The longest compiles the real driver for two distributions; on two busy cores it has taken 49 minutes."""

KINDS = {
    "environments": ("conda", "datasets", "ml_env", "notebooks"),
    "machine": ("base", "cuda", "firewall", "gpuhost", "lifetime", "nvidia_driver", "ssh_server"),
    "services": ("host_page", "nginx", "vnc"),
}
"""The roles by what they are about. A file for each kind, because files are what is run side by side."""


def scenarios_of(kind: str) -> list[ParameterSet]:
    """Role and scenario, for the roles of a kind."""
    return [_parameters(role, scenario, pytest.mark.deep) for scenario in ONE for role in KINDS[kind]]


def heavy_scenarios() -> list[ParameterSet]:
    """Role and scenario, for the roles that install gigabytes in one."""
    found = sorted(path.parts[-4] for path in ROLES.glob("*/molecule/heavy/molecule.yml"))
    return [_parameters(role, "heavy", pytest.mark.heavy) for role in found]


def _parameters(role: str, scenario: str, mark: pytest.MarkDecorator) -> ParameterSet:
    """With mark `changed` where it has to pass again before anything lands."""
    again = [pytest.mark.changed] if changed(role, scenario) else []
    return pytest.param(role, scenario, marks=[mark, *again], id=f"{role}-{scenario}")


def assert_passes(role: str, scenario: str) -> None:
    """Fails with the end of what molecule printed. That it passed on the hosts that it is meant for is written down."""
    distributions = BOTH if (role, scenario) in BOUND or scenario not in ONE else ONE[scenario]
    _assert_is_linted(role, scenario)
    programs = Path(sys.executable).parent  # molecule looks for ansible-playbook on PATH
    done = subprocess.run(
        (programs / "molecule", "test", "--scenario-name", scenario),
        cwd=ROLES / role,
        env={DISTRIBUTIONS: distributions}
        | os.environ
        | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8000:]
    if DISTRIBUTIONS not in os.environ:
        keep(role, scenario)


def _assert_is_linted(role: str, scenario: str) -> None:
    """`make lint` leaves scenarios out: ansible-lint has Ansible read each of their hundred playbooks, which takes minutes."""
    programs = Path(sys.executable).parent
    done = subprocess.run(
        (
            programs / "ansible-lint",
            "--offline",
            "--profile",
            "production",
            ROLES / role / "molecule" / scenario,
        ),
        cwd=ROLES.parent,
        env=os.environ | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
