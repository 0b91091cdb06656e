"""Where /usr/local/cuda leads, and a role's files about it. Installs no package, and touches no file of somebody else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from ansible_collections.orchestrate.gpu.plugins.module_utils.host_state import files
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import (
    Answer,
    HostError,
    before_and_after,
)
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.programs import run, succeed

LINK, ALTERNATIVE = Path("/usr/local/cuda"), Path("/etc/alternatives/cuda")
CACHE, LIBRARY_FOLDERS = Path("/etc/ld.so.cache"), Path("/etc/ld.so.conf.d")
MARKER = "Ansible managed: role cuda"
"""In every file that the role writes."""
REPAIR = "update-alternatives --display cuda"


def bring_about(target: str, priority: int, texts: Mapping[str, str], *, write: bool) -> Answer:
    """Lead /usr/local/cuda to the target, empty for nowhere, and have the files so; without a text a file is not to be there.

    Raises HostError where a file that is wanted is there and somebody else's.
    """
    paths = {Path(path): text for path, text in texts.items()}
    for path in (path for path, text in paths.items() if text and not _is_ours(path)):
        raise HostError(
            f"{path} is there and not this role's", "move it away: the role writes one of that name"
        )
    wishes = [wish for path, text in paths.items() for wish in _wishes(path, text)]
    answer = Answer()
    leads = str(ALTERNATIVE.readlink()) if ALTERNATIVE.is_symlink() else ""
    if target and leads != target:
        answer.done.append(f"led {LINK} to {target}")
    elif leads and not Path(leads).exists():
        answer.done.append(f"removed {LINK}")
    if answer.done:
        answer.diff.append(before_and_after(LINK, leads and f"{leads}\n", target and f"{target}\n"))
        if write:
            _lead(leads, target, priority)
    changes = files.bring_about(wishes, write=write)
    answer.done += [change.said for change in changes]
    answer.diff += [change.diff() for change in changes]
    if any(change.path.parent == LIBRARY_FOLDERS for change in changes) or _cache_is_old(target, paths):
        answer.done.append("renewed the cache of libraries")
        if write:
            succeed(("ldconfig",), "ldconfig --verbose")
    return answer


def warnings(drivers: Mapping[str, str], loaded: str) -> list[str]:
    """What to know that stops nothing: a driver that is loaded and too old for a version. Pure."""
    return [
        f"The driver {loaded} is loaded, and programs of CUDA {version} start from {least} on. "
        "Set nvidia_driver_branch to a later one, or cuda_version to an earlier."
        for version, least in drivers.items()
        if loaded and _numbers(loaded) < _numbers(least)
    ]


def _wishes(path: Path, text: str) -> list[files.Wish]:
    """A file of its own folder goes with that, and with the folder above where nothing else is in it."""
    own_folder = path.parent.name == "cuda"
    if text:
        folder = [files.Wish(path.parent, "directory", mode=0o755)] if own_folder else []
        return [*folder, files.Wish(path, "file", content=text, mode=0o644)]
    if not _is_ours(path):
        return []
    folders = (path.parent, path.parent.parent) if own_folder else ()
    return [files.Wish(path, "absent"), *(files.Wish(each, "absent_if_empty") for each in folders)]


def _is_ours(path: Path) -> bool:
    return not path.is_file() or MARKER in path.read_text(encoding="utf-8", errors="replace")


def _lead(before: str, target: str, priority: int) -> None:
    """As NVIDIA's packages do it. The distribution's does not register itself."""
    if before and not Path(before).exists():
        succeed(("update-alternatives", "--remove", "cuda", before), REPAIR)
    if target and target not in run(("update-alternatives", "--list", "cuda")).stdout.splitlines():
        succeed(("update-alternatives", "--install", str(LINK), "cuda", target, str(priority)), REPAIR)
    if target:
        succeed(("update-alternatives", "--set", "cuda", target), REPAIR)


def _cache_is_old(target: str, texts: Mapping[Path, str]) -> bool:
    """Whether the loader does not know yet what is there, be it that a run was killed before it was told."""
    settings = [path for path, text in texts.items() if text and path.parent == LIBRARY_FOLDERS]
    paths = [path for path in (*settings, Path(target, "lib64")) if path.exists()]
    times = [path.stat().st_mtime for path in paths]
    times += [ALTERNATIVE.lstat().st_mtime] if ALTERNATIVE.is_symlink() else []
    return bool(settings and times) and (not CACHE.exists() or max(times) > CACHE.stat().st_mtime)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)))
