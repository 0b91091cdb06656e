"""Every molecule scenario of every role, so that one pytest run covers them with all the rest."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCENARIOS = sorted((Path(__file__).parents[2] / "roles").glob("*/molecule/*/molecule.yml"))

TIMEOUT_S = 1800
"""The longest, a training environment on two distributions, takes a sixth of that on two cores."""


@pytest.mark.containers
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda path: f"{path.parts[-4]}-{path.parts[-2]}")
def test_the_scenario_passes(scenario: Path) -> None:
    programs = Path(sys.executable).parent  # molecule looks for ansible-playbook on PATH
    done = subprocess.run(
        (programs / "molecule", "test", "--scenario-name", scenario.parent.name),
        cwd=scenario.parents[2],
        env=os.environ | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8000:]
