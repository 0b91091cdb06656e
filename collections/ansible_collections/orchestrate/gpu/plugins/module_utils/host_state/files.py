"""Files, folders and links as they shall be. A file is replaced whole or not at all; what is as it shall be is not touched."""

from __future__ import annotations

import grp
import pwd
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.orchestrate.gpu.plugins.module_utils.running import HostError, before_and_after
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.files import (
    ManagedFile,
    differs,
    folder_differs,
    link,
    make_folder,
    text_of,
)
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.files import write as write_file

HIDDEN = "(its content is not shown)\n"


@dataclass(frozen=True)
class Wish:
    """One path as it shall be."""

    path: Path
    state: str
    """`file`, `directory`, `link`, `absent`, or `absent_if_empty` for a folder."""
    content: str = ""
    target: str = ""
    """Where a link leads."""
    mode: int = 0
    """Of a file or folder."""
    owner: str = "root"
    group: str = "root"
    shown: bool = True
    """Whether its content may be seen."""

    @property
    def access(self) -> str:
        """Owner, group and mode, as a difference shows them."""
        return f"{self.owner}:{self.group} {self.mode:04o}\n"


@dataclass(frozen=True)
class Change:
    """What was done to one path, or would be."""

    said: str
    before: str
    after: str
    path: Path

    def diff(self) -> dict[str, str]:
        """As Ansible shows it."""
        return before_and_after(self.path, self.before, self.after)


def wishes_of(given: Sequence[Mapping[str, Any]]) -> list[Wish]:
    """The parameters of the module as wishes. Raises HostError where a link leads nowhere or a mode is none."""
    return [_wish_of(each) for each in given]


def _wish_of(given: Mapping[str, Any]) -> Wish:
    state = given["state"]
    if state == "link" and not given["target"]:
        raise HostError(f"{given['path']} shall be a link and has no target", "give it `target`")
    mode = given["mode"] or ("0755" if state == "directory" else "0644")
    try:
        number = int(mode, 8)
    except ValueError:
        raise HostError(f"mode {mode} of {given['path']} is no octal number", 'write it as "0644"') from None
    return Wish(
        path=Path(given["path"]),
        state=state,
        content=given["content"] or "",
        target=given["target"] or "",
        mode=number,
        owner=given["owner"],
        group=given["group"],
        shown=not given["hidden"],
    )


def bring_about(wishes: Sequence[Wish], *, write: bool) -> list[Change]:
    """Change what is not as it shall be, in the order given; return what was changed. Without `write`, what would be.

    Raises:
        HostError: something of another kind is in the way, or an account is not there.
        OSError: the disk is full, or the like.
    """
    found = []
    for wish in wishes:
        change = _STATES[wish.state](wish, write=write)
        if change is not None:
            found.append(change)
    return found


def _file(wish: Wish, *, write: bool) -> Change | None:
    path, before = wish.path, text_of(wish.path)
    same = path.is_file() and not path.is_symlink() and before == wish.content
    # Who is not there yet is a failure only where something is written.
    if same and not differs(_managed(wish)):
        return None
    if path.is_dir() and not path.is_symlink():
        raise HostError(f"{path} is a folder, and a file shall be there", f"look into {path}, and move it")
    if write:
        write_file(_managed(wish))
    if same:
        return Change(f"set owner and mode of {path}", "", wish.access, path)
    texts = (before, wish.content) if wish.shown else (HIDDEN, HIDDEN)
    return Change(f"wrote {path}", *texts, path)


def _managed(wish: Wish) -> ManagedFile:
    return ManagedFile(wish.path, wish.content, wish.mode, _ids(wish))


def _directory(wish: Wish, *, write: bool) -> Change | None:
    path = wish.path
    if path.is_dir():
        if not folder_differs(path, wish.mode, _ids(wish)):
            return None
        said = f"set owner and mode of {path}"
    elif path.exists() or path.is_symlink():
        raise HostError(f"{path} is there and no folder", f"look at {path}, and move it")
    else:
        said = f"made folder {path}"
    if write:
        make_folder(path, wish.mode, _ids(wish))
    return Change(said, "", wish.access, path)


def _link(wish: Wish, *, write: bool) -> Change | None:
    before = str(wish.path.readlink()) if wish.path.is_symlink() else ""
    if before == wish.target:
        return None
    if wish.path.is_dir() and not wish.path.is_symlink():
        raise HostError(
            f"{wish.path} is a folder, and a link shall be there", f"look into {wish.path}, and move it"
        )
    if write:
        link(wish.path, wish.target)
    return Change(f"linked {wish.path}", before and f"{before}\n", f"{wish.target}\n", wish.path)


def _absent(wish: Wish, *, write: bool) -> Change | None:
    if not (wish.path.exists() or wish.path.is_symlink()):
        return None
    whole_folder = wish.path.is_dir() and not wish.path.is_symlink()
    before = text_of(wish.path) if wish.shown else HIDDEN
    if whole_folder:
        before = "a folder\n"
    elif wish.path.is_symlink():
        before = f"{wish.path.readlink()}\n"
    if write:
        shutil.rmtree(wish.path) if whole_folder else wish.path.unlink()
    return Change(f"removed {wish.path}", before, "", wish.path)


def _absent_if_empty(wish: Wish, *, write: bool) -> Change | None:
    """In check mode a folder counts as it is, although the calls before might have emptied it."""
    if not wish.path.is_dir() or any(wish.path.iterdir()):
        return None
    if write:
        wish.path.rmdir()
    return Change(f"removed {wish.path}", "an empty folder\n", "", wish.path)


_STATES = {
    "file": _file,
    "directory": _directory,
    "link": _link,
    "absent": _absent,
    "absent_if_empty": _absent_if_empty,
}


def _ids(wish: Wish) -> tuple[int, int]:
    try:
        return pwd.getpwnam(wish.owner).pw_uid, grp.getgrnam(wish.group).gr_gid
    except KeyError:
        raise HostError(
            f"{wish.path} shall belong to {wish.owner}:{wish.group}, and this host has no such account or group",
            "create it before, or set another owner and group",
        ) from None
