"""Files that a module keeps as they shall be: compared, written whole, and shown before and after. Decides nothing else."""

from __future__ import annotations

import os
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.orchestrate.gpu.plugins.module_utils.running import before_and_after


@dataclass(frozen=True)
class ManagedFile:
    """A file as it shall be."""

    path: Path
    text: str
    mode: int = 0o644
    owner: tuple[int, int] | None = None
    """Numbers of account and group; None for those of whoever runs the module."""


def differs(file: ManagedFile) -> bool:
    """Whether the file is not there as it shall be, content, owner and mode."""
    try:
        seen = file.path.lstat()
    except OSError:
        return True
    whole = stat.S_ISREG(seen.st_mode) and _permits(seen, file.mode, file.owner)
    return not (whole and text_of(file.path) == file.text)


def write(file: ManagedFile) -> None:
    """Replace the file in one step. Its folder is there."""
    fresh = _beside(file.path)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as content:
        content.write(file.text)
        content.flush()
        os.fsync(content.fileno())
    os.chown(fresh, *(file.owner or _own()))
    fresh.chmod(file.mode)
    fresh.replace(file.path)


def link(path: Path, target: str) -> None:
    """Have a link to the target there, in one step."""
    fresh = _beside(path)
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(path)


def folder_differs(folder: Path, mode: int = 0o755, owner: tuple[int, int] | None = None) -> bool:
    """Whether the folder is not there with this mode and owner, by default whoever runs the module."""
    try:
        seen = folder.stat()
    except OSError:
        return True
    return not (stat.S_ISDIR(seen.st_mode) and _permits(seen, mode, owner))


def make_folder(folder: Path, mode: int = 0o755, owner: tuple[int, int] | None = None) -> None:
    """Have the folder so, and those above it."""
    folder.mkdir(parents=True, exist_ok=True)
    os.chown(folder, *(owner or _own()))
    folder.chmod(mode)


def rewrite(path: Path, text: str) -> None:
    """Replace the content of somebody else's file in one step; owner and mode stay."""
    fresh = _beside(path)
    fresh.write_text(text, encoding="utf-8")
    shutil.copymode(path, fresh)
    seen = path.stat()
    os.chown(fresh, seen.st_uid, seen.st_gid)
    fresh.replace(path)


def text_of(path: Path) -> str:
    """What the file holds; empty where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def difference(path: Path, after: str) -> dict[str, str]:
    """The file before and after, as Ansible shows differences. Call it before the file is written."""
    return before_and_after(path, text_of(path), after)


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.new")


def _own() -> tuple[int, int]:
    return os.geteuid(), os.getegid()


def _permits(seen: os.stat_result, mode: int, owner: tuple[int, int] | None) -> bool:
    return stat.S_IMODE(seen.st_mode) == mode and (seen.st_uid, seen.st_gid) == (owner or _own())
