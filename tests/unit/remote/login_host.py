"""A host on this computer's loopback: an SSH server that runs commands as sshd does, through bash that reads a file first."""

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


class LoginHost:
    """Listens until it is closed.

    Args:
        folder: where the keys and the login shell's file lie.
        rc: what bash reads before each command, as ~/.bashrc.
    """

    def __init__(self, folder: Path, rc: str = "") -> None:
        self.key = folder / "client_key"
        self._rc = folder / "bashrc"
        self._rc.write_text(rc)
        self._host_key, self._client = _made(folder / "host_key"), _made(self.key)
        self._socket = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

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
            port=int(self._socket.getsockname()[1]),
            user="admin",
            host_key=f"{self._host_key.get_name()} {self._host_key.get_base64()}",
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
            with suppress(paramiko.SSHException, EOFError, OSError):
                transport.start_server(server=_Door(self._client, self._rc))


class _Door(paramiko.ServerInterface):
    def __init__(self, client: paramiko.PKey, rc: Path) -> None:
        self._client = client
        self._rc = rc

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        return AUTH_SUCCESSFUL if key == self._client else AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return OPEN_SUCCEEDED if kind == "session" else OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        threading.Thread(target=_run, args=(channel, command.decode(), self._rc), daemon=True).start()
        return True


def _run(channel: paramiko.Channel, command: str, rc: Path) -> None:
    process = subprocess.Popen(
        ("bash", "-c", command),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"BASH_ENV": str(rc)},
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
