"""Keep verified data sets in one folder, and link them to where Keras looks for them.

A file counts by the SHA-256 of its content, read anew at each run; of a `.gz` that is what it unpacks to, because Debian's
package holds the same content packed anew. What is fetched bears its name only when it was verified. What people put into
their homes themselves stays as it is.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.orchestrate.gpu.plugins.module_utils import retrying
from ansible_collections.orchestrate.gpu.plugins.module_utils.content import unpacked_sha256_of
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import Answer, HostError

SKELETON = Path("/etc/skel")
"""What is here, `useradd` and `adduser` copy into the home of everybody who comes later."""

SILENCE_S = 60
"""A server that sends nothing for so long is given up."""

HINTS = {
    "package": "apt-get install --reinstall the package, or set datasets_source to mirror, path or origin",
    "mirror": "see that datasets_mirror has this file, or set datasets_source to package, path or origin",
    "path": "copy the file anew into datasets_path, or set datasets_source to package, mirror or origin",
    "origin": "set datasets_mirror or datasets_path to where this host can get the file",
}


@dataclass(frozen=True)
class DataFile:
    """One file of a data set."""

    store: Path
    """Where it lies, once for all."""
    keras: Path
    """Where Keras looks for it, relative to a home."""
    sha256: str
    """Of the content."""
    source: str
    """`package`, `mirror`, `path` or `origin`."""
    address: str
    """A file for `package`, a URL for `mirror` and `origin`. What comes from `path` was copied into the store before."""


@dataclass(frozen=True)
class Wish:
    """The data sets as they shall be, and for whom."""

    root: Path
    files: tuple[DataFile, ...]
    users: tuple[str, ...]


def wish_of(given: Mapping[str, Any]) -> Wish:
    """The parameters of the module as a wish."""
    root = Path(given["root"])
    return Wish(
        root=root,
        files=tuple(
            DataFile(
                store=root / dataset["name"] / file["name"],
                keras=Path(".keras/datasets", dataset["keras_folder"], file["name"]),
                sha256=file["sha256"],
                source=dataset["source"],
                address=f"{dataset['base']}/{file['name']}",
            )
            for dataset in given["datasets"]
            for file in dataset["files"]
        ),
        users=tuple(given["users"]),
    )


def present(wish: Wish, *, write: bool) -> list[str]:
    """Store and link what is missing; return what was done. Without `write`, what would be done."""
    answer = Answer(write=write)
    for file in wish.files:
        if unpacked_sha256_of(file.store) != file.sha256:
            answer.do(f"stored {file.store}", store, file)
    for home in homes(wish.users):
        for file in wish.files:
            link = home / file.keras
            if is_to_link(link, file.store, wish.root):
                answer.do(f"linked {link}", lay, link, file.store)
    return answer.done


def absent(wish: Wish, *, write: bool) -> list[str]:
    """Remove the links and the stored files; return what was done. Without `write`, what would be done."""
    answer = Answer(write=write)
    for home in homes(wish.users):
        for file in wish.files:
            link = home / file.keras
            if leads_into(link, wish.root):
                answer.do(f"unlinked {link}", remove, link, home)
    for file in wish.files:
        for path in (file.store, unverified(file)):
            if path.is_symlink() or path.exists():
                answer.do(f"removed {path}", remove, path, wish.root.parent)
    return answer.done


def store(file: DataFile) -> None:
    """Bring the file from its source into the store. Raises HostError when that is not possible."""
    fresh = unverified(file)
    file.store.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    if file.source == "package":
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(file.address)
    elif file.source == "path":
        file.store.replace(fresh)
    else:
        download(file, fresh)
        fresh.chmod(0o444)
    seen = unpacked_sha256_of(fresh)
    if seen != file.sha256:
        fresh.unlink()
        raise HostError(
            f"{file.address} is not what it should be: its content has sha256 {seen or 'none'}, not {file.sha256}",
            HINTS[file.source],
        )
    fresh.replace(file.store)


def download(file: DataFile, target: Path) -> None:
    """Fetch the file from its URL. Raises HostError with what the server, or the network, said."""
    try:
        retrying.fetched(file.address, retrying.saved(target), timeout_s=SILENCE_S)
    except retrying.UNREACHABLE as error:
        raise HostError(f"{file.address}: {retrying.reason_of(error)}", HINTS[file.source]) from error


def unverified(file: DataFile) -> Path:
    """Where the file is before it was verified."""
    return file.store.with_name(f".{file.store.name}")


def homes(users: Sequence[str]) -> Iterator[Path]:
    """The skeleton of homes to come, then the home of each user; while it is looked at, the process acts as its owner."""
    yield SKELETON
    for user in users:
        account = account_of(user)
        with acting_as(account):
            yield Path(account.pw_dir)


def account_of(user: str) -> pwd.struct_passwd:
    """The user's account. Raises HostError where there is none, or none with a home."""
    try:
        account = pwd.getpwnam(user)
    except KeyError:
        raise HostError(f"{user} is no user of this host", "set datasets_users to users it has") from None
    if not Path(account.pw_dir).is_dir():
        raise HostError(f"{user} has no home: {account.pw_dir} is no folder", "take it out of datasets_users")
    return account


@contextmanager
def acting_as(account: pwd.struct_passwd) -> Iterator[None]:
    """Be this person for a while: root, following links that people lay in their homes, could be led anywhere."""
    groups = os.getgroups()
    if os.geteuid() == 0:
        os.setgroups([])
    os.setegid(account.pw_gid)
    os.seteuid(account.pw_uid)
    try:
        yield
    finally:
        os.seteuid(os.getuid())
        os.setegid(os.getgid())
        if os.geteuid() == 0:
            os.setgroups(groups)


def is_to_link(link: Path, target: Path, root: Path) -> bool:
    """Whether the link is missing, or leads to a wrong place in the root, or nowhere. Anything else there is somebody's."""
    if link.is_symlink() and link.readlink() != target:
        return leads_into(link, root) or not link.exists()
    return not link.is_symlink() and not link.exists()


def leads_into(link: Path, root: Path) -> bool:
    """Whether this is a link to something in the root."""
    return link.is_symlink() and link.readlink().is_relative_to(root)


def lay(link: Path, target: Path) -> None:
    """Make the link, and the folders above it. Raises HostError where the owner of the home may not."""
    try:
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(target)
    except PermissionError as error:
        raise HostError(
            f"{error.filename}: its own user may not write there, so Keras would not look there either",
            "give ~/.keras to its user with chown, or take the user out of datasets_users",
        ) from error


def remove(path: Path, up_to: Path) -> None:
    """Remove the file, and the folders above it as long as they are empty and below `up_to`."""
    path.unlink()
    folder = path.parent
    while folder != up_to and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
