"""Accounts: what is on record as added, whose lines stay, and who is never removed."""

from __future__ import annotations

import grp
import json
import os
import pwd
import tempfile
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils.host_setup import accounts, managed
from ansible_collections.orchestrate.gpu.plugins.module_utils.host_setup.accounts import User
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import Answer, HostError

NONE: dict[str, list[Any]] = {"created": [], "joined": [], "keyed": []}
ADDED: dict[str, list[Any]] = {
    "created": ["ada"],
    "joined": [{"user": "grace", "group": "adm"}],
    "keyed": ["ada", "grace"],
}
ME = pwd.getpwuid(os.getuid()).pw_name
KEYS = ("ssh-ed25519 AAAA me@laptop",)
BLOCK = f"# BEGIN Ansible managed: role base\n{KEYS[0]}\n# END Ansible managed: role base\n"
PROGRAM = '#!/bin/sh\necho "${0##*/} $*" >>"$CALLS"\n'


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders of a host where this account's home lies, and programs that write down how they were called."""
    entry = pwd.getpwnam(ME)
    mine = pwd.struct_passwd((*entry[:5], str(tmp_path / "home"), entry[6]))
    every = {each.pw_name: each for each in pwd.getpwall()} | {ME: mine}
    monkeypatch.setattr(pwd, "getpwnam", every.__getitem__)
    monkeypatch.setattr(managed, "ROOT", ME)
    for name in ("RECORDS", "SUDOERS"):
        folder = tmp_path / name.lower()
        folder.mkdir()
        monkeypatch.setattr(accounts, name, folder)
    (tmp_path / "bin").mkdir()
    for name in ("useradd", "usermod", "userdel", "gpasswd", "visudo"):
        (tmp_path / "bin" / name).write_text(PROGRAM)
        (tmp_path / "bin" / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    monkeypatch.delenv("SUDO_USER", raising=False)
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def calls(home: Path) -> list[str]:
    """Programs that were called."""
    file = home.with_name("calls")
    return file.read_text().splitlines() if file.exists() else []


def me(*, sudo: bool = False, keys: tuple[str, ...] = KEYS) -> list[User]:
    return [User(ME, keys, sudo=sudo)]


def test_what_an_account_lacks_is_on_record_and_what_it_had_is_not() -> None:
    users = [User("ada", (), ("adm",)), User("grace", (), ("adm", "audio"))]
    groups = {"grace": frozenset({"grace", "audio"})}
    assert accounts.added(NONE, users, groups) == ADDED
    there = {"ada": frozenset({"ada", "adm"}), "grace": frozenset({"grace", "audio", "adm"})}
    assert accounts.added(ADDED, users, there) == ADDED


def test_who_is_taken_off_the_list_stays_on_record() -> None:
    assert accounts.added(ADDED, [], {}) == ADDED


def test_an_account_that_is_missing_is_made_with_all_it_shall_have(home: Path) -> None:
    user = User("ada", KEYS, (grp.getgrall()[0].gr_name,), comment="Ada")
    said = accounts.present("base", [user], write=False).done
    assert (calls(home), said[1:]) == ([], ["created account ada", "wrote the keys of ada"])
    accounts.present("base", [user], write=True)
    group = user.groups[0]
    assert calls(home) == [f"useradd --create-home --shell /bin/bash --comment Ada --groups {group} ada"]
    assert json.loads((home.parent / "records/base-users.json").read_text())["created"] == ["ada"]


def test_a_group_that_is_missing_is_named_before_anything_is_made(home: Path) -> None:
    with pytest.raises(HostError, match="there is no group nobodys on this host\n  try: make it before"):
        accounts.present("base", [User("ada", KEYS, ("nobodys",))], write=True)
    assert calls(home) == []
    assert not list((home.parent / "records").iterdir())


def test_keys_stand_beside_those_from_elsewhere_and_go_alone(home: Path) -> None:
    file = home / ".ssh/authorized_keys"
    file.parent.mkdir(mode=0o755)
    file.write_text("ssh-rsa OTHER\n")
    said = accounts.present("base", me(), write=False)
    assert file.read_text() == "ssh-rsa OTHER\n"
    assert said.diff[-1]["after"] == f"ssh-rsa OTHER\n{BLOCK}"
    assert accounts.present("base", me(), write=True).done == said.done
    assert file.read_text() == f"ssh-rsa OTHER\n{BLOCK}"
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert accounts.present("base", me(), write=True).done == []
    assert accounts.present("base", me(keys=()), write=True).done == [f"wrote {file}"]
    assert file.read_text() == "ssh-rsa OTHER\n"


def test_a_mode_with_which_sshd_would_refuse_the_keys_is_mended(home: Path) -> None:
    accounts.present("base", me(), write=True)
    (home / ".ssh").chmod(0o777)
    assert accounts.present("base", me(), write=False).done == [f"set owner and mode of {home}/.ssh"]
    accounts.present("base", me(), write=True)
    assert (home / ".ssh").stat().st_mode & 0o777 == 0o700


def test_keys_that_lie_elsewhere_stay_there(home: Path) -> None:
    (home / ".ssh").mkdir()
    (home / "shared").write_text("ssh-rsa OTHER\n")
    (home / ".ssh/authorized_keys").symlink_to(home / "shared")
    accounts.present("base", me(), write=True)
    assert (home / "shared").read_text() == f"ssh-rsa OTHER\n{BLOCK}"
    assert (home / ".ssh/authorized_keys").is_symlink()


def test_a_link_to_what_is_somebody_elses_is_not_followed(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / ".ssh").mkdir()
    (home / ".ssh/authorized_keys").symlink_to("/etc/hostname")
    entry = pwd.getpwnam(ME)
    other = pwd.struct_passwd((*entry[:2], entry[2] + 1, *entry[3:]))
    monkeypatch.setattr(pwd, "getpwnam", {ME: other}.__getitem__)
    with pytest.raises(HostError, match="leads to what is not"):
        accounts.present("base", me(), write=True)


def test_rights_are_checked_written_and_taken_back(home: Path) -> None:
    file = home.parent / "sudoers/base-users"
    accounts.present("base", me(sudo=True), write=True)
    assert file.read_text() == f"# Ansible managed: role base\n{ME} ALL=(ALL:ALL) NOPASSWD: ALL\n"
    assert file.stat().st_mode & 0o777 == 0o440
    assert [call.partition("sudoers.")[0] for call in calls(home)] == [
        f"visudo --check --file={tempfile.gettempdir()}/"
    ]
    assert accounts.present("base", me(sudo=True), write=True).done == []
    assert accounts.present("base", me(), write=True).done == [f"removed {file}"]


def test_rights_that_visudo_refuses_are_not_written(home: Path) -> None:
    (home.parent / "bin/visudo").write_text(
        "#!/bin/sh\ngrep -q NOPASSWD \"${2#--file=}\" || exit 0\necho 'syntax error' >&2\nexit 1\n"
    )
    with pytest.raises(HostError, match=r"visudo --check --file=.* failed: syntax error"):
        accounts.present("base", me(sudo=True), write=True)
    assert not list((home.parent / "sudoers").iterdir())


def test_all_that_was_added_is_taken_away_and_nothing_else(home: Path) -> None:
    accounts.present("base", me(sudo=True), write=True)
    record = home.parent / "records/base-users.json"
    entry = pwd.getpwall()[-1].pw_name
    group = sorted(accounts._groups([entry])[entry])[0]
    record.write_text(
        json.dumps(
            {"created": ["gone"], "joined": [{"user": entry, "group": group}], "keyed": ["gone", entry, ME]}
        )
    )
    said = accounts.absent("base", write=False).done
    assert record.exists()
    assert accounts.absent("base", write=True).done == said
    assert calls(home)[1:] == [f"gpasswd --delete {entry} {group}"]
    assert (home / ".ssh/authorized_keys").read_text() == ""
    assert not record.exists()
    assert accounts.absent("base", write=True).done == []


def test_the_account_in_use_is_not_removed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = home.parent / "records/base-users.json"
    record.write_text(json.dumps({"created": ["ada"], "joined": [], "keyed": ["ada"]}))
    monkeypatch.setenv("SUDO_USER", "ada")
    with pytest.raises(
        HostError, match="ada was made by role base and would be removed with it while in use"
    ):
        accounts.absent("base", write=True)
    assert record.exists()


def test_a_home_that_root_may_not_write_is_said_with_what_to_type(home: Path) -> None:
    (home / ".ssh").mkdir()
    (home / ".ssh").chmod(0)
    root = os.geteuid() == 0
    if root:  # what NFS does to root where it takes it for nobody
        os.seteuid(65534)
    try:
        with pytest.raises(HostError) as raised:
            accounts._have_keys("base", ME, KEYS, Answer())
    finally:
        if root:
            os.seteuid(0)
        (home / ".ssh").chmod(0o700)
    said = str(raised.value)
    assert said.startswith(f"root may not read or write {home}/.ssh")
    assert f"ssh-copy-id {ME}@HOST` as {ME}, and leave {ME} out of base_users; or export" in said
