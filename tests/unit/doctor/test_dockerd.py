"""Starting a daemon beside what a killed one left behind. Real processes and sockets, in a folder of their own."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from orchestrator.doctor.dockerd import Daemon, clear_leftovers, start_daemon
from orchestrator.errors import EngineMissingError
from orchestrator.waiting import NotYet, wait_for

LISTENER = """
import os, pathlib, signal, socket, sys
pathlib.Path(sys.argv[1]).write_text(str(os.getpid()))
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[2])
server.listen()
signal.pause()
"""


def daemon_in(folder: Path, *argv: str) -> Daemon:
    return Daemon(
        argv=argv or ("true",),
        log=folder / "log",
        pid_file=folder / "docker.pid",
        containerd_pid_file=folder / "containerd.pid",
        sockets=(folder / "containerd.sock", folder / "docker.sock"),
    )


@contextmanager
def process_named(name: str, folder: Path) -> Iterator[int]:
    """A process that calls itself `name`."""
    program = folder / name
    shutil.copy(Path("/bin/sleep").resolve(), program)

    def bears_its_name() -> bool | NotYet:
        seen = Path(f"/proc/{process.pid}/comm").read_text(encoding="utf-8").strip()
        return True if seen == name else NotYet(seen)

    with subprocess.Popen((str(program), "60")) as process:
        try:
            wait_for("the process's name", bears_its_name, timeout_s=5)
            yield process.pid
        finally:
            process.kill()


def left_over_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


def test_marks_of_dead_daemons_are_removed_and_said(tmp_path: Path) -> None:
    daemon = daemon_in(tmp_path)
    daemon.pid_file.write_text(str(os.getpid()), encoding="ascii")  # alive, and no dockerd
    daemon.containerd_pid_file.write_text("", encoding="ascii")  # killed while it wrote
    for path in daemon.sockets:
        left_over_socket(path)
    said: list[str] = []
    clear_leftovers(daemon, said.append)
    assert list(tmp_path.iterdir()) == []
    assert len(said) == 4


def test_marks_of_living_daemons_stay(tmp_path: Path) -> None:
    daemon = daemon_in(tmp_path)
    with (
        process_named("dockerd", tmp_path) as dockerd,
        process_named("containerd", tmp_path) as containerd,
        socket.socket(socket.AF_UNIX) as server,
    ):
        daemon.pid_file.write_text(f"{dockerd}\n", encoding="ascii")
        daemon.containerd_pid_file.write_text(str(containerd), encoding="ascii")
        server.bind(str(daemon.sockets[0]))
        server.listen()
        said: list[str] = []
        clear_leftovers(daemon, said.append)
        assert said == []
        assert daemon.pid_file.exists()


def test_a_daemon_is_started_and_awaited(tmp_path: Path) -> None:
    address = tmp_path / "docker.sock"
    daemon = daemon_in(tmp_path, sys.executable, "-c", LISTENER, str(tmp_path / "docker.pid"), str(address))

    def look() -> str:
        with socket.socket(socket.AF_UNIX) as client:
            return "nobody listens" if client.connect_ex(str(address)) else ""

    start_daemon(daemon, look, lambda _line: None)
    pid = int(daemon.pid_file.read_text(encoding="ascii"))
    assert os.getsid(pid) == pid, "it must outlive the terminal"
    os.kill(pid, signal.SIGKILL)


def test_a_daemon_that_runs_is_awaited_and_not_started_again(tmp_path: Path) -> None:
    daemon = daemon_in(tmp_path, "a-program-that-does-not-exist")
    with process_named("dockerd", tmp_path) as pid:
        daemon.pid_file.write_text(str(pid), encoding="ascii")
        answers = iter(["not yet", ""])
        start_daemon(daemon, lambda: next(answers), lambda _line: None)


def test_a_daemon_that_was_just_killed_is_not_waited_for(tmp_path: Path) -> None:
    daemon = daemon_in(tmp_path, "sh", "-c", f"touch {tmp_path}/started; exec sleep 2")
    said: list[str] = []

    def look() -> str:
        os.kill(dying, signal.SIGKILL)  # until it is reaped it is a zombie that bears the name
        return "" if (tmp_path / "started").exists() else "no answer"

    with process_named("dockerd", tmp_path) as dying:
        daemon.pid_file.write_text(str(dying), encoding="ascii")
        start_daemon(daemon, look, said.append)
    assert said[-1].startswith("starting sh")


def test_a_daemon_that_ends_is_reported_with_its_last_words(tmp_path: Path) -> None:
    daemon = daemon_in(
        tmp_path, "sh", "-c", "echo starting; echo failed to start: no iptables; echo ' (status 4)'; exit 1"
    )
    with pytest.raises(EngineMissingError) as caught:
        start_daemon(daemon, lambda: "no answer", lambda _line: None)
    assert caught.value.cause == "sh ended: failed to start: no iptables"
    assert str(daemon.log) in caught.value.hint
