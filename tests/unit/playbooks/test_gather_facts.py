"""The playbooks alone on hosts that Ansible cannot ask anything: what is said, and what to type next. Played on this computer."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PLAYBOOK = str(Path(sys.executable).with_name("ansible-playbook"))
BECOME = "ansible_become_user=operator ansible_become_exe={folder}/{name}"
HOSTS = {
    "bare": "ansible_become=false ansible_python_interpreter=/nowhere/python3",
    "old": "ansible_become=false ansible_python_interpreter={folder}/python3.7",
    "terminal": BECOME.format(folder="{folder}", name="requiretty"),
    "without": BECOME.format(folder="/nowhere", name="sudo"),
    "locked": BECOME.format(folder="{folder}", name="sudo"),
    "rust": BECOME.format(folder="{folder}", name="sudo-rs"),
}
"""Name in the inventory, and what stands behind it there."""
PROGRAMS = {
    "python3.7": "echo 'ansible-core requires a minimum of Python version 3.8. Current version: 3.7.3'",
    "requiretty": "echo 'sudo: sorry, you must have a tty to run sudo' >&2",
    "sudo": "echo 'sudo: a password is required' >&2",
    "sudo-rs": "echo 'sudo: interactive authentication is required' >&2",
}
SAID = {
    "bare": (
        "bare has no Python at /nowhere/python3, which Ansible needs there",
        "`ansible bare -i {inventory} --become -m ansible.builtin.raw -a 'apt-get update && apt-get install --yes python3'`",
    ),
    "old": ("old has Python 3.7.3, and Ansible needs 3.8", "give old a distribution that has it"),
    "terminal": (
        "terminal: sudo there runs on terminals alone (`requiretty`)",
        "echo 'Defaults:admin !requiretty' | sudo EDITOR='tee -a' visudo -f /etc/sudoers.d/90-orchestrate",
    ),
    "without": ("without has no sudo, and admin is not root there", "ansible_become_method: su"),
    "locked": (
        "locked: admin cannot become root there: the password of sudo is asked for, and none was given",
        "repeat it with --ask-become-pass",
    ),
    "rust": (
        "rust: admin cannot become root there: the password of sudo",
        "repeat it with --ask-become-pass",
    ),
}


@pytest.fixture(scope="module")
def inventory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lab")
    for name, line in PROGRAMS.items():
        (folder / name).write_text(f"#!/bin/sh\n{line}\nexit 1\n")
        (folder / name).chmod(0o755)
    path = folder / "hosts.ini"
    lines = (f"{name} {variables.format(folder=folder)}" for name, variables in HOSTS.items())
    path.write_text(
        "\n".join(
            (
                "[all]",
                *lines,
                "[all:vars]",
                "ansible_connection=local",
                "ansible_pipelining=true",
                "ansible_user=admin\n",
            )
        )
    )
    return path


@pytest.fixture(scope="module")
def printed(inventory: Path) -> str:
    """What a play for all of them prints, in one line."""
    done = subprocess.run(
        # A tag that no task has: whatever goes wrong here, no role is applied to this computer.
        (PLAYBOOK, "-i", str(inventory), "--tags", "nothing", "playbooks/site.yml"),
        cwd=ROOT,
        env=os.environ | {"ANSIBLE_NOCOLOR": "1", "COLUMNS": "400"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 2, done.stdout + done.stderr
    return " ".join(f"{done.stdout}\n{done.stderr}".split())


@pytest.mark.parametrize("host", HOSTS)
def test_a_host_that_cannot_be_asked_is_told_with_the_way_out(
    inventory: Path, printed: str, host: str
) -> None:
    cause, hint = SAID[host]
    assert cause in printed
    assert hint.format(inventory=inventory) in printed


def test_what_ansible_printed_itself_is_left_out(printed: str) -> None:
    assert "No start of json char found" not in printed
    assert "The following modules failed to execute" not in printed
