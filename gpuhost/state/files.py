"""Digests of files and folders: of what lies below one by names, kinds, owners, modes, sizes, inodes and times of change.

The time of change (ctime) is the kernel's and cannot be set back, so no content has to be read: whatever was written, moved
or given another mode has a newer one.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

BY_CHILD = ("etc",)
"""Folders with a section for each of their entries, so that it can be said what changed."""
WHOLE = (
    "boot",
    "lib/modules",
    "opt",
    "srv",
    "usr/bin",
    "usr/lib/modprobe.d",
    "usr/lib/systemd",
    "usr/local",
    "usr/sbin",
    "usr/share/datasets",
    "usr/share/keyrings",
    "var/lib/dkms",
    "var/lib/dpkg/info",
    "var/lib/dpkg/updates",
    "var/lib/misc",
    "var/lib/orchestrate",
    "var/lib/systemd/linger",
    "var/spool/cron",
    "var/www",
)
"""Folders that are one section each."""
CONTENTS = (
    "etc/hostname",
    "etc/hosts",
    "etc/resolv.conf",
    "var/lib/apt/extended_states",
    "var/lib/dpkg/status",
)
"""Files that are written anew with the same content, by container engines at each start and by dpkg: content, owner and mode count."""
OF_HOMES = (".config/orchestrate", ".keras/datasets", ".ssh")
"""Folders below the home of root and of everybody who may log in."""
FIRST_USER_ID = 1000
"""Debian's and Ubuntu's first id of a person: FIRST_UID of /etc/adduser.conf."""

WRITTEN_BY_SERVICES = (
    "etc/.pwd.lock",
    "etc/.updated",
    "etc/adjtime",
    "etc/ld.so.cache",
    "etc/mtab",
    "var/cache/gpuhost",
    "var/lib/gpuhost",
    "var/lib/mysql",
    "var/lib/orchestrate/certificate",
    "var/lib/orchestrate/guard",
    "var/lib/orchestrate/jobs",
    "var/lib/orchestrate/lifetime",
    "var/lib/orchestrate/notebooks/hub",
    "var/lib/orchestrate/page",
    "var/lib/orchestrate/web/acme",
    "var/lib/orchestrate/web/certbot/logs",
    "var/lib/prometheus",
    "var/lib/slurm",
)
"""What programs write as they run, and no role looks at."""
WRITTEN_ANYWHERE = frozenset({"__pycache__", "vnc-passwd"})
"""Names of what is written anew as programs run, wherever it lies: by Python, and by a desktop at each start, from the password beside it."""


def digests(root: Path, folders: Iterable[str]) -> dict[str, str]:
    """By path, of the usual places and of `folders`; what is not there has a digest too. Raises OSError."""
    places = [*WHOLE, *_of_homes(root), *(folder.strip("/") for folder in folders)]
    for folder in BY_CHILD:
        places += [f"{folder}/{path.name}" for path in sorted((root / folder).iterdir())]
    # A folder within another one would be looked at twice.
    outer = {place for place in places if not any(_lies_in(place, other) for other in places)}
    found = {f"/{place}": digest(root, place) for place in sorted(outer - {*CONTENTS})}
    return found | {f"/{place}": _of_content(root / place) for place in CONTENTS}


def _lies_in(place: str, other: str) -> bool:
    return place.startswith(f"{other}/")


def _of_homes(root: Path) -> list[str]:
    people = (user for user in pwd.getpwall() if user.pw_uid == 0 or user.pw_uid >= FIRST_USER_ID)
    homes = sorted({user.pw_dir.strip("/") for user in people if user.pw_dir.strip("/")})
    return [f"{home}/{folder}" for home in homes if (root / home).is_dir() for folder in OF_HOMES]


def digest(root: Path, place: str) -> str:
    """Of the file or folder and of everything below it; links are not followed. Raises OSError."""
    passed_over = {str(root / each) for each in WRITTEN_BY_SERVICES}
    lines = sorted(_entries(str(root / place), passed_over))
    return hashlib.sha256("\n".join(lines).encode(errors="surrogateescape")).hexdigest()


def _entries(path: str, passed_over: set[str]) -> Iterator[str]:
    if path in passed_over or not os.path.lexists(path):
        return
    yield _line(path, os.lstat(path))
    waiting = [path] if Path(path).is_dir() else []
    while waiting:
        for entry in _listed(waiting.pop()):
            if entry.name in WRITTEN_ANYWHERE or entry.path in passed_over:
                continue
            try:
                yield _line(entry.path, entry.stat(follow_symlinks=False))
            except FileNotFoundError:
                continue
            if entry.is_dir(follow_symlinks=False):
                waiting.append(entry.path)


def _listed(folder: str) -> list[os.DirEntry[str]]:
    """What is in it; nothing where it went since it was listed itself, as programs' temporary files do."""
    try:
        with os.scandir(folder) as listed:
            return list(listed)
    except FileNotFoundError:
        return []


def _line(path: str, seen: os.stat_result) -> str:
    """Of a folder neither size nor time: its entries are listed, and programs leave a __pycache__ in it."""
    line = f"{path} {seen.st_mode:o} {seen.st_uid} {seen.st_gid}"
    if stat.S_ISDIR(seen.st_mode):
        return line
    return f"{line} {seen.st_size} {seen.st_ino} {seen.st_ctime_ns}"


def _of_content(path: Path) -> str:
    try:
        seen = path.stat()
        return hashlib.sha256(
            f"{seen.st_mode:o} {seen.st_uid} {seen.st_gid}\n".encode() + path.read_bytes()
        ).hexdigest()
    except FileNotFoundError:
        return ""
