"""Run one molecule scenario of one role to its end."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from _pytest.mark.structures import ParameterSet

from tests.molecule.fingerprint import UBUNTU, changed, folder, keep

ROLES = Path(__file__).parents[2] / "roles"
DISTRIBUTIONS = "SCENARIO_DISTRIBUTIONS"
"""The variable of the environment that says which hosts a scenario has, as .config/molecule reads it. Set for the tests, it
holds for all of them: `SCENARIO_DISTRIBUTIONS="debian-12 debian-13" make test`."""

ONE = {"default": "debian-12", "alternative": "debian-13", UBUNTU: "ubuntu-24.04"}
"""So each role meets both releases of Debian and an Ubuntu. Nearly all of a scenario's time goes into the modules that Ansible
runs on its hosts."""

OTHER_UBUNTUS = "ubuntu-22.04 ubuntu-26.04"
"""With these `make test-deep` runs what is run on an Ubuntu, once more."""

BOTH = "debian-12 debian-13"
BOUND = (
    *(
        (role, scenario)
        for role in ("conda", "cuda", "ml_env", "nginx")
        for scenario in ("default", "alternative")
    ),
    ("container_toolkit", "default"),
    ("nvidia_driver", "alternative"),
)
"""Scenarios that do something else on each release, take the Python of the other, or need a neighbour who has another address:
they have a host of each. Role nvidia_driver's compiles the real driver on each of its hosts, which takes minutes."""

NEIGHBOUR = "debian-13"
WITH_NEIGHBOUR = ("conda", "nginx")
"""Roles whose scenario needs that one beside the Ubuntu, for the same reasons."""

TIMEOUT_S = 3600
"""The longest compiles the real driver for two distributions; on two busy cores it has taken 49 minutes."""

KINDS = {
    "environments": ("conda", "datasets", "ml_env", "notebooks"),
    "machine": (
        "base",
        "container_toolkit",
        "cuda",
        "firewall",
        "gpu_telemetry",
        "gpu_leases",
        "gpuhost",
        "lifetime",
        "nvidia_driver",
        "recheck",
        "ssh_server",
    ),
    "monitoring": ("gpu_exporter", "prometheus", "zabbix_agent", "zabbix_server"),
    "cluster": ("nfs", "slurm"),
    "services": ("host_page", "nginx", "vnc"),
}
"""The roles by what they are about. A file for each kind, because files are what is run side by side."""


def scenarios_of(kind: str) -> list[ParameterSet]:
    """Role, scenario and distributions, for the roles of a kind."""
    again = [
        pytest.param(
            role,
            UBUNTU,
            _with_neighbour(role, OTHER_UBUNTUS),
            marks=pytest.mark.deep,
            id=f"{role}-other-ubuntus",
        )
        for role in KINDS[kind]
    ]
    return [_parameters(role, scenario, pytest.mark.deep) for scenario in ONE for role in KINDS[kind]] + again


def heavy_scenarios() -> list[ParameterSet]:
    """Role, scenario and distributions, for the roles that install gigabytes in one."""
    found = sorted(path.parts[-4] for path in ROLES.glob("*/molecule/heavy/molecule.yml"))
    return [_parameters(role, "heavy", pytest.mark.heavy) for role in found]


def _parameters(role: str, scenario: str, mark: pytest.MarkDecorator) -> ParameterSet:
    """With mark `changed` where it has to pass again before anything lands."""
    again = [pytest.mark.changed] if changed(role, scenario) else []
    return pytest.param(
        role, scenario, _distributions(role, scenario), marks=[mark, *again], id=f"{role}-{scenario}"
    )


def _distributions(role: str, scenario: str) -> str:
    if (role, scenario) in BOUND or scenario not in ONE:
        return BOTH
    return _with_neighbour(role, ONE[scenario]) if scenario == UBUNTU else ONE[scenario]


def _with_neighbour(role: str, distributions: str) -> str:
    return f"{NEIGHBOUR} {distributions}" if role in WITH_NEIGHBOUR else distributions


def assert_passes(role: str, scenario: str, distributions: str) -> None:
    """Fails with the end of what molecule printed. That it passed on the hosts that it is meant for is written down."""
    own = folder(role, scenario)
    _assert_is_linted(own)
    programs = Path(sys.executable).parent  # molecule looks for ansible-playbook on PATH
    done = subprocess.run(
        (programs / "molecule", "test", "--scenario-name", own.name),
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
    if DISTRIBUTIONS not in os.environ and distributions == _distributions(role, scenario):
        keep(role, scenario)


def _assert_is_linted(own: Path) -> None:
    """`make lint` leaves scenarios out: ansible-lint has Ansible read each of their hundred playbooks, which takes minutes."""
    programs = Path(sys.executable).parent
    done = subprocess.run(
        (
            programs / "ansible-lint",
            "--offline",
            "--profile",
            "production",
            own,
        ),
        cwd=ROLES.parent,
        env=os.environ | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
