"""The modules of the environments and of the data sets, called as Ansible calls them: what they answer, and what check mode leaves."""

import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.orchestrate.gpu.plugins.module_utils import keras_datasets, running
from ansible_collections.orchestrate.gpu.plugins.module_utils.system import programs

from tests.unit.roles.installers import installer
from tests.unit.roles.test_ml_env_builds import finished

MODULES = "ansible_collections.orchestrate.gpu.plugins.modules"

Call = Callable[..., dict[str, Any]]


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Calls a module with its parameters in check mode, and returns its answer."""
    monkeypatch.setattr(running, "LOCKS", tmp_path)

    def called(name: str, given: dict[str, Any]) -> dict[str, Any]:
        module = importlib.import_module(f"{MODULES}.{name}")
        with patch_module_args(given | {"_ansible_check_mode": True}), pytest.raises(SystemExit):
            module.main()
        answer: dict[str, Any] = json.loads(capsys.readouterr().out)
        return answer

    return called


def test_miniforge_says_what_it_would_do(tmp_path: Path, call: Call) -> None:
    own = installer(tmp_path, "1")
    answer = call(
        "miniforge",
        {
            "prefix": str(tmp_path / "conda"),
            "installer_url": own["address"],
            "installer_checksum": f"sha256:{own['sha256']}",
            "shell_file": str(tmp_path / "conda.sh"),
            "program_link": str(tmp_path / "link"),
            "environments": [{"name": "a", "packages": ["python"]}],
        },
    )
    assert answer["changed"]
    assert answer["installs"]
    assert answer["done"][-1] == "a: there was none"
    assert answer["diff"]["prepared"].splitlines() == answer["done"]
    assert not (tmp_path / "conda").exists()


def test_environments_that_would_be_removed_are_named_and_stay(tmp_path: Path, call: Call) -> None:
    finished(tmp_path / "envs/default", "tiny-1.0")
    answer = call("python_env", {"root": str(tmp_path / "envs"), "state": "absent"})
    assert answer["done"] == [f"removed {tmp_path}/envs/default"]
    assert (tmp_path / "envs/default").exists()


def test_a_refusal_says_what_was_seen_and_what_to_do(tmp_path: Path, call: Call) -> None:
    (tmp_path / "default/bin").mkdir(parents=True)
    environment = {"folder": str(tmp_path / "default"), "requirements": ["six"], "builder": "venv"}
    answer = call("python_env", {"environments": [environment]})
    assert answer["failed"]
    assert answer["msg"].startswith(f"{tmp_path}/default is there and was not made by this role\n  try: ")


def test_a_root_is_needed_to_remove_environments(call: Call) -> None:
    assert "root" in call("python_env", {"state": "absent"})["msg"]


def test_data_sets_that_are_missing_are_named(
    tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keras_datasets, "SKELETON", tmp_path / "skel")
    file = {"name": "boots.npz", "sha256": "00"}
    boots = {"name": "boots", "source": "origin", "base": "http://127.0.0.1:9", "files": [file]}
    answer = call("keras_datasets", {"root": str(tmp_path / "data"), "datasets": [boots]})
    assert answer["done"][0] == f"stored {tmp_path}/data/boots/boots.npz"
    assert not (tmp_path / "data").exists()


def test_jupyter_names_the_kernel_that_notebooks_will_open_with(tmp_path: Path, call: Call) -> None:
    answer = call(
        "jupyter",
        {
            "root": str(tmp_path / "notebooks"),
            "requirements": ["jupyterlab"],
            "constraints": "",
            "environments_root": str(tmp_path / "envs"),
            "environment": "default",
        },
    )
    assert answer["done"] == ["Jupyter: there was none"]
    assert (answer["kernel"], answer["build"]) == ("default", "")


def test_removing_jupyter_needs_no_more_than_its_places(tmp_path: Path, call: Call) -> None:
    (tmp_path / "notebooks/share/jupyter/kernels").mkdir(parents=True)
    given = {
        "root": str(tmp_path / "notebooks"),
        "state": "absent",
    }
    assert call("jupyter", given)["done"] == ["the kernels"]
    assert (tmp_path / "notebooks/share").exists()
    assert "requirements" in call("jupyter", given | {"state": "present"})["msg"]


def test_a_run_that_waits_too_long_for_another_says_so(
    tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "LOCK_TIMEOUT_S", 0.0)
    with running.locked("ml_env"):
        answer = call("python_env", {"root": str(tmp_path), "state": "absent"})
    assert answer["failed"]
    assert "another run has held" in answer["msg"]


def test_what_a_module_starts_holds_its_lock_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "LOCKS", tmp_path)
    with running.locked("packages"):
        opened = programs.succeed(("readlink", "-f", *map(str, Path("/proc/self/fd").iterdir())), "")
    assert str(tmp_path / "packages.lock") in opened.splitlines()


def test_a_program_that_is_not_there_is_named() -> None:
    with pytest.raises(
        running.HostError, match=r"no-such-program failed: no-such-program is not there\n  try: get it"
    ):
        programs.succeed(("no-such-program",), "get it")
