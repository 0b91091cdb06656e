"""Whose the processes on a card are, as /proc tells."""

import os
import pwd
import signal
import subprocess
import time
from pathlib import Path

import pytest

from gpuhost.telemetry.collect.processes import command, unit
from gpuhost.telemetry.snapshot import COMPUTE, GRAPHICS
from tests.nvml.library import compiled, state
from tests.unit.gpuhost.telemetry.stand_in import collected, l40s

NOBODY = 4_194_300
"""A process number that Linux does not give."""


def test_a_process_is_told_with_its_user_program_and_age(library: Path, tmp_path: Path) -> None:
    with subprocess.Popen(("sleep", "60")) as sleeper:
        pids = f"compute {sleeper.pid}:8589934592 {os.getpid()}:-"
        (snapshot,) = collected(library, tmp_path, state(l40s(0, pids)), root=Path("/"))
        sleeper.kill()
    found = {process.pid: process for process in snapshot.cards[0].processes}
    told = found[sleeper.pid]
    assert (told.kind, told.memory_bytes, told.command) == (COMPUTE, 2**33, "sleep")
    assert (told.user, told.uid) == (pwd.getpwuid(os.getuid()).pw_name, os.getuid())
    assert told.state in {"S", "R"}
    assert told.started_at == pytest.approx(time.time(), abs=30)
    assert found[os.getpid()].memory_bytes is None, "the driver does not say, as under WSL"


def test_a_process_that_is_not_to_be_seen_from_here_has_a_number_alone(library: Path, tmp_path: Path) -> None:
    (snapshot,) = collected(library, tmp_path, state(l40s(0, f"compute {NOBODY}")), root=Path("/"))
    (told,) = snapshot.cards[0].processes
    assert (told.pid, told.user, told.uid, told.command, told.started_at, told.state) == (
        *(NOBODY, "", None, ""),
        *(None, ""),
    )


def test_one_that_computes_and_draws_is_listed_once(library: Path, tmp_path: Path) -> None:
    both = state(l40s(0, f"graphics {NOBODY} {NOBODY - 1}", f"compute {NOBODY}", f"mps {NOBODY - 2}"))
    (snapshot,) = collected(library, tmp_path, both)
    told = [(process.pid, process.kind) for process in snapshot.cards[0].processes]
    assert told == [(NOBODY - 2, COMPUTE), (NOBODY - 1, GRAPHICS), (NOBODY, COMPUTE)]


def test_an_old_driver_is_asked_in_the_form_that_it_knows(tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.mkdir()
    library = compiled(old, without="nvmlDeviceGetComputeRunningProcesses_v3")
    first, second = collected(library, tmp_path, *[state(l40s(0, f"compute {NOBODY}"))] * 2)
    assert [process.pid for each in (first, second) for process in each.cards[0].processes] == [NOBODY] * 2


def test_a_process_that_stops_is_seen_to_have_stopped(library: Path, tmp_path: Path) -> None:
    with subprocess.Popen(("sleep", "60")) as sleeper:
        sleeper.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, sleeper.pid, os.WSTOPPED)
        (snapshot,) = collected(library, tmp_path, state(l40s(0, f"compute {sleeper.pid}")), root=Path("/"))
        sleeper.kill()
    assert snapshot.cards[0].processes[0].state == "T"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"/usr/bin/python3.11\0-u\0/home/ada/train.py\0--token=secret\0", "python3.11 train.py"),
        (b"python\0-m\0torch.distributed.run\0--nproc=2\0", "python -m torch.distributed.run"),
        (b"python\0-c\0import os; key = 'secret'\0", "python -c"),
        (b"python3\0", "python3"),
        (b"/usr/lib/xorg/Xorg\0:0\0-auth\0/run/x\0", "Xorg"),
        (b"nginx: worker process\0", "nginx:"),
        (b"/opt/tool\0--password\0secret\0", "tool"),
        (b"", "kworker/0:1"),
        (b"\0\0", "kworker/0:1"),
        (b" \0x\0", " "),
    ],
)
def test_of_a_command_line_only_the_program_is_told(line: bytes, expected: str) -> None:
    assert command(line, b"kworker/0:1\n") == expected


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ("0::/system.slice/orchestrate-run-7.service\n", "orchestrate-run-7.service"),
        ("0::/user.slice/user-1000.slice/session-3.scope\n", "session-3.scope"),
        ("0::/user.slice/user-1000.slice/user@1000.service/app.slice/jupyter.service\n", "jupyter.service"),
        ("0::/system.slice/docker-4f.scope/inner\n", "docker-4f.scope"),
        ("5:devices:/system.slice/a.service\n1:name=systemd:/system.slice/b.service\n", "b.service"),
        ("0::/\n", ""),
        ("odd\n", ""),
        ("", ""),
    ],
)
def test_the_unit_is_the_innermost_one(groups: str, expected: str) -> None:
    assert unit(groups) == expected
