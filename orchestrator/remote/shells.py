"""Run programs on a host and put small files there, over SSH (fabric) or on this computer.

Host keys are never accepted on first sight: the key on record decides, or for hosts of the user's own inventory the
user's known_hosts. Commands are argv tuples, joined once, here.
"""

import base64
import io
import logging
import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.errors import HostKeyError, UnreachableError
from orchestrator.models import Connection, Host, endpoint
from orchestrator.remote.host_keys import fingerprint
from orchestrator.remote.local import REPEAT, RUN_TIMEOUT_S, Completed, LocalShell
from orchestrator.remote.shell import Shell, write_by_command
from orchestrator.remote.transport import (
    as_root,
    behind_mark,
    between_marks,
    capped_runner,
    command_line,
    new_mark,
)
from orchestrator.sanitize import sanitized, sanitized_line
from orchestrator.waiting import retried

if TYPE_CHECKING:
    import fabric
    import paramiko

CONNECT_TIMEOUT_S = 10

_HANDSHAKES = threading.BoundedSemaphore(32)
"""Keys are exchanged with so many hosts at once. Python computes for one at a time: of a thousand that begin together, most have waited
by then for longer than a server, or paramiko, waits for an answer (benchmarks/scale.py)."""


def shell_of(host: Host, *, key: Path | None) -> Shell:
    """The shell for a host: Ansible's way for those of an inventory, else SSH, or this very computer.

    Args:
        host: where to.
        key: the fleet's private key; None means the user's agent and SSH configuration decide.
    """
    if host.inventory:
        from orchestrator.remote.inventory_shell import InventoryShell

        return InventoryShell(host)
    return LocalShell() if host.connection is Connection.LOCAL else SshShell(host, key=key)


class SshShell:
    """A host behind SSH. Connects at first use and again after a break."""

    def __init__(self, host: Host, *, key: Path | None) -> None:
        self._host = host
        self._key = key
        self._connection: fabric.Connection | None = None

    def run(self, argv: tuple[str, ...], stdin: str = "") -> Completed:
        """See `Shell.run`."""
        import invoke

        connection, mark = self._connect(), new_mark()
        try:
            ended = connection.run(
                command_line(argv, mark),
                hide=True,
                warn=True,
                in_stream=_AtOnce(stdin) if stdin else False,
                timeout=RUN_TIMEOUT_S,
                encoding="utf-8",
            )
        except invoke.exceptions.CommandTimedOut as error:
            self.close()
            raise UnreachableError(
                f"{self._host.name}: `{argv[0]}` gave no answer for {RUN_TIMEOUT_S} s", REPEAT
            ) from error
        except (OSError, EOFError, invoke.exceptions.ThreadException, _ssh_exception()) as error:
            self.close()
            raise UnreachableError(
                f"{self._host.name}: the connection broke: {_first_line(error)}", REPEAT
            ) from error
        stdout, stderr = between_marks(ended.stdout, mark), between_marks(ended.stderr, mark)
        if stdout is None:
            said = sanitized_line(f"{ended.stdout} {ended.stderr}", limit=200)
            raise UnreachableError(
                f"{self._host.name}: its login shell ends with {ended.return_code} before it runs a command: "
                f"{said or 'it says nothing'}",
                f"see that a shell of {self._host.user or 'your user'} there runs `true`: ssh {self._host.address} true",
            )
        return Completed(
            exit_code=ended.return_code,
            stdout=sanitized(stdout),
            stderr=sanitized(stderr or ""),
            behind=sanitized_line(behind_mark(ended.stdout, mark), limit=200),
        )

    def run_as_root(self, argv: tuple[str, ...], stdin: str = "") -> Completed:
        """See `Shell.run_as_root`."""
        return self.run(as_root(argv), stdin)

    def put(self, content: bytes, path: str) -> None:
        """See `Shell.put`."""
        write_by_command(self, self._host.name, content, path)

    def close(self) -> None:
        """See `Shell.close`."""
        if self._connection is not None:
            with suppress(OSError, EOFError):
                self._connection.close()
        self._connection = None

    def _connect(self) -> "fabric.Connection":
        if self._connection is not None and self._connection.is_connected:
            return self._connection
        import fabric
        import paramiko

        # Its worker thread writes tracebacks of what is raised here as well.
        logging.getLogger("paramiko").setLevel(logging.CRITICAL + 1)
        host = self._host
        connection = fabric.Connection(
            host.address,
            user=host.user or None,
            port=host.port or None,
            connect_timeout=CONNECT_TIMEOUT_S,
            connect_kwargs=_only(self._key),
            # The user's own SSH configuration speaks for the user's own hosts, not for a fleet's.
            config=fabric.Config(overrides={"runners": {"remote": capped_runner()}})
            if self._key is None
            else fabric.Config(
                overrides={"runners": {"remote": capped_runner()}}, ssh_config=paramiko.SSHConfig()
            ),
        )
        _trust(connection.client, host)
        try:
            retried(lambda: _open(connection, host, ours=self._key is not None), _passes)
        except paramiko.BadHostKeyException as error:
            raise _changed_key(host, error) from error
        except paramiko.AuthenticationException as error:
            raise UnreachableError(
                f"{host.name}: {host.user or 'you'}@{host.address} is not let in: {_first_line(error)}",
                f"check that the key is in ~{host.user}/.ssh/authorized_keys on {host.name}",
            ) from error
        except paramiko.SSHException as error:
            if "not found in known_hosts" in str(error):
                raise HostKeyError(
                    f"{host.name}: no host key is on record for {host.address}",
                    f"orchestrate trust {_where(host)}",
                ) from error
            raise UnreachableError(f"{host.name}: SSH failed: {_first_line(error)}", REPEAT) from error
        except (OSError, EOFError) as error:
            raise UnreachableError(
                f"{host.name} does not answer on {endpoint(host.address, host.port or 22)}: {_first_line(error)}",
                REPEAT,
            ) from error
        self._connection = connection
        return connection


def _open(connection: "fabric.Connection", host: Host, *, ours: bool) -> None:
    """Connect and log in. A host that does not answer keeps no other from its turn: only what answered is waited in line for.

    Args:
        connection: not open yet.
        host: where to.
        ours: the address is all that leads there; False where the user's SSH configuration may know another way.
    """
    if ours:
        address = (host.address, host.port or 22)
        connection.connect_kwargs["sock"] = socket.create_connection(address, CONNECT_TIMEOUT_S)
    with _HANDSHAKES:
        connection.open()


class _AtOnce(io.StringIO):
    """A stream that is read in one go: invoke reads one character at a time, and naps after each."""

    def read(self, _size: int | None = -1, /) -> str:
        return super().read()


def _trust(client: "paramiko.SSHClient", host: Host) -> None:
    import paramiko

    client.set_missing_host_key_policy(paramiko.RejectPolicy())
    if not host.host_key:
        client.load_system_host_keys()
        return
    kind, blob = host.host_key.split()[:2]
    name = host.address if host.port in {0, 22} else f"[{host.address}]:{host.port}"
    client.get_host_keys().add(name, kind, paramiko.PKey.from_type_string(kind, base64.b64decode(blob)))


def _changed_key(host: Host, error: "paramiko.BadHostKeyException") -> HostKeyError:
    expected = fingerprint(f"{error.expected_key.get_name()} {error.expected_key.get_base64()}")
    seen = fingerprint(f"{error.key.get_name()} {error.key.get_base64()}")
    return HostKeyError(
        f"{host.name} at {endpoint(host.address, host.port or 22)} shows host key {seen}, on record is {expected}: "
        "the host was replaced, or somebody stands in between",
        "`orchestrate down`, then `orchestrate up`, if that is no surprise"
        if host.host_key
        else f"if you replaced the host: `orchestrate trust {_where(host)}`",
    )


def _passes(error: Exception) -> bool:
    """Whether another attempt to connect may succeed a moment later: sshd restarts, or turns away more logins than it takes at once.

    Silence is not among it: the kernel has asked several times before that counts.
    """
    import paramiko

    if isinstance(error, paramiko.ssh_exception.NoValidConnectionsError):
        return all(isinstance(each, ConnectionRefusedError) for each in error.errors.values())
    if isinstance(error, paramiko.SSHException):
        return "protocol banner" in str(error)
    return isinstance(error, (ConnectionRefusedError, ConnectionResetError, EOFError))


def _where(host: Host) -> str:
    return host.address if host.port in {0, 22} else f"{host.address} --port {host.port}"


def _only(key: Path | None) -> dict[str, object]:
    if key is None:
        return {}
    return {"key_filename": str(key), "look_for_keys": False, "allow_agent": False}


def _ssh_exception() -> type[Exception]:
    import paramiko

    return paramiko.SSHException


def _first_line(error: Exception) -> str:
    return sanitized((str(error).strip() or type(error).__name__).splitlines()[0])
