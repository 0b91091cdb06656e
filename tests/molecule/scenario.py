"""Run one molecule scenario of one role to its end."""

import os
import subprocess
import sys
from pathlib import Path

ROLES = Path(__file__).parents[2] / "roles"
TIMEOUT_S = 3600
"""The longest compiles the real driver for two distributions; on two busy cores it has taken 49 minutes."""


KINDS = {
    "environments": ("conda", "datasets", "ml_env", "notebooks"),
    "machine": ("base", "cuda", "firewall", "lifetime", "nvidia_driver", "ssh_server"),
    "services": ("host_page", "nginx", "vnc"),
}
"""The roles by what they are about. A file for each kind, because files are what is run side by side."""


def scenarios_of(kind: str) -> list[tuple[str, str]]:
    """Role and scenario, for the roles of a kind."""
    return [(role, scenario) for role in KINDS[kind] for scenario in ("default", "alternative")]


def roles_with(scenario: str) -> list[str]:
    """Names of the roles that have this scenario."""
    return sorted(path.parts[-4] for path in ROLES.glob(f"*/molecule/{scenario}/molecule.yml"))


def assert_passes(role: str, scenario: str) -> None:
    """Fails with the end of what molecule printed."""
    programs = Path(sys.executable).parent  # molecule looks for ansible-playbook on PATH
    done = subprocess.run(
        (programs / "molecule", "test", "--scenario-name", scenario),
        cwd=ROLES / role,
        env=os.environ | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8000:]
