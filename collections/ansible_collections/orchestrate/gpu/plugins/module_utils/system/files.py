"""Files that a module keeps as they shall be: compared, written whole, and shown before and after. Decides nothing else."""

from __future__ import annotations

import os
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ManagedFile:
    """A file as it shall be. Its owner is whoever runs the module."""

    path: Path
    text: str
    mode: int = 0o644


def differs(file: ManagedFile) -> bool:
    """Whether the file is not there as it shall be, content, owner and mode."""
    try:
        seen = file.path.lstat()
    except OSError:
        return True
    owned = (seen.st_uid, seen.st_gid) == (os.geteuid(), os.getegid())
    whole = stat.S_ISREG(seen.st_mode) and stat.S_IMODE(seen.st_mode) == file.mode
    return not (owned and whole and text_of(file.path) == file.text)


def write(file: ManagedFile) -> None:
    """Replace the file in one step. Its folder is there."""
    fresh = file.path.with_name(f".{file.path.name}.new")
    fresh.write_text(file.text, encoding="utf-8")
    fresh.chmod(file.mode)
    fresh.replace(file.path)


def folder_differs(folder: Path) -> bool:
    """Whether the folder is not there as only its owner, who runs the module, may write to it."""
    try:
        seen = folder.stat()
    except OSError:
        return True
    owned = (seen.st_uid, seen.st_gid) == (os.geteuid(), os.getegid())
    return not (owned and stat.S_ISDIR(seen.st_mode) and stat.S_IMODE(seen.st_mode) == 0o755)


def make_folder(folder: Path) -> None:
    """Have the folder so, and those above it."""
    folder.mkdir(parents=True, exist_ok=True)
    os.chown(folder, os.geteuid(), os.getegid())
    folder.chmod(0o755)


def rewrite(path: Path, text: str) -> None:
    """Replace the content of somebody else's file in one step; owner and mode stay."""
    fresh = path.with_name(f".{path.name}.new")
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
    name = str(path)
    return {"before": text_of(path), "after": after, "before_header": name, "after_header": name}
