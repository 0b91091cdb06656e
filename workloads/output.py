"""Files that a job makes: each whole or not at all in its output folder, and told with its size and SHA-256."""

import contextlib
import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from workloads.decoding import named
from workloads.progress import Record
from workloads.result import CannotRunError, OutputFile

_BLOCK = 1 << 20


class OutputError(CannotRunError):
    """A file cannot be written: the disk is full, or the folder is none or not writable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A file that is to be made."""

    name: str
    """Its path below the output folder."""
    about: str
    """What it shows, in a few words."""
    media_type: str


def keep(record: Record, folder: Path, draft: Draft, write: Callable[[Path], object]) -> Path:
    """Have `write` make a file, put it in its place, and tell it.

    Args:
        record: told of the file, with its size and digest as they are on the disk.
        folder: the job's output folder; made where it is not there.
        draft: which file it is.
        write: makes the file at the path that it is given, which ends as the name does: some libraries go by that.

    Returns:
        Where it is.

    Raises:
        OutputError: it cannot be written.
    """
    path = folder / draft.name
    unfinished = path.with_name(f".{os.getpid()}-{path.name}")

    def unwritable(said: str) -> OutputError:
        return OutputError(
            f"{draft.name} cannot be written into {folder}: {said}; make room there, or name another folder with --output"
        )

    try:
        with named(unwritable):
            path.parent.mkdir(parents=True, exist_ok=True)
            write(unfinished)
            size, sha256 = _measured(unfinished)
            unfinished.replace(path)
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
    record.made(
        OutputFile(name=draft.name, about=draft.about, media_type=draft.media_type, bytes=size, sha256=sha256)
    )
    return path


def _measured(path: Path) -> tuple[int, str]:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for block in iter(lambda: file.read(_BLOCK), b""):
            digest.update(block)
    return path.stat().st_size, digest.hexdigest()
