"""Accounts with their groups, SSH keys and rights, and the record of what was added. Never takes a line of somebody else's."""

from __future__ import annotations

import grp
import json
import os
import pwd
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ansible_collections.orchestrate.gpu.plugins.module_utils.host_setup.managed import (
    change,
    root_file,
    with_block,
)
from ansible_collections.orchestrate.gpu.plugins.module_utils.host_state import files
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import Answer, HostError
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.files import text_of
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.programs import succeed

RECORDS, SUDOERS = Path("/var/lib/misc"), Path("/etc/sudoers.d")

Record = Mapping[str, Sequence[Any]]
"""What was added: the accounts `created`, the `user` and `group` of those that `joined`, the accounts `keyed`."""


@dataclass(frozen=True)
class User:
    """Somebody who shall have an account."""

    name: str
    ssh_keys: Sequence[str]
    groups: Sequence[str] = ()
    sudo: bool = False
    shell: str = "/bin/bash"
    comment: str = ""


def added(record: Record, users: Sequence[User], groups: Mapping[str, frozenset[str]]) -> Record:
    """The record with what these users lack, given the groups of each account that is there. Pure."""
    names = {user.name for user in users}
    created = {*record["created"]} | (names - groups.keys())
    lacking = [
        {"user": user.name, "group": group}
        for user in users
        if user.name not in created
        for group in sorted({*user.groups} - groups[user.name])
    ]
    joined = [*record["joined"], *(pair for pair in lacking if pair not in record["joined"])]
    return {"created": sorted(created), "joined": joined, "keyed": sorted({*record["keyed"]} | names)}


def present(owner: str, users: Sequence[User], *, write: bool) -> Answer:
    """Have the accounts; return what was done, or without `write` would be. Raises HostError."""
    answer, there = Answer(write=write), _groups(user.name for user in users)
    unknown = sorted({group for user in users for group in user.groups if not _is_group(group)})
    if unknown and write:
        raise HostError(
            f"there is no group {', '.join(unknown)} on this host",
            "make it before, or take it out of the users' `groups`",
        )
    before = _record(owner)
    record = added(before, users, there)
    if record != before:
        # Before anything is made, so that a run that is killed in between leaves nothing that nobody owns.
        text = f"{json.dumps(record, sort_keys=True)}\n"
        change(answer, root_file(RECORDS / f"{owner}-users.json", text))
    for user in users:
        lacking = ",".join(sorted({*user.groups} - there.get(user.name, frozenset())))
        if user.name not in there:
            argv = ["useradd", "--create-home", "--shell", user.shell, "--comment", user.comment]
            argv += ["--groups", lacking] if lacking else []
            argv += ["--no-user-group"] if _is_group(user.name) else []
            _do([*argv, user.name], f"created account {user.name}", answer)
        elif lacking:
            argv = ["usermod", "--append", "--groups", lacking, user.name]
            _do(argv, f"added {user.name} to {lacking}", answer)
        _have_keys(owner, user.name, user.ssh_keys, answer)
    _have_rights(owner, [user.name for user in users if user.sudo], answer)
    return answer


def absent(owner: str, *, write: bool) -> Answer:
    """Take away what was added. Raises HostError, before anything is, where the account in use would go."""
    answer, record = Answer(write=write), _record(owner)
    there = _groups(record["keyed"])
    connected = os.environ.get("SUDO_USER") or pwd.getpwuid(os.geteuid()).pw_name
    if connected in record["created"]:
        raise HostError(
            f"{connected} was made by role {owner} and would be removed with it while in use",
            f"connect as another user to set {owner}_state to absent",
        )
    for name in (name for name in record["keyed"] if name in there):
        _have_keys(owner, name, (), answer)
    for name in (name for name in record["created"] if name in there):
        # Also while somebody is logged in: an account that has to go does not stay for that.
        _do(["userdel", "--force", name], f"removed account {name}", answer)
    for name, group in ((pair["user"], pair["group"]) for pair in record["joined"]):
        if group in there.get(name, ()):
            _do(["gpasswd", "--delete", name, group], f"removed {name} from {group}", answer)
    _have_rights(owner, (), answer)
    change(answer, root_file(RECORDS / f"{owner}-users.json", ""))
    return answer


def _have_keys(owner: str, name: str, keys: Sequence[str], answer: Answer) -> None:
    """Have these keys, and no others, between the owner's markers."""
    try:
        entry = pwd.getpwnam(name)
    except KeyError:  # in check mode
        answer.done.append(f"wrote the keys of {name}")
        return
    try:
        _write_keys(owner, entry, keys, answer)
    except PermissionError as error:
        # As with NFS that takes root for nobody (root_squash, its default). In check mode it is not seen where it can be read.
        raise HostError(
            f"root may not read or write {error.filename}, as on NFS with root_squash: the keys of {name} cannot be kept there",
            f"on your computer, `ssh-copy-id {name}@HOST` as {name}, and leave {name} out of {owner}_users; or export the home "
            "directories to this host with no_root_squash",
        ) from error


def _write_keys(owner: str, entry: pwd.struct_passwd, keys: Sequence[str], answer: Answer) -> None:
    name, group = entry.pw_name, grp.getgrgid(entry.pw_gid).gr_name
    folder = Path(entry.pw_dir) / ".ssh"
    file = folder / "authorized_keys"
    for path in (folder, file):
        if path.is_symlink() and path.stat().st_uid != entry.pw_uid:
            raise HostError(f"{path} leads to what is not {name}'s", "have a look at it, and remove the link")
    before = file.read_text(encoding="utf-8", errors="replace") if _is_there(file) else ""
    after = with_block(before, f"Ansible managed: role {owner}", "\n".join(map(str.strip, keys)))
    if keys or after != before:
        ssh = files.Wish(folder.resolve(), "directory", "", "", 0o700, name, group)
        change(answer, ssh, replace(ssh, path=file.resolve(), state="file", content=after, mode=0o600))


def _is_there(file: Path) -> bool:
    """Raises PermissionError where root may not know, which Path.exists calls missing from Python 3.14 on."""
    with suppress(FileNotFoundError, NotADirectoryError):
        file.stat()
        return True
    return False


def _have_rights(owner: str, names: Sequence[str], answer: Answer) -> None:
    """Let these, and no others that the owner let, act as root."""
    lines = [f"# Ansible managed: role {owner}", *(f"{name} ALL=(ALL:ALL) NOPASSWD: ALL" for name in names)]
    file, text = SUDOERS / f"{owner}-users", "".join(f"{line}\n" for line in lines) if names else ""
    if answer.write and text and text_of(file) != text:
        # From a file: the visudo of sudo-rs takes no text on its standard input.
        with tempfile.NamedTemporaryFile("w", prefix="sudoers.") as draft:
            draft.write(text)
            draft.flush()
            succeed(("visudo", "--check", f"--file={draft.name}"), "mend the names of the users with `sudo`")
    change(answer, root_file(file, text, 0o440))


def _groups(names: Iterable[str]) -> dict[str, frozenset[str]]:
    """The groups of those who have an account, wherever it is kept, their own among them."""
    found = {}
    for name in names:
        with suppress(KeyError):
            numbers = os.getgrouplist(name, pwd.getpwnam(name).pw_gid)
            found[name] = frozenset(grp.getgrgid(number).gr_name for number in numbers)
    return found


def _is_group(name: str) -> bool:
    with suppress(KeyError):
        return bool(grp.getgrnam(name))
    return False


def _do(argv: Sequence[str], said: str, answer: Answer) -> None:
    answer.do(said, succeed, argv, "repair it on the host, and repeat")


def _record(owner: str) -> Record:
    text = text_of(RECORDS / f"{owner}-users.json")
    found: Record = json.loads(text) if text else {"created": [], "joined": [], "keyed": []}
    return found
