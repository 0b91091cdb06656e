"""Small files of a host: read without complaint, so that what is not there or may not be read is empty; written in one step.

Folders are locked, so that of several processes one at a time reads and writes.
"""

from __future__ import annotations

import fcntl
import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def text(path: Path) -> str:
    """The file's text without white space around it; bytes that are not UTF-8 are replaced."""
    return content(path).decode(errors="replace").strip()


def content(path: Path) -> bytes:
    """The file's bytes."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def assignments(path: Path) -> dict[str, str]:
    """The variables of a file in shell's form, `NAME="value"` a line; what else stands there is passed over."""
    values = {}
    for line in text(path).splitlines():
        name, equals, value = line.strip().partition("=")
        if equals and name.isidentifier():
            values[name] = _unquoted(value)
    return values


def write(path: Path, text: str, *, lasting: bool = False) -> None:
    """Replace the file, so that a reader sees the old or the new one whole; also after a power cut if it is `lasting`. Raises OSError."""
    fresh = path.with_name(f".{path.name}.new")
    with fresh.open("wb") as file:
        file.write(text.encode(errors="replace"))  # JSON may hold half a character
        if lasting:
            file.flush()
            os.fsync(file.fileno())
    fresh.chmod(0o644)
    fresh.replace(path)
    if lasting:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Others wait. The lock is on the folder itself, so a disk that became read-only does not matter. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _unquoted(value: str) -> str:
    try:
        return " ".join(shlex.split(value, comments=True))
    except ValueError:  # an apostrophe that nobody closed
        return value
