"""What a host's answer means, and whether the probe runs as it is sent: from memory, on this computer."""

import base64
import json
import platform
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from orchestrator.computer.content import collection_dir
from orchestrator.computer.zipapp import build_zipapp
from orchestrator.errors import (
    GarbledAnswerError,
    HostNotReadyError,
    NoisyLoginError,
    PythonMissingError,
    SudoRefusedError,
)
from orchestrator.models import Connection, HostFacts
from orchestrator.remote import memory, shell_of
from orchestrator.stages.preflight import InstallPaths, install_paths
from orchestrator.stages.preflight.probe import PROGRAM, facts_from
from tests.unit.builders import completed, host
from tests.unit.stages.preflight.situations import READY

SAID = json.dumps({name: value for name, value in asdict(READY).items() if name != "host"})


@pytest.mark.parametrize("stdout", [SAID, f"{SAID}\n", f"Welcome to lab-1!\n{{today: soup}}\n{SAID}\n"])
def test_the_facts_are_the_last_line(stdout: str) -> None:
    assert facts_from(host(), completed(stdout)) == READY


@pytest.mark.parametrize(
    "stdout",
    [
        "",
        "Welcome!",
        "[]",
        "17",
        "{}",
        SAID[:100],
        SAID.replace('"memory_mib": 15883', '"memory_mib": "much"'),
    ],
)
def test_another_answer_is_shown(stdout: str) -> None:
    with pytest.raises(GarbledAnswerError, match=r"^lab-1 answered ") as raised:
        facts_from(host(), completed(stdout))
    assert raised.value.hint.startswith("see that `ssh 127.0.0.1 true` prints nothing")


def test_a_login_shell_that_prints_behind_every_command_is_refused_before_ansible_stumbles_over_it() -> None:
    with pytest.raises(NoisyLoginError, match="prints 'bye' behind every command") as raised:
        facts_from(host(), replace(completed(SAID), behind="bye"))
    assert raised.value.hint.startswith("on lab-1: take the `trap … EXIT` out of ~/.bashrc")


@pytest.mark.parametrize(
    ("stderr", "exit_code", "error", "cause"),
    [
        (
            "sudo: a password is required\n",
            1,
            SudoRefusedError,
            "admin cannot become root there: sudo: a password",
        ),
        (
            "admin is not in the sudoers file.\n",
            1,
            SudoRefusedError,
            "admin cannot become root there: admin is not in the sudoers",
        ),
        (
            "sudo: sorry, you must have a tty to run sudo\n",
            1,
            SudoRefusedError,
            "sudo there runs on terminals alone (`requiretty`)",
        ),
        ("there is no sudo\n", 1, SudoRefusedError, "admin cannot become root there: there is no sudo"),
        ("sudo: python3: command not found\n", 1, PythonMissingError, "has no Python"),
        ("sh: 2: exec: python3: not found\n", 127, PythonMissingError, "has no Python"),
        ("too old: 3.6.9\n", 1, PythonMissingError, "has Python 3.6.9, and 3.9 is the oldest"),
        (
            "Traceback …\nPermissionError: [Errno 13]\n",
            1,
            GarbledAnswerError,
            "could not say what it is: Permission",
        ),
        ("", 137, GarbledAnswerError, "could not say what it is: exit code 137"),
    ],
)
def test_each_refusal_has_its_name(
    stderr: str, exit_code: int, error: type[HostNotReadyError], cause: str
) -> None:
    with pytest.raises(error) as raised:
        facts_from(host(), completed(exit_code=exit_code, stderr=stderr))
    assert f"lab-1: {cause}" in raised.value.cause or f"lab-1 {cause}" in raised.value.cause
    assert raised.value.hint


@pytest.mark.parametrize("said", ["a password is required", "sorry, you must have a tty to run sudo"])
def test_a_remedy_for_sudo_leaves_files_alone_that_are_there(said: str, tmp_path: Path) -> None:
    """visudo is played by its editor: what stands there stays, and the line comes behind it."""
    with pytest.raises(SudoRefusedError) as raised:
        facts_from(host(), completed(exit_code=1, stderr=f"sudo: {said}"))
    typed = raised.value.hint.removeprefix("on lab-1: ").partition("; or set")[0]
    rules, programs = tmp_path / "90-orchestrate", tmp_path / "bin"
    programs.mkdir()
    rules.write_text("alice ALL=(ALL) ALL\n")
    (programs / "sudo").write_text(
        f'#!/bin/sh\nexport "$1"; [ "$2 $3 $4" = \'visudo -f /etc/sudoers.d/90-orchestrate\' ] && exec $EDITOR {rules}\n'
    )
    (programs / "sudo").chmod(0o755)
    subprocess.run(
        ("sh", "-c", typed),
        check=True,
        capture_output=True,
        timeout=30,
        env={"PATH": f"{programs}:/usr/bin:/bin"},
    )
    kept, added = rules.read_text().splitlines()
    assert kept == "alice ALL=(ALL) ALL"
    assert "admin" in added


def test_the_program_runs_from_memory_and_says_what_this_computer_is() -> None:
    """With the rights of whoever runs the test: only what any computer has is known."""
    here = host(connection=Connection.LOCAL)
    program = base64.b64encode(build_zipapp(collection_dir(), *PROGRAM, main="gpuhost.__main__")).decode()
    argv = (sys.executable, "-I", "-c", memory.FROM_MEMORY, "probe", *InstallPaths().patterns)
    facts = facts_from(here, shell_of(here, key=None).run(argv, stdin=program))
    assert facts.host == "lab-1"
    assert facts.python == ".".join(map(str, sys.version_info[:3]))
    assert facts.kernel == platform.release()
    assert facts.memory_mib > 500
    assert "/" in facts.disk_free_mib


def test_the_program_is_the_same_bytes_for_the_same_sources() -> None:
    assert build_zipapp(collection_dir(), *PROGRAM, main="gpuhost.__main__") == build_zipapp(
        collection_dir(), *PROGRAM, main="gpuhost.__main__"
    )


def test_an_old_python_is_told_from_a_broken_one() -> None:
    older = memory.FROM_MEMORY.replace(str(memory.OLDEST_PYTHON), "(9, 0)")
    ended = subprocess.run(
        (sys.executable, "-I", "-c", older), capture_output=True, text=True, check=False, timeout=30
    )
    with pytest.raises(PythonMissingError, match=r"has Python 3\."):
        facts_from(host(), completed(exit_code=ended.returncode, stderr=ended.stderr))


def test_the_places_are_those_of_the_roles_variables() -> None:
    assert install_paths({}) == InstallPaths()
    moved = install_paths({"ml_env_root": "/data/envs", "conda_prefix": "/data/conda"})
    assert "/data/envs/*/environment.json" in moved.patterns
    assert moved.environment(twin=True) == "/data/envs/default-cpu/environment.json"
    assert "/data/conda" in moved.patterns


def test_facts_have_one_value_for_each_field_of_the_probe() -> None:
    assert set(json.loads(SAID)) == set(HostFacts.__dataclass_fields__) - {"host"}
