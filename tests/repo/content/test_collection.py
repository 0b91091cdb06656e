"""The collection is built from this checkout, and what is installed from it is found elsewhere by its full names."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from ansible_collections.orchestrate.gpu.plugins.action.gpuhost import packed

from tests.repo.content.roles import roles
from tests.repo.tree import ROOT, files_under

PROGRAMS = Path(sys.executable).parent
PLUGINS = "collections/ansible_collections/orchestrate/gpu/plugins"
MODULES = sorted(
    path.stem for path in files_under("collections", suffix=".py") if path.parent.name == "modules"
)
PLAYBOOK = """\
- name: Set up a host of somebody else
  hosts: all
  gather_facts: true
  roles:
    - role: orchestrate.gpu.base
    - role: orchestrate.gpu.datasets
      vars:
        datasets_names: [mnist]
        datasets_source: origin
"""
PROGRAM = """\
- name: Say what would be installed
  hosts: localhost
  gather_facts: false
  tasks:
    - name: Pack the program
      orchestrate.gpu.gpuhost:
"""


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with nothing of ours but the installed collection."""
    folder = tmp_path_factory.mktemp("elsewhere")
    run(str(ROOT / "tools/collection"), "build", str(folder), cwd=ROOT)
    (built,) = folder.glob("orchestrate-gpu-*.tar.gz")
    run(
        "ansible-galaxy",
        "collection",
        "install",
        "--offline",
        "-p",
        str(folder / "collections"),
        str(built),
        cwd=folder,
    )
    return folder


def run(program: str, *arguments: str, cwd: Path) -> str:
    """What the program prints; it has to succeed."""
    done = subprocess.run(
        (program if "/" in program else str(PROGRAMS / program), *arguments),
        cwd=cwd,
        env={
            "PATH": f"{PROGRAMS}:/usr/bin:/bin",
            "HOME": str(cwd),
            "ANSIBLE_COLLECTIONS_PATH": str(cwd / "collections"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_collection_has_the_version_of_the_project() -> None:
    galaxy = yaml.safe_load((ROOT / PLUGINS).parent.joinpath("galaxy.yml").read_text(encoding="utf-8"))
    assert f'\nversion = "{galaxy["version"]}"\n' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_the_installed_collection_holds_the_roles_and_no_scenario(elsewhere: Path) -> None:
    installed = elsewhere / "collections/ansible_collections/orchestrate/gpu"
    assert {path.name for path in (installed / "roles").iterdir()} == {role.name for role in roles()}
    assert not list(installed.glob("roles/*/molecule"))
    assert not [path for path in installed.rglob("*") if path.is_symlink()]


def test_somebody_elses_playbook_finds_the_roles_and_their_modules(elsewhere: Path) -> None:
    (elsewhere / "playbook.yml").write_text(PLAYBOOK, encoding="utf-8")
    listed = run("ansible-playbook", "-i", "host,", "--list-tasks", "playbook.yml", cwd=elsewhere)
    assert "orchestrate.gpu.datasets : Store, verify and link the data sets" in listed


def test_the_installed_collection_packs_the_very_program_that_the_checkout_does(elsewhere: Path) -> None:
    (elsewhere / "program.yml").write_text(PROGRAM, encoding="utf-8")
    said = run(
        "ansible-playbook", "-vv", "--check", "-i", "localhost,", "-c", "local", "program.yml", cwd=elsewhere
    )
    assert hashlib.sha256(packed()).hexdigest() in said


def test_every_module_and_role_is_documented(elsewhere: Path) -> None:
    said = run("ansible-doc", "--json", *(f"orchestrate.gpu.{name}" for name in MODULES), cwd=elsewhere)
    for name, documented in json.loads(said).items():
        assert documented["doc"]["short_description"], name
        assert documented["examples"], name
        assert documented["return"], name
    listed = json.loads(
        run("ansible-doc", "--json", "-t", "role", "--list", "orchestrate.gpu", cwd=elsewhere)
    )
    assert set(listed) == {f"orchestrate.gpu.{role.name}" for role in roles()}
