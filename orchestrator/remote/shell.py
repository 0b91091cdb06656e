"""What every way to run programs on a host keeps to, and how a file is put there by nothing but a program. Connects to nothing."""

import base64
from typing import Protocol

from orchestrator.errors import UnreachableError
from orchestrator.remote.local import REPEAT, Completed
from orchestrator.remote.transport import WRITE
from orchestrator.sanitize import sanitized_line


class Shell(Protocol):
    """A way to run programs on one host, as the operator's user."""

    def run(self, argv: tuple[str, ...], stdin: str = "") -> Completed:
        """Run a program to its end; a non-zero exit code is a result, not an error.

        Args:
            argv: the program and its arguments.
            stdin: what it reads; as a rule nothing.

        Raises:
            HostKeyError: the host showed another key than the one on record.
            UnreachableError: no connection, or it broke. The next call connects anew.
        """
        ...

    def run_as_root(self, argv: tuple[str, ...], stdin: str = "") -> Completed:
        """As `run`, as root. A sudo that refuses on a fleet's host is a non-zero exit code.

        Raises:
            SudoRefusedError: on a host of an inventory, `become` does not make root of the user.
        """
        ...

    def put(self, content: bytes, path: str) -> None:
        """Write a file that the operator's user may write, mode 0644. Raises as `run`."""
        ...

    def close(self) -> None:
        """Drop the connection; `run` may be called again afterwards."""
        ...


def write_by_command(shell: Shell, host: str, content: bytes, path: str) -> None:
    """Write a file as `Shell.put` says, by a program of that shell; `host` is how errors name it."""
    done = shell.run(("sh", "-c", WRITE, "sh", path), stdin=base64.b64encode(content).decode() or "\n")
    if done.exit_code != 0:
        raise UnreachableError(
            f"{host}: {path} not written: {sanitized_line(done.stderr) or done.exit_code}", REPEAT
        )
