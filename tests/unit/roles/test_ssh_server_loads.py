"""How new settings of sshd come into force, and how they are taken back."""

import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server import restore
from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.access import effects
from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.access.facts import Server
from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.config import (
    systemd_sockets as systemd,
)

from tests.unit.roles.ssh_hosts import SETTINGS, facts, listing, wish

SHOWN = """\
Id=ssh.socket
Listen=[::]:2222 (Stream)
Listen=0.0.0.0:2222 (Stream)
Accept=no
Triggers=ssh.service
ActiveState=active

Id=sshd-unix-local.socket
Listen=/run/ssh-unix-local/socket22 (Stream)
Accept=yes
ActiveState=active

Id=sshd-vsock.socket
Listen=vsock::22 (Stream)
Accept=yes
ActiveState=active

Id=sshd.socket
Listen=[::]:22 (Stream)
Accept=yes
ActiveState=inactive
"""


def test_the_sockets_that_hold_a_tcp_port_are_told_from_the_others() -> None:
    assert systemd.parse_sockets(SHOWN) == [("ssh.socket", False, (2222,))]


@pytest.mark.parametrize(
    ("files", "ports"),
    [
        (["[Socket]\nListenStream=22\n"], (22,)),
        (["[Socket]\nListenStream=22\n", "[Socket]\nListenStream=\nListenStream=2222\n"], (2222,)),
        (["ListenStream=0.0.0.0:22\nListenStream=[::]:22\nListenStream=/run/x\n"], (22,)),
    ],
)
def test_the_ports_of_a_socket_are_read_as_systemd_reads_them(
    files: list[str], ports: tuple[int, ...]
) -> None:
    assert systemd.listen_ports(files) == ports


def server(**changes: Any) -> Any:
    return Server(**({"program": "systemd", "socket": "ssh.socket", "ports": (2222,)} | changes))


@pytest.mark.parametrize(
    ("serving", "action"),
    [
        (Server(program="sshd", ports=(22,)), "reload-or-restart"),
        (server(), "try-restart"),
        (server(accepts=True), ""),
    ],
    ids=["sshd", "socket", "each-connection"],
)
def test_sshd_that_systemd_gave_its_socket_is_restarted(serving: Any, action: str) -> None:
    assert effects.load_command(serving) == action


@pytest.mark.parametrize(
    ("asked", "serving", "write", "drop", "after"),
    [
        ({"port": 0}, server(), 0, False, (2222,)),
        ({"port": 2200}, server(), 2200, False, (2200,)),
        ({"port": 2200}, server(ports=(2200,), drop_in=True), 0, False, (2200,)),
        ({"port": 0}, server(ports=(2200,), drop_in=True, plain_ports=(22,)), 0, True, (22,)),
        (
            {"port": 2200, "settings": ""},
            server(ports=(2200,), drop_in=True, plain_ports=(22,)),
            0,
            True,
            (22,),
        ),
        ({"port": 2200}, Server(program="sshd", ports=(22,)), 0, False, (2200,)),
    ],
    ids=["stays", "moves", "is-there", "goes-back", "is-taken-away", "no-socket"],
)
def test_the_port_is_written_where_the_socket_reads_it(
    asked: dict[str, Any], serving: Any, write: int, drop: bool, after: tuple[int, ...]
) -> None:
    seen = facts(server=serving, predicted=listing(SETTINGS, f"port {asked['port'] or 22}"))
    assert effects.socket_port(wish(**asked), serving) == write
    assert effects.drops_socket_port(wish(**asked), serving) is drop
    assert effects.ports_after(wish(**asked), seen) == after


@pytest.fixture
def systemctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `systemctl` that writes down what it is asked."""
    asked = tmp_path / "asked"
    program = tmp_path / "bin" / "systemctl"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" >> {asked}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    return asked


@contextlib.contextmanager
def greeting(banner: bytes) -> Iterator[int]:
    """A port where something greets."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    connection.sendall(banner)
                    connection.close()

        threading.Thread(target=serve, daemon=True).start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)  # ends the thread's accept()


def plan(tmp_path: Path, port: int, **changes: Any) -> str:
    (tmp_path / "kept").write_text("before")
    (tmp_path / "program").write_text("")
    given = {
        "kept": [[str(tmp_path / "kept"), str(tmp_path / "settings")]],
        "load": "reload-or-restart",
        "service": "ssh.service",
        "socket": "",
        "new_socket": False,
        "ports": [port],
        "addresses": ["127.0.0.1"],
        "program": str(tmp_path / "program"),
    }
    return json.dumps(given | changes)


def test_settings_are_taken_back_by_a_reload_where_that_is_enough(tmp_path: Path, systemctl: Path) -> None:
    with greeting(b"SSH-2.0-OpenSSH_9.2\r\n") as port:
        assert restore.main([plan(tmp_path, port)]) == 0
    assert (tmp_path / "settings").read_text() == "before"
    assert not (tmp_path / "kept").exists()
    assert systemctl.read_text().splitlines() == ["reload-or-restart ssh.service"]


def test_what_a_reload_did_not_mend_is_restarted(
    tmp_path: Path, systemctl: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restore, "ANSWER_TIMEOUT_S", 0.3)
    with greeting(b"HTTP/1.1 400\r\n") as port:
        assert restore.main([plan(tmp_path, port, socket="ssh.socket")]) == 1
    assert systemctl.read_text().splitlines() == [
        "reload-or-restart ssh.service",
        "daemon-reload",
        "stop ssh.service",
        "restart ssh.socket",
        "restart ssh.service",
    ]
    assert not (tmp_path / "kept").exists()
