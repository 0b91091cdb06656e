"""Files that survive a crash: written in one step, or added to by whole lines. Knows nothing of what is in them."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex

from orchestrator.errors import DiskFullError, OrchestrateError


def write_atomically(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Put `content` at `path` in one step: a reader sees what was there before, or all of it.

    Raises:
        DiskFullError: no space; what was there is untouched.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with disk_errors(path):
        try:
            with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise


def write_once(path: Path, content: bytes) -> None:
    """As `write_atomically`, unless something is at `path`: of two processes at once the first one's content stays.

    Raises:
        DiskFullError: no space.
    """
    draft = path.with_name(f".{path.name}.{token_hex(4)}")
    write_atomically(draft, content)
    with disk_errors(path), suppress(FileExistsError):
        path.hardlink_to(draft)
    draft.unlink(missing_ok=True)


def append_line(path: Path, line: str) -> None:
    """Add a line to a file of private use and flush it to disk. After a crash in between, the rest of a line stands alone.

    Raises:
        DiskFullError: no space.
    """
    make_private(path.parent)
    with disk_errors(path), path.open("a+b") as file:
        end = file.seek(0, os.SEEK_END)
        file.seek(max(0, end - 1))
        cut_off = file.read(1) not in {b"", b"\n"}
        file.write((b"\n" if cut_off else b"") + line.encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def make_private(folder: Path) -> None:
    """Make a folder that is the user's alone, if it is not there. Raises OrchestrateError."""
    with disk_errors(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Say in our words why a file cannot be written. Raises DiskFullError or OrchestrateError."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise DiskFullError(
                f"no space left for {path}",
                "free some space, then repeat the command: nothing written is lost",
            ) from error
        if error.errno in {errno.EACCES, errno.EROFS, errno.EPERM}:
            raise OrchestrateError(
                f"{path} cannot be written: {error.strerror}", "set XDG_STATE_HOME to a folder that is yours"
            ) from error
        raise
