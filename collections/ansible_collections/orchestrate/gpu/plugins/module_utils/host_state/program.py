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
from ansible_collections.orchestrate.gpu.plugins.module_utils.host_state.files import (
    Change,
    Wish,
    bring_about,
)
from ansible_collections.orchestrate.gpu.plugins.module_utils.system import files


@dataclass(frozen=True)
class Places:
    """Where things are on a host."""

    program: Path = Path("/usr/local/lib/orchestrate/gpuhost")
    command: Path = Path("/usr/local/bin/gpuhost")
    units: Path = Path("/etc/systemd/system")


def differs(program: Path, sha256: str) -> bool:
    """Whether the file is not there as only its owner, who runs the module, may write to it, with that content."""
    if _digest(program) != sha256:
        return True
    seen = program.lstat()
    return (seen.st_mode, seen.st_uid, seen.st_gid) != (0o100755, os.geteuid(), os.getegid())


def install(places: Places, sha256: str, source: Path | None, *, write: bool) -> list[Change]:
    """Have the program there; it is replaced in one step. The source is a file with it, which nothing reads unless it is written."""
    folder, program, found = places.program.parent, places.program, []
    if files.folder_differs(folder):
        found.append(Change(f"made folder {folder}", "", f"{folder}\n", folder))
        if write:
            files.make_folder(folder)
    if differs(program, sha256):
        found.append(Change(f"wrote {program}", _shown(_digest(program)), _shown(sha256), program))
        if write and source is not None:
            _replace(program, source)
    return found


def link(places: Places, *, there: bool, write: bool) -> list[Change]:
    """Have `gpuhost` on the PATH, or not. What else has that name is left alone where it shall not be there."""
    ours = places.command.is_symlink() and places.command.readlink() == places.program
    if ours == there:
        return []
    state = "link" if there else "absent"
    return bring_about([Wish(places.command, state, target=str(places.program))], write=write)


def remove(places: Places, *, write: bool) -> list[Change]:
    """Take the program and its command away."""
    found = link(places, there=False, write=write)
    program = places.program
    if program.exists():
        found.append(Change(f"removed {program}", _shown(_digest(program)), "", program))
        if write:
            program.unlink()
    if write:
        bring_about([Wish(program.parent, "absent_if_empty")], write=True)
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


def _shown(sha256: str) -> str:
    return sha256 and f"sha256 {sha256}\n"


def _digest(program: Path) -> str:
    try:
        return "" if program.is_symlink() else sha256_of(program)
    except OSError:
        return ""


def _replace(program: Path, source: Path) -> None:
    new = program.with_name(f".{program.name}.new")
    shutil.copyfile(source, new)
    new.chmod(0o755)
    with new.open("rb") as file:
        os.fsync(file.fileno())
    new.replace(program)
