"""A folder that is finished only by its record, and whose finished predecessor is back when a new one fails.

Every step may be cut short at any point: the next run puts in order what it finds. Whose folder has no record, that one is
somebody else's and is never touched. What is in a folder does not matter here.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ansible_collections.orchestrate.gpu.plugins.module_utils.system import files

RECORD = "environment.json"


@dataclass(frozen=True)
class Record:
    """What a folder says of itself. Without `installed` it is unfinished."""

    digest: str
    """Of the wish that it was made for."""
    installed: tuple[str, ...]
    notes: Mapping[str, str] = field(default_factory=dict)
    """For people; nothing is decided by them."""


class ForeignFolderError(Exception):
    """The folder is there and was not made by the role."""


def difference(folder: Path, digest: str) -> str:
    """Why the environment in the folder has to be built; empty when it is as wanted. Changes nothing.

    Raises:
        ForeignFolderError: it is somebody else's.
    """
    if not folder.exists():
        return "there was none"
    record = read_record(folder)
    if record is None and not (folder.is_dir() and not any(folder.iterdir())):
        raise ForeignFolderError(f"{folder} is there and was not made by this role")
    if record is None or not record.installed:
        return "it was not finished"
    if record.digest != digest:
        return "other packages, or another Python, are wanted"
    strayed = sorted(set(record.installed) ^ set(installed_in(folder)))
    return f"somebody changed {', '.join(strayed)}" if strayed else ""


@contextmanager
def replaced(folder: Path) -> Iterator[None]:
    """Have nothing at the folder's place for a while. If that ends badly, the finished one from before is back."""
    folder.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    if is_finished(folder):
        folder.rename(previous(folder))
    else:
        discard(folder)
    try:
        yield
    except Exception:
        discard(folder)
        put_in_order(folder)
        raise


def put_in_order(folder: Path) -> None:
    """Finish what a killed run left half done."""
    empty_trash(folder.parent)
    if is_finished(folder):
        discard(previous(folder))
    elif previous(folder).exists():
        discard(folder)
        previous(folder).rename(folder)


def discard(folder: Path) -> None:
    """Remove a folder that may not be there; out of the way first, so that nothing half-removed bears its name."""
    if folder.exists():
        folder.rename(trash(folder.parent))
        empty_trash(folder.parent)


def empty_trash(root: Path) -> None:
    """Remove what was discarded, which a killed run may have left."""
    if trash(root).exists():
        shutil.rmtree(trash(root))


def trash(root: Path) -> Path:
    """Where folders go to be removed, one at a time: the caller's lock is for the whole root."""
    return root / ".discarded"


def previous(folder: Path) -> Path:
    """Where the finished folder waits while the next one is made."""
    return folder.with_name(f".{folder.name}.previous")


def made_in(root: Path) -> tuple[Path, ...]:
    """The folders that were made here, finished or not, and those that a killed run put aside."""
    records = (*root.glob(f"*/{RECORD}"), *root.glob(f".*/{RECORD}"))
    return tuple(sorted({record.parent for record in records}))


def installed_in(folder: Path) -> tuple[str, ...]:
    """The packages, as `<name>-<version>`: what pip and conda themselves go by."""
    of_pip = (path.stem for path in folder.glob("lib/python3*/site-packages/*.dist-info"))
    of_conda = (path.stem for path in folder.glob("conda-meta/*.json"))
    return tuple(sorted({*of_pip, *of_conda}))


def is_finished(folder: Path) -> bool:
    """Whether what is in the folder was made to its end."""
    record = read_record(folder)
    return record is not None and bool(record.installed)


def read_record(folder: Path) -> Record | None:
    """The folder's record; None where there is none."""
    try:
        given = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    return Record(digest=given["digest"], installed=tuple(given["installed"]), notes=given.get("notes", {}))


def begin(folder: Path, digest: str) -> None:
    """Make the folder, which is unfinished from then on."""
    folder.mkdir(mode=0o755)
    write_record(folder, Record(digest=digest, installed=()))


def finish(folder: Path, digest: str, notes: Mapping[str, str] | None = None) -> None:
    """Have the folder finished, with what is installed in it."""
    write_record(folder, Record(digest=digest, installed=installed_in(folder), notes=notes or {}))


def write_record(folder: Path, record: Record) -> None:
    """Replace the folder's record in one step."""
    files.write(files.ManagedFile(folder / RECORD, json.dumps(asdict(record), indent=1) + "\n"))
