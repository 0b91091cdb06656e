"""Passwords in a user's own folder, their hashes, and who has to come or go. Nobody's account is touched."""

import json
import os
import pwd
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import Answer, HostError
from ansible_collections.orchestrate.gpu.plugins.module_utils.web_server import users
from ansible_collections.orchestrate.gpu.plugins.modules import web_users

from tests.unit.roles.test_host_state import ME

GIVEN = "$6$a$b"


class Host:
    """A host on which each account has a home, all of them this process's user."""

    def __init__(self, folder: Path, *names: str) -> None:
        self.homes = folder / "homes"
        self.names = set(names)
        self.folder = folder / "orchestrate"
        self.folder.mkdir()
        for name in names:
            (self.homes / name).mkdir(parents=True)

    def account(self, name: str) -> pwd.struct_passwd:
        if name not in self.names:
            raise KeyError(name)
        return pwd.struct_passwd(
            (name, "x", os.geteuid(), os.getegid(), "", str(self.homes / name), "/bin/sh")
        )

    def lets_in(self, wanted: dict[str, str], *, write: bool = True) -> Answer:
        place = users.Place(self.folder, owner=ME, group=ME)
        return users.bring_about(wanted, place, write=write, account=self.account)

    def own(self, name: str) -> Path:
        return self.homes / name / users.OWN

    @property
    def hashes(self) -> dict[str, str]:
        return users.hashes_in(self.folder / "users")


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path, "ada", "grace")


def test_a_password_is_made_once_and_is_the_users_alone(host: Host) -> None:
    answer = host.lets_in({"ada": ""})
    assert answer.done == [
        "made the password of ada",
        f"wrote {host.folder}/users",
        f"wrote {host.folder}/login.conf",
    ]
    made = host.own("ada").read_text().strip()
    assert (len(made), set(made) <= set(users.LETTERS)) == (20, True)
    assert host.own("ada").stat().st_mode & 0o777 == 0o600
    assert (host.folder / "users").stat().st_mode & 0o777 == 0o640
    assert answer.diff == [{"before": "", "after": "ada\n"}]
    assert host.lets_in({"ada": ""}).done == []
    assert users.own_hash(made, host.hashes["ada"]) == host.hashes["ada"]


def test_a_password_that_the_user_wrote_counts_and_is_closed_to_others(host: Host) -> None:
    host.lets_in({"ada": ""})
    first = host.hashes["ada"]
    host.own("ada").write_text("my own\n")
    host.own("ada").chmod(0o644)
    answer = host.lets_in({"ada": ""})
    assert answer.done == ["closed the password of ada", f"wrote {host.folder}/users"]
    assert answer.diff == [{"before": "ada\n", "after": "ada (another password)\n"}]
    assert host.own("ada").read_text() == "my own\n"
    assert host.own("ada").stat().st_mode & 0o777 == 0o600
    assert first != host.hashes["ada"] == users.own_hash("my own", host.hashes["ada"])


def test_who_has_a_hash_or_goes_loses_the_password_and_its_folder_where_nothing_else_is_in_it(
    host: Host,
) -> None:
    host.lets_in({"ada": "", "grace": ""})
    (host.own("grace").parent / "vnc-password").touch()
    answer = host.lets_in({"ada": GIVEN})
    assert answer.done == [
        "removed the password of ada",
        "removed the password of grace",
        f"wrote {host.folder}/users",
    ]
    assert answer.diff == [{"before": "ada\ngrace\n", "after": "ada (another password)\n"}]
    assert host.hashes == {"ada": GIVEN}
    assert not host.own("ada").parent.exists()
    assert [path.name for path in host.own("grace").parent.iterdir()] == ["vnc-password"]
    assert host.lets_in({"ada": GIVEN}).done == []


def test_without_users_nothing_stays_of_them_even_of_one_whose_account_is_gone(host: Host) -> None:
    host.lets_in({"ada": "", "grace": GIVEN})
    host.names.remove("grace")
    assert host.lets_in({}).done == [
        "removed the password of ada",
        f"removed {host.folder}/users",
        f"removed {host.folder}/login.conf",
    ]
    assert host.lets_in({}).done == []
    assert list(host.homes.rglob("web-password")) == []


def test_an_account_that_is_not_there_is_named_before_anything_is_written(host: Host) -> None:
    with pytest.raises(HostError, match=r"bob shall log in .*\n  try: add who is missing under base_users"):
        host.lets_in({"ada": "", "bob": ""})
    assert not host.own("ada").exists()


def test_check_mode_says_the_same_and_does_nothing(host: Host) -> None:
    told = host.lets_in({"ada": ""}, write=False)
    assert list(host.folder.iterdir()) == []
    assert not host.own("ada").exists()
    assert told == host.lets_in({"ada": ""})
    assert host.lets_in({"ada": ""}, write=False).done == []
    assert host.lets_in({"ada": "", "bob": ""}, write=False).done == [f"wrote {host.folder}/users"]
    assert host.lets_in({}, write=False).done[0] == "removed the password of ada"
    assert host.own("ada").exists()


def test_a_home_that_takes_no_file_is_named_with_what_to_do(host: Host) -> None:
    host.own("ada").parents[1].write_text("not a folder")
    with pytest.raises(HostError, match=r"ada cannot keep a password in .*\n  try: give ada a home"):
        host.lets_in({"ada": ""})


def test_a_hash_is_what_crypt_makes_of_password_and_salt() -> None:
    # As crypt() of glibc makes it.
    assert users.crypt("Hello world!", "saltstring") == (
        "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1"
    )


def test_hashes_are_read_as_nginx_reads_them(tmp_path: Path) -> None:
    file = tmp_path / "users"
    assert users.hashes_in(file) == {}
    file.write_text("ada:$6$a$b\ngrace:$y$j9T$c\n")
    assert users.hashes_in(file) == {"ada": "$6$a$b", "grace": "$y$j9T$c"}


def test_a_hash_of_another_method_makes_way_for_one_of_the_own_password() -> None:
    assert users.own_hash("secret", "$y$j9T$c").startswith("$6$")


def test_no_answer_of_the_module_holds_a_hash(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given: dict[str, Any] = {
        "users": [{"name": "root", "password_hash": "$6$salt$hash"}],
        "folder": str(tmp_path),
    }
    with patch_module_args(given | {"_ansible_check_mode": True}), pytest.raises(SystemExit):
        web_users.main()
    answer = json.loads(capsys.readouterr().out)
    assert answer["diff"] == [{"before": "", "after": "root\n"}]
    assert "$6$salt" not in json.dumps(answer)
