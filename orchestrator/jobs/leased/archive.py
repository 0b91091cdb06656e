"""Folders as tar streams through SSH, where one side has no rsync. Extracts nothing outside of the folder that it is given."""

import os
import shutil
import subprocess
import tarfile
from contextlib import suppress
from pathlib import Path, PurePosixPath

from orchestrator.errors import UnreachableError
from orchestrator.jobs.leased.way import Way
from orchestrator.sanitize import sanitized_line

NEVER = (".git", ".venv", "__pycache__")
"""What is not copied whatever .gitignore says: history, and what belongs to this computer."""


def files_of(source: Path) -> tuple[Path, ...]:
    """What is copied where there is no rsync: as git has it, else all. Relative paths."""
    names = _known_to_git(source) or [path.relative_to(source) for path in sorted(source.rglob("*"))]
    return tuple(name for name in names if not set(NEVER) & set(name.parts) and (source / name).is_file())


def push(way: Way, source: Path, folder: str) -> None:
    """Copy a folder's content into one on the host. Raises UnreachableError."""
    with subprocess.Popen(
        way.argv("tar", "--extract", "--gzip", "--no-same-owner", "--file=-", f"--directory={folder}"),
        env=os.environ | way.environment,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None  # noqa: S101 - it was asked for
        with suppress(BrokenPipeError), tarfile.open(fileobj=process.stdin, mode="w|gz") as tar:
            for name in files_of(source):
                tar.add(source / name, arcname=str(name), recursive=False)
        _out, complaint = process.communicate()
    if process.returncode != 0:
        raise not_copied(way, "tar", complaint)


def pull(way: Way, folder: str, results: str, to: Path) -> None:
    """Copy what lies at `results` in a folder of the host. Raises UnreachableError."""
    mark, argv = way.marked("tar", "--create", "--gzip", "--file=-", f"--directory={folder}", "--", results)
    with subprocess.Popen(
        argv,
        env=os.environ | way.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None  # noqa: S101 - it was asked for
        behind = b""
        while not behind.endswith(mark.encode()) and (byte := process.stdout.read(1)):
            behind += byte
        # Where it is none, what tar says there is told.
        with suppress(tarfile.TarError), tarfile.open(fileobj=process.stdout, mode="r|gz") as tar:
            for entry in tar:
                _extract(tar, entry, to)
        _out, complaint = process.communicate()
    if process.returncode != 0:
        raise not_copied(way, "tar", complaint)


def _known_to_git(source: Path) -> list[Path]:
    """The files of a work tree that are not ignored; none where it is no work tree."""
    if shutil.which("git") is None:
        return []
    asked = ("git", "-C", str(source), "ls-files", "--cached", "--others", "--exclude-standard", "-z")
    listed = subprocess.run(asked, capture_output=True, check=False)
    return [Path(os.fsdecode(name)) for name in listed.stdout.split(b"\0") if name]


def _extract(tar: tarfile.TarFile, entry: tarfile.TarInfo, to: Path) -> None:
    """A file or a folder below `to`; a host may send anything."""
    path = PurePosixPath(entry.name)
    if path.is_absolute() or set(path.parts) & {"..", *NEVER} or not (entry.isfile() or entry.isdir()):
        return
    target = to / path
    if not target.resolve().is_relative_to(to.resolve()):
        return
    if entry.isdir():
        target.mkdir(parents=True, exist_ok=True)
        return
    content = tar.extractfile(entry)
    target.parent.mkdir(parents=True, exist_ok=True)
    if content is not None:
        with target.open("wb") as file:
            shutil.copyfileobj(content, file)


def not_copied(way: Way, program: str, complaint: bytes) -> UnreachableError:
    """The error of a copy that failed, with what the program said."""
    lines = [line for line in complaint.decode(errors="replace").splitlines() if line.strip()]
    seen = next((line for line in lines if not line.startswith("rsync error")), "it says nothing")
    return UnreachableError(
        f"{way.host}: {program} did not copy all: {sanitized_line(seen, limit=300)}", "repeat the command"
    )
