"""The one program of a host, `gpuhost`: its file, the command on the PATH, and which units run it.

Restarts nothing: a unit has the program's digest in its file, and is restarted when that changes.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.orchestrate.gpu.plugins.module_utils.content import sha256_of
from ansible_collections.orchestrate.gpu.plugins.module_utils.host_state.files import Change
from ansible_collections.orchestrate.gpu.plugins.module_utils.system import files


@dataclass(frozen=True)
class Places:
    """Where things are on a host."""

    program: Path = Path("/usr/local/lib/orchestrate/gpuhost")
    command: Path = Path("/usr/local/bin/gpuhost")
    units: Path = Path("/etc/systemd/system")


def differs(program: Path, sha256: str) -> bool:
    """Whether the file is not there as only its owner, who runs the module, may write to it, with that content."""
    return _digest(program) != sha256 or _ownership(program.lstat()) != (0o100755, os.geteuid(), os.getegid())


def install(places: Places, sha256: str, source: Path | None, *, write: bool) -> list[Change]:
    """Have the program there; it is replaced in one step. The source is a file with it, which nothing reads unless it is written."""
    folder, found = places.program.parent, []
    if files.folder_differs(folder):
        found.append(Change(f"made folder {folder}", "", f"{folder}\n", folder))
        if write:
            files.make_folder(folder)
    if differs(places.program, sha256):
        before = _digest(places.program)
        found.append(
            Change(
                f"wrote {places.program}",
                before and f"sha256 {before}\n",
                f"sha256 {sha256}\n",
                places.program,
            )
        )
        if write and source is not None:
            _replace(places.program, source)
    return found


def link(places: Places, *, there: bool, write: bool) -> list[Change]:
    """Have `gpuhost` on the PATH, or not. What else has that name is left alone where it shall not be there."""
    target = str(places.program)
    before = str(places.command.readlink()) if places.command.is_symlink() else ""
    if there == (before == target):
        return []
    if write and there:
        files.link(places.command, target)
    elif write:
        places.command.unlink()
    said = f"{'linked' if there else 'removed'} {places.command}"
    return [Change(said, before and f"{before}\n", f"{target}\n" if there else "", places.command)]


def remove(places: Places, *, write: bool) -> list[Change]:
    """Take the program and its command away."""
    found = link(places, there=False, write=write)
    if places.program.exists():
        found.append(
            Change(f"removed {places.program}", f"sha256 {_digest(places.program)}\n", "", places.program)
        )
        if write:
            places.program.unlink()
    folder = places.program.parent
    if write and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
    return found


def users(places: Places, released: Collection[str]) -> list[str]:
    """The units whose files name the program, without those that are released."""
    return sorted(
        path.name
        for path in places.units.glob("*.*")
        if path.is_file()
        and path.name not in released
        and str(places.program) in path.read_text(encoding="utf-8", errors="replace")
    )


def _digest(program: Path) -> str:
    try:
        return "" if program.is_symlink() else sha256_of(program)
    except OSError:
        return ""


def _ownership(seen: os.stat_result) -> tuple[int, int, int]:
    return seen.st_mode, seen.st_uid, seen.st_gid


def _replace(program: Path, source: Path) -> None:
    new = program.with_name(f".{program.name}.new")
    shutil.copyfile(source, new)
    new.chmod(0o755)
    with new.open("rb") as file:
        os.fsync(file.fileno())
    new.replace(program)
