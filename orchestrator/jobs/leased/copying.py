"""Folders to a host and results back: by rsync where both have it, else as a tar stream. Never follows a link out of a folder."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from orchestrator.errors import UnreachableError, UsageError
from orchestrator.jobs.leased import archive
from orchestrator.jobs.leased.archive import NEVER, not_copied
from orchestrator.jobs.leased.service import RUNS
from orchestrator.jobs.leased.way import Way
from orchestrator.remote import Shell
from orchestrator.sanitize import sanitized_line

_COPY_S = 6 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A folder that was made on the host."""

    folder: str
    """Absolute."""
    has_rsync: bool
    before: str
    """The newest folder there of the same source, by its name; empty where there is none."""


def prepare(shell: Shell, host: str, name: str, stem: str) -> Prepared:
    """Make the folder on the host.

    Args:
        shell: the host's.
        host: its name.
        name: of the folder, below RUNS in the home of the user there.
        stem: what the names of folders of the same source begin with.

    Raises:
        UnreachableError: no connection, or it broke, or the folder cannot be made.
    """
    answer = shell.run(("sh", "-c", _PREPARE, "sh", RUNS, name, stem))
    lines = answer.stdout.splitlines()
    if answer.exit_code != 0 or len(lines) != 3 or not lines[0].startswith("/"):
        raise UnreachableError(
            f"{host}: {RUNS}/{name} cannot be made: {sanitized_line(answer.stderr, limit=200) or answer.exit_code}",
            f"orchestrate ssh {host} -- df",
        )
    return Prepared(folder=lines[0], has_rsync=lines[1] == "rsync", before=lines[2])


def push(way: Way, source: Path, there: Prepared) -> str:
    """Copy the folder's content, without what .gitignore leaves out; what did it: `rsync` or `tar`.

    Raises:
        UsageError: there is no such folder.
        UnreachableError: it was not copied.
    """
    if not source.is_dir():
        raise UsageError(f"{source} is no folder", "--sync . for the one that you are in")
    if there.has_rsync and shutil.which("rsync"):
        _run(way, rsync_there(way, source, there))
        return "rsync"
    archive.push(way, source, there.folder)
    return "tar"


def pull(way: Way, folder: str, results: str, to: Path, source: Path | None) -> str:
    """Copy results back; what did it: `rsync` or `tar`.

    Args:
        way: to the host.
        folder: the job's, on the host.
        results: in it; `.` for all that the job made or changed.
        to: a folder of this computer; it is made where it is missing.
        source: what was copied there, which is not brought back where it is as it was.

    Raises:
        UsageError: the path leads out of the job's folder.
        UnreachableError: it was not copied.
    """
    path = PurePosixPath(results)
    if path.is_absolute() or ".." in path.parts:
        raise UsageError(
            f"{results} is not within the job's folder {folder}", "a path in it, such as results"
        )
    to.mkdir(parents=True, exist_ok=True)
    if shutil.which("rsync") and _has_rsync(way):
        _run(way, rsync_back(way, folder, results, to, source if path == PurePosixPath() else None))
        return "rsync"
    archive.pull(way, folder, results, to)
    return "tar"


def rsync_there(way: Way, source: Path, there: Prepared) -> tuple[str, ...]:
    """The call that copies a folder to the host."""
    return (
        *("rsync", "--archive", "--compress", "--no-owner", "--no-group", "--safe-links"),
        *(f"--exclude={name}" for name in NEVER),
        "--filter=:- .gitignore",
        # What an earlier job of the same source has is not sent again.
        *((f"--copy-dest=../{there.before}",) if there.before else ()),
        *way.rsync_words(),
        f"{source}/",
        way.place(f"{there.folder}/"),
    )


def rsync_back(way: Way, folder: str, results: str, to: Path, source: Path | None) -> tuple[str, ...]:
    """The call that copies results from the host."""
    return (
        *("rsync", "--recursive", "--links", "--times", "--safe-links", "--compress", "--relative"),
        *(f"--exclude={name}" for name in NEVER),
        *((f"--compare-dest={source.resolve()}", "--prune-empty-dirs") if source else ()),
        *way.rsync_words(),
        way.place(f"{folder}/./{results}"),
        f"{to}/",
    )


def _has_rsync(way: Way) -> bool:
    asked = subprocess.run(
        way.argv("sh", "-c", "command -v rsync"),
        env=os.environ | way.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )
    return asked.returncode == 0


def _run(way: Way, argv: tuple[str, ...]) -> None:
    done = subprocess.run(
        argv,
        env=os.environ | way.environment,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        timeout=_COPY_S,
        check=False,
    )
    if done.returncode != 0:
        raise not_copied(way, argv[0], done.stderr)


_PREPARE = """
umask 077
cd "$HOME" && mkdir -p "$1" && cd "$1" || exit 1
before=$(ls -1dt -- "$3"-[0-9]* 2>/dev/null | head -n 1)
mkdir "$2" && cd "$2" || exit 1
pwd
command -v rsync > /dev/null && echo rsync || echo none
echo "$before"
"""
