"""A host on this computer's loopback: an SSH server that lets one key in and forwards TCP, as far as a tunnel needs sshd."""

import socket
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import paramiko
from paramiko.common import (
    AUTH_FAILED,
    AUTH_SUCCESSFUL,
)

from orchestrator.tunnel import SshTarget
from tests.unit.forwarding import ForwardingServer, copy_both_ways

NAME = "lab-1"


class SshHost:
    """Listens until it is closed.

    Args:
        folder: where the keys and the client's configuration lie.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.forwards = True
        self._key = _made(folder / "host_key")
        self._client = _made(folder / "client_key")
        self._links: list[paramiko.Transport] = []
        self._listen(0)
        (folder / "known_hosts").write_text(f"{NAME} {_public(folder / 'host_key')}\n")
        (folder / "ssh_config").write_text(
            f"Host {NAME}\n  HostName 127.0.0.1\n  Port {self.port}\n  User somebody\n  HostKeyAlias {NAME}\n"
            f"Host *\n  IdentityFile {folder / 'client_key'}\n  IdentitiesOnly yes\n"
            f"  UserKnownHostsFile {folder / 'known_hosts'}\n  GlobalKnownHostsFile /dev/null\n"
        )

    @property
    def port(self) -> int:
        """The SSH server's."""
        return int(self._socket.getsockname()[1])

    def ssh_target(self, target_port: int) -> SshTarget:
        """The way to a port of the host."""
        return SshTarget(
            host=NAME,
            words=("-F", str(self.folder / "ssh_config"), NAME),
            target=f"127.0.0.1:{target_port}",
            run_folder=self.folder,
            trust_hint=f"orchestrate trust {NAME}",
        )

    def drop_everybody(self) -> None:
        """Close every connection, as a network that breaks does."""
        while self._links:
            self._links.pop().close()

    def go_away(self) -> None:
        """Stop listening, and drop everybody."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self.drop_everybody()

    def come_back(self, *, with_another_key: bool = False) -> None:
        """Listen again on the same port."""
        if with_another_key:
            self._key = _made(self.folder / "another_host_key")
        self._listen(int((self.folder / "ssh_config").read_text().split("Port ")[1].split()[0]))

    def let_nobody_in(self) -> None:
        """From now on another key than the client's is expected."""
        self._client = _made(self.folder / "somebody_elses_key")

    def _listen(self, port: int) -> None:
        self._socket = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._accept, args=(self._socket,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                link, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(link,), daemon=True).start()

    def _serve(self, link: socket.socket) -> None:
        transport = paramiko.Transport(link)
        transport.add_server_key(self._key)
        self._links.append(transport)
        server = _SshServer(self._client, partial(bool, self.forwards))
        with suppress(paramiko.SSHException, EOFError, OSError):
            transport.start_server(server=server)
            while transport.is_active():
                channel = transport.accept(0.2)
                if channel is not None:
                    copy_both_ways(channel, server.far_ends.pop(channel.get_id()))


class _SshServer(ForwardingServer):
    def __init__(self, client: paramiko.PKey, may_forward: Callable[[], bool]) -> None:
        super().__init__(may_forward)
        self._client = client

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        return AUTH_SUCCESSFUL if key == self._client else AUTH_FAILED


def _made(path: Path) -> paramiko.PKey:
    argv = ("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path))
    subprocess.run(argv, check=True, timeout=30)
    return paramiko.Ed25519Key.from_private_key_file(str(path))


def _public(path: Path) -> str:
    return " ".join(path.with_suffix(".pub").read_text().split()[:2])
