"""Kernels of environments that have no ipykernel: how they are started, and what their files say."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils.commands import BuildError
from ansible_collections.orchestrate.gpu.plugins.module_utils.jupyter import kernels, state
from ansible_collections.orchestrate.gpu.plugins.module_utils.jupyter.kernels import Environment, Workshop

from orchestrator.catalog import load
from tests.unit.roles.role_variables import ROLES, role_variable


def test_a_kernel_starts_from_the_folder_beside_and_the_environments_own_packages_come_first(
    tmp_path: Path,
) -> None:
    for name, text in (
        ("ipykernel_launcher", "import sys, json\nprint(json.dumps(sys.argv[1:]))\n"),
        ("json", ""),
    ):
        (tmp_path / f"{name}.py").write_text(text)
    started = subprocess.run(
        (sys.executable, "-c", kernels.LAUNCH, str(tmp_path), "-f", "connection"),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(started.stdout) == ["-f", "connection"]


def test_a_kernel_is_missing_until_it_is_as_wanted_and_goes_with_its_environment(tmp_path: Path) -> None:
    workshop = Workshop(root=tmp_path)
    one = Environment(folder=tmp_path / "envs/default", version="3.12", registered="")
    assert kernels.bring_about(workshop, [one], write=False) == [
        "ipykernel for Python 3.12",
        "kernel default",
    ]
    spec = workshop.specs / "default/kernel.json"
    spec.parent.mkdir(parents=True)
    spec.write_text(kernels._spec(workshop, one))
    assert kernels.bring_about(workshop, [one], write=False) == ["ipykernel for Python 3.12"]
    assert json.loads(spec.read_text())["argv"][:3] == [str(one.folder / "bin/python"), "-c", kernels.LAUNCH]
    assert kernels.bring_about(workshop, [], write=False) == ["kernel default, which goes"]


def test_environments_are_shown_from_the_oldest_python_on_that_the_pins_have_builds_for(
    tmp_path: Path,
) -> None:
    for name in ("3.9", "3.10", "3.14"):
        (tmp_path / f"envs/{name}/bin").mkdir(parents=True)
        (tmp_path / f"envs/{name}/bin/python").touch()
        (tmp_path / f"envs/{name}/lib/python{name}").mkdir(parents=True)
    given = {
        "root": str(tmp_path / "notebooks"),
        "requirements": [],
        "constraints": "",
        "environments_root": str(tmp_path / "envs"),
        "registered_kernels": str(tmp_path / "registered"),
        "environment": "3.9",
    }
    shown = {
        oldest: [one.version for one in state.wish_of({**given, "oldest_python": oldest}).environments]
        for oldest in ("3.10", "3.11")
    }
    assert shown == {"3.10": ["3.10", "3.14"], "3.11": ["3.14"]}
    with pytest.raises(BuildError, match=r"there is: 3\.10, 3\.14") as refused:
        state.default_kernel(state.wish_of({**given, "oldest_python": "3.10"}), forgiving=False)
    assert "a Python older than 3.10 needs `kernel`" in str(refused.value)


def test_there_are_pins_for_the_python_of_each_distribution() -> None:
    files = role_variable("notebooks", "__notebooks_constraints", {}, {})
    pythons = {one.python for one in load().distributions}
    assert {"3.10", "3.14"} <= pythons <= files.keys()
    for name in set(files.values()):
        text = (ROLES / "notebooks/files" / name).read_text()
        pins = [line for line in text.splitlines() if not line.startswith("#")]
        assert all(re.fullmatch(r"[a-z0-9-]+==\S+", line) for line in pins)
        assert {"jupyterlab", "tensorboard", "jupyterhub", "ipykernel"} <= {
            pin.partition("==")[0] for pin in pins
        }


def test_jupyter_built_anew_is_another_build(tmp_path: Path) -> None:
    wish = state.Wish(
        workshop=Workshop(root=tmp_path),
        requirements=(),
        environments=(),
        environment="default",
        environments_root=tmp_path,
    )
    assert state.build(wish) == ""
    record = wish.lab / "environment.json"
    record.parent.mkdir()
    record.touch()
    os.utime(record, ns=(1, 1))
    first = state.build(wish)
    assert first == state.build(wish)
    os.utime(record, ns=(2, 2))
    assert state.build(wish) != first
