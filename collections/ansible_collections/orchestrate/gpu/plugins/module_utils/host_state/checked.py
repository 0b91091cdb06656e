"""A folder of configuration that its programs take: tried in a copy beside it before any file of it is put in place.

Whether the services have read it is asked of the host, so that a run which was killed between writing and reloading is made good by the
next. The folder is ours alone: what else is in it is removed.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ansible_collections.orchestrate.gpu.plugins.module_utils.host_state import files
from ansible_collections.orchestrate.gpu.plugins.module_utils.host_state.nginx import last_read
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import Answer, HostError
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.programs import run, succeed

_SHOW = ("systemctl", "show", "--property=ActiveState,StateChangeTimestamp", "--timestamp=us+utc")


@dataclass(frozen=True)
class Configuration:
    """The folder as it shall be."""

    folder: Path
    wishes: Sequence[files.Wish]
    """Its folders and files, each folder before what is in it; the folder itself is the first."""
    checks: Sequence[Sequence[str]]
    """Programs with their arguments, run in the copy; one that fails refuses the configuration."""
    units: Sequence[str] = ()
    """Services that reload it."""


def apply(wanted: Configuration, *, write: bool) -> Answer:
    """Have the configuration as it shall be, and the services that run read it.

    Returns:
        What was done; without `write`, what would be, and nothing is checked.

    Raises:
        HostError: a check refuses it. Nothing was changed.
    """
    wishes = [*wanted.wishes, *_strays(wanted)]
    if write and files.bring_about(wishes, write=False):
        _try(wanted)
    changes = files.bring_about(wishes, write=write)
    done = [change.said for change in changes]
    for unit in wanted.units:
        read = last_read(succeed((*_SHOW, unit), "systemctl status, on the host"))
        if read is not None and (changes or _written_after(wanted.folder, read)):
            reload = ("systemctl", "try-reload-or-restart", unit)
            done.append(" ".join(reload))
            # One that its package has started a moment ago dies of the signal that it does not know yet.
            if write and run(reload).returncode != 0:
                succeed(("systemctl", "restart", unit), f"journalctl -u {unit}, on the host")
    return Answer(done, [change.diff() for change in changes])


def _try(wanted: Configuration) -> None:
    copy = wanted.folder.with_name(f".{wanted.folder.name}.new")
    if copy.exists():
        shutil.rmtree(copy)
    try:
        moved = (copy / wish.path.relative_to(wanted.folder) for wish in wanted.wishes)
        files.bring_about([replace(wish, path=path) for wish, path in zip(wanted.wishes, moved)], write=True)
        for check in wanted.checks:
            tried = run(("env", f"--chdir={copy}", *check))
            if tried.returncode != 0:
                raise HostError(
                    f"{' '.join(check)} refuses the configuration: {_reason(tried.stdout + tried.stderr)}",
                    "mend what is named there; nothing was changed, and the services go on as before",
                    tried.stdout + tried.stderr,
                )
    finally:
        shutil.rmtree(copy, ignore_errors=True)


def _reason(said: str) -> str:
    """The line that names the fault; promtool and amtool say before it what they read, and what was well."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    faults = [line for line in lines if "SUCCESS" not in line and not line.endswith("FAILED:")]
    named = [line for line in faults if "FAILED" in line or "error" in line.lower()]
    return (named or faults[1:] or lines or ["it says no reason"])[0]


def _strays(wanted: Configuration) -> list[files.Wish]:
    known = {wish.path for wish in wanted.wishes}
    found = wanted.folder.rglob("*") if wanted.folder.is_dir() else ()
    return [files.Wish(path, "absent", shown=False) for path in sorted(found) if _topmost(path, known)]


def _topmost(path: Path, known: set[Path]) -> bool:
    """Whether it is not known and in a folder that is: with that one goes what is in it."""
    return path not in known and path.parent in known


def _written_after(folder: Path, moment: float) -> bool:
    return any(path.lstat().st_mtime > moment for path in (folder, *folder.rglob("*")) if path.exists())
