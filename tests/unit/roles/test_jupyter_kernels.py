"""Kernels of environments that have no ipykernel: how they are started, and what their files say."""

import json
import os
import subprocess
import sys
from pathlib import Path

from ansible_collections.orchestrate.gpu.plugins.module_utils.jupyter import kernels, state
from ansible_collections.orchestrate.gpu.plugins.module_utils.jupyter.kernels import Environment, Workshop


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
