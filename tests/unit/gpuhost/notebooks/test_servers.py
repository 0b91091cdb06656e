"""Servers on a socket that systemd holds: the program as hosts have it, run by the Python of an environment, with a socket of the test."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from ansible_collections.orchestrate.gpu.plugins.action.gpuhost import packed

from tests.unit.gpuhost.notebooks.packages import write_packages

PASS_AS_THE_FIRST = (
    "import os, sys; os.dup2(int(sys.argv[1]), 3); os.execv(sys.executable, [sys.executable, *sys.argv[2:]])"
)


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """The program, beside the packages of the environment that runs it."""
    write_packages(tmp_path / "packages")
    (tmp_path / "gpuhost").write_bytes(packed())
    return tmp_path / "gpuhost"


@contextmanager
def visited(program: Path, *words: str) -> Iterator[socket.socket]:
    """A visitor's connection, made before the server is started; the server has ended afterwards."""
    place = str(program.with_name("sock"))
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as visitor:
        listener.bind(place)
        listener.listen()
        visitor.settimeout(30)
        visitor.connect(place)
        handle = listener.fileno()
        process = subprocess.Popen(
            (sys.executable, "-c", PASS_AS_THE_FIRST, str(handle), str(program), "notebooks", *words),
            pass_fds=(handle,),
            env={
                "PYTHONPATH": str(program.with_name("packages")),
                "LISTEN_FDS": "1",
                "LISTEN_PID": str(os.getpid()),
                "LISTEN_FDNAMES": "lab.sock",
            },
        )
        try:
            yield visitor
        finally:
            process.terminate()
            process.wait(timeout=30)


@pytest.mark.parametrize(("kind", "application"), [("lab", "LabApp"), ("hub", "JupyterHubSingleUser")])
def test_a_notebook_server_takes_the_socket_and_hands_it_to_no_kernel(
    program: Path, kind: str, application: str
) -> None:
    with visited(program, kind, "--ServerApp.sock=/run/sock", "--x=y") as visitor:
        said = json.loads(visitor.recv(4096))
    blocking = inherited = False
    assert said == [application, ["--ServerApp.sock=/run/sock", "--x=y"], True, blocking, inherited, []]


def test_tensorboard_answers_on_the_socket(program: Path) -> None:
    with visited(program, "tensorboard", "--logdir=~/runs") as visitor:
        visitor.sendall(b"GET / HTTP/1.0\r\n\r\n")
        with visitor.makefile("rb") as answer:
            said = answer.read()
    assert said.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\nhttp://localhost:0/tensorboard/ada/ ['tensorboard', '--logdir=~/runs']\r\n" in said


@pytest.mark.parametrize(
    ("kind", "unit"), [("lab", "notebook"), ("hub", "notebook"), ("tensorboard", "tensorboard")]
)
def test_without_a_socket_it_says_what_starts_it(program: Path, kind: str, unit: str) -> None:
    done = subprocess.run(
        (sys.executable, str(program), "notebooks", kind),
        env={},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 1
    assert done.stderr == f"systemd passed no socket\n  try: systemctl start orchestrate-{unit}@USER.socket\n"
