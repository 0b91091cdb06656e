"""A host on this computer's loopback: an SSH server that runs commands as sshd does, through bash that reads a file first.

It is a jump host as well: connections are forwarded.
"""

import os
import socket
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

import paramiko
from paramiko.common import (
    AUTH_FAILED,
    AUTH_SUCCESSFUL,
    OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED,
    OPEN_SUCCEEDED,
)

from orchestrator.models import Connection, Host, HostState
from tests.unit.forwarding import ForwardingServer, copy_both_ways


class LoginHost:
    """Listens until it is closed.

    Args:
        folder: where the keys and the login shell's file lie.
        rc: what bash reads before each command, as ~/.bashrc.

    `users` has the names of those who were let in, by their key, or by `password` where there is one. `forwards` says whether it
    forwards connections.
    """

    def __init__(self, folder: Path, rc: str = "") -> None:
        self.key = folder / "client_key"
        self.rc = folder / "bashrc"
        self.rc.write_text(rc)
        self.users: list[str] = []
        self.password = ""
        self.forwards = True
        self._host_key, self.client = _made(folder / "host_key"), _made(self.key)
        self._socket = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        """Where it listens, on 127.0.0.1."""
        return int(self._socket.getsockname()[1])

    @property
    def public_key(self) -> str:
        """The host's, `ssh-ed25519 AAAA…`."""
        return f"{self._host_key.get_name()} {self._host_key.get_base64()}"

    @property
    def host(self) -> Host:
        """As a provider would know it."""
        return Host(
            name="lab-1",
            fleet="lab",
            provider_id="c0ffee",
            distribution="debian-12",
            state=HostState.RUNNING,
            connection=Connection.SSH,
            address="127.0.0.1",
            port=self.port,
            user="admin",
            host_key=self.public_key,
        )

    def close(self) -> None:
        """Listen no more."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _accept(self) -> None:
        while True:
            try:
                link, _ = self._socket.accept()
            except OSError:
                return
            transport = paramiko.Transport(link)
            transport.add_server_key(self._host_key)
            server = _Door(self)
            with suppress(paramiko.SSHException, EOFError, OSError):
                transport.start_server(server=server)
            threading.Thread(target=_forward, args=(transport, server), daemon=True).start()


class _Door(ForwardingServer):
    def __init__(self, host: LoginHost) -> None:
        super().__init__(lambda: host.forwards)
        self._host = host
        self._terminals: set[int] = set()

    def get_allowed_auths(self, username: str) -> str:
        return "password" if self._host.password else "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        return self._let_in(username) if key == self._host.client else AUTH_FAILED

    def check_auth_password(self, username: str, password: str) -> int:
        return self._let_in(username) if password and password == self._host.password else AUTH_FAILED

    def _let_in(self, username: str) -> int:
        self._host.users.append(username)
        return AUTH_SUCCESSFUL

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return OPEN_SUCCEEDED if kind == "session" else OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED

    def check_channel_pty_request(self, channel: paramiko.Channel, *_how: object) -> bool:
        self._terminals.add(channel.get_id())
        return True

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        run = _run_on_terminal if channel.get_id() in self._terminals else _run
        threading.Thread(target=run, args=(channel, command.decode(), self._host.rc), daemon=True).start()
        return True


def _run(channel: paramiko.Channel, command: str, rc: Path) -> None:
    process = subprocess.Popen(
        ("bash", "-c", command),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"BASH_ENV": str(rc)},
        bufsize=0,
    )
    threading.Thread(target=_feed, args=(channel, process), daemon=True).start()
    readers = [
        threading.Thread(target=_pump, args=pair)
        for pair in ((process.stdout, channel.sendall), (process.stderr, channel.sendall_stderr))
    ]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    with suppress(OSError):
        channel.send_exit_status(process.wait())
        channel.close()


def _run_on_terminal(channel: paramiko.Channel, command: str, rc: Path) -> None:
    """As sshd does where `ssh -t` asks for it: all that is printed comes by one stream."""
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        ("bash", "-c", command),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=os.environ | {"BASH_ENV": str(rc)},
        start_new_session=True,
    )
    os.close(theirs)
    with os.fdopen(ours, "r+b", buffering=0) as terminal:
        threading.Thread(target=_type, args=(channel, terminal), daemon=True).start()
        _pump(terminal, channel.sendall)
        with suppress(OSError):
            channel.send_exit_status(process.wait())
            channel.close()


def _type(channel: paramiko.Channel, terminal: IO[bytes]) -> None:
    with suppress(OSError, ValueError):
        while data := channel.recv(65536):
            terminal.write(data)


def _forward(transport: paramiko.Transport, server: _Door) -> None:
    while transport.is_active():
        channel = transport.accept(0.2)
        far = server.far_ends.pop(channel.get_id(), None) if channel is not None else None
        if channel is not None and far is not None:
            copy_both_ways(channel, far)


def _feed(channel: paramiko.Channel, process: "subprocess.Popen[bytes]") -> None:
    assert process.stdin is not None
    with suppress(OSError), process.stdin as stdin:
        while data := channel.recv(65536):
            stdin.write(data)


def _pump(source: IO[bytes], send: Callable[[bytes], object]) -> None:
    with suppress(OSError, EOFError):
        while data := os.read(source.fileno(), 65536):
            send(data)


def _made(path: Path) -> paramiko.PKey:
    argv = ("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path))
    subprocess.run(argv, check=True, timeout=30)
    return paramiko.Ed25519Key.from_private_key_file(str(path))
