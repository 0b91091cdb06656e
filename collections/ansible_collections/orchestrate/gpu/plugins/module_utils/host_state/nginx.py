"""NGINX's configuration: what NGINX refuses is taken back, and it reads what it has not read yet.

Whether it has is asked of the host, so that a run which was killed between writing and reloading is made good by the next.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ansible_collections.orchestrate.gpu.plugins.module_utils.host_state import files
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import Answer, HostError
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.programs import run, succeed

_RELOAD = ("systemctl", "try-reload-or-restart", "nginx.service")
_SHOW = ("systemctl", "show", "--property=ActiveState,StateChangeTimestamp", "--timestamp=us+utc")

FILE = {
    "content": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}
"""The parameters of a file of the configuration, beside its place."""


@dataclass(frozen=True)
class Configuration:
    """What NGINX reads, as it shall be."""

    wishes: Sequence[files.Wish]
    moves: Sequence[tuple[Path, Path]] = ()
    """What is at the first path is moved to the second, where it is there."""
    read: Sequence[Path] = ()
    """Whatever else NGINX reads at its start: files, links, and folders with what is in them."""
    always_checked: bool = True
    """Also where nothing of it changes, and what somebody else wrote may be refused."""


def wish(path: Path, given: Mapping[str, Any]) -> files.Wish:
    """The file at that path, by those parameters."""
    state = "file" if given["state"] == "present" else "absent"
    return files.Wish(path=path, state=state, content=given["content"] or "", mode=0o644)


def bring_about(folder: Path, wishes: Sequence[files.Wish], *, write: bool) -> Answer:
    """Have snippets in the folder as they shall be, as `apply` does. Nothing where there is no such folder: no NGINX reads it."""
    if not folder.is_dir():
        return Answer(more={"served": False})
    return apply(Configuration(wishes, read=[folder], always_checked=False), write=write)


def apply(wanted: Configuration, *, write: bool) -> Answer:
    """Have the configuration as it shall be, and NGINX read it.

    Returns:
        What was done; without `write`, what would be.

    Raises:
        HostError: NGINX refuses the configuration. What was there before is there again.
    """
    before = {wish.path: _content(wish.path) for wish in wanted.wishes}
    changes = files.bring_about(wanted.wishes, write=write)
    moves = [(old, new) for old, new in wanted.moves if old.is_symlink() or old.exists()]
    for old, new in moves if write else ():
        old.replace(new)
    changed = bool(changes or moves)
    if write and (changed or wanted.always_checked) and any(wish.state == "file" for wish in wanted.wishes):
        tested = run(("nginx", "-t", "-q"))
        if tested.returncode != 0:
            _take_back(before, moves)
            lines = [line.strip() for line in tested.stderr.splitlines() if line.strip()]
            raise HostError(
                f"NGINX refuses its configuration: {lines[0] if lines else 'nginx -t says no reason'}",
                "mend what is named there; what this run wrote is taken back, and NGINX goes on as before",
                tested.stderr,
            )
    done = [change.said for change in changes] + [f"moved {old} to {new}" for old, new in moves]
    last = last_read(succeed((*_SHOW, "nginx.service"), "systemctl status, on the host"))
    if last is not None and (changed or any(_written_after(path, last) for path in _files(wanted))):
        done.append(" ".join(_RELOAD))
        if write:
            succeed(_RELOAD, "journalctl -u nginx, on the host")
    return Answer(done, [change.diff() for change in changes], {"served": True})


def _take_back(before: dict[Path, bytes | None], moves: Sequence[tuple[Path, Path]]) -> None:
    for old, new in moves:
        new.replace(old)
    for path, content in before.items():
        if content is None:
            path.unlink(missing_ok=True)
        else:
            path.write_bytes(content)


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def last_read(shown: str) -> float | None:
    """When NGINX was started or reloaded last, in seconds since 1970, by what systemd shows of it. None where it does not run: it
    reads all at its start."""
    values = dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)
    if values.get("ActiveState") not in {"active", "reloading"}:
        return None
    _day, date, time, _zone = values["StateChangeTimestamp"].split()
    return datetime.strptime(f"{date} {time} +0000", "%Y-%m-%d %H:%M:%S.%f %z").timestamp()


def _files(wanted: Configuration) -> Iterator[Path]:
    """A folder's own time is that of the last file that came or went."""
    for path in (*(wish.path for wish in wanted.wishes), *wanted.read):
        yield path
        if path.is_dir() and not path.is_symlink():
            yield from path.iterdir()


def _written_after(path: Path, moment: float) -> bool:
    return os.path.lexists(path) and path.lstat().st_mtime > moment
