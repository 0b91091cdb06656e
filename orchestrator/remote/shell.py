"""What every way to run programs on a host keeps to. Does nothing."""

from typing import Protocol

from orchestrator.remote.local import Completed


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
