"""This computer as a host, and what a program that ended has left to say."""

import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from orchestrator.errors import UnreachableError
from orchestrator.remote.transport import OUTPUT_LIMIT, as_root
from orchestrator.sanitize import sanitized

RUN_TIMEOUT_S = 60
REPEAT = "repeat the command: it goes on where it stopped; `orchestrate status` shows the host"


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """A program that ended: exit code and what it printed, UTF-8, sanitized. What a login shell prints is not in it."""

    exit_code: int
    stdout: str
    stderr: str
    behind: str = field(default="", compare=False)
    """What the login shell printed on standard output when the program had ended, on one line."""


class LocalShell:
    """This computer."""

    def run(self, argv: tuple[str, ...], stdin: str = "") -> Completed:
        """See `Shell.run`."""
        try:
            ended = subprocess.run(
                argv, capture_output=True, check=False, timeout=RUN_TIMEOUT_S, input=stdin.encode()
            )
        except subprocess.TimeoutExpired as error:
            raise UnreachableError(f"`{argv[0]}` gave no answer for {RUN_TIMEOUT_S} s", REPEAT) from error
        except OSError as error:
            return Completed(exit_code=127, stdout="", stderr=f"{argv[0]}: {error.strerror}")
        return Completed(
            exit_code=ended.returncode,
            stdout=sanitized(ended.stdout[:OUTPUT_LIMIT].decode(errors="replace")),
            stderr=sanitized(ended.stderr[:OUTPUT_LIMIT].decode(errors="replace")),
        )

    def run_as_root(self, argv: tuple[str, ...], stdin: str = "") -> Completed:
        """See `Shell.run_as_root`."""
        return self.run(as_root(argv), stdin)

    def put(self, content: bytes, path: str) -> None:
        """See `Shell.put`."""
        Path(path).write_bytes(content)
        Path(path).chmod(0o644)

    def close(self) -> None:
        """Nothing to drop."""
