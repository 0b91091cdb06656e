"""Passwords in a user's own folder, their hashes, and who has to come or go. Nobody's account is touched."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.roles.scripts import script

users = script("web_users")


def test_a_password_is_made_once_and_is_the_users_alone(tmp_path: Path) -> None:
    file = tmp_path / ".config" / "orchestrate" / "web-password"
    made = users.keep(file)
    assert users.keep(file) == made
    assert len(made) == 20
    assert set(made) <= set(users.LETTERS)
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_password_that_the_user_wrote_stays_and_is_closed_to_others(tmp_path: Path) -> None:
    file = tmp_path / "web-password"
    file.write_text("my own\n")
    file.chmod(0o644)
    assert users.keep(file) == "my own"
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_password_goes_with_its_folder_and_leaves_what_others_have_there(tmp_path: Path) -> None:
    alone, shared = tmp_path / "alone" / "web-password", tmp_path / "shared" / "web-password"
    for file in (alone, shared):
        users.keep(file)
    (shared.parent / "vnc-password").touch()
    assert [users.drop(file) for file in (alone, alone, shared)] == ["dropped", "", "dropped"]
    assert not alone.parent.exists()
    assert [path.name for path in shared.parent.iterdir()] == ["vnc-password"]


def test_a_hash_is_what_crypt_makes_of_password_and_salt() -> None:
    # As crypt() of glibc makes it.
    assert users.crypt("Hello world!", "saltstring") == (
        "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1"
    )


@pytest.mark.parametrize(
    ("wish", "there", "differs"),
    [
        ({"ada": ""}, {"ada": "$6$a$b"}, False),
        ({"ada": ""}, {}, True),
        ({}, {"ada": "$6$a$b"}, True),
        ({"ada": "$6$c$d"}, {"ada": "$6$a$b"}, True),
        ({"ada": "$6$a$b"}, {"ada": "$6$a$b"}, False),
    ],
)
def test_users_differ_when_one_comes_goes_or_has_another_hash(
    wish: dict[str, str], there: dict[str, str], *, differs: bool
) -> None:
    assert users.differs(wish, there) is differs


def test_hashes_are_read_as_nginx_reads_them(tmp_path: Path) -> None:
    file = tmp_path / "users"
    assert users.hashes_in(file) == {}
    file.write_text("ada:$6$a$b\ngrace:$y$j9T$c\n")
    assert users.hashes_in(file) == {"ada": "$6$a$b", "grace": "$y$j9T$c"}


def test_a_hash_that_fits_the_password_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: dict[str, Any] = {"keep": "secret"}
    monkeypatch.setattr(users, "as_user", lambda name, verb: said[verb])
    first = users.kept_hash("ada", "")
    assert first.startswith("$6$")
    assert users.kept_hash("ada", first) == first
    said["keep"] = "another"
    assert users.kept_hash("ada", first) != first
    assert users.kept_hash("ada", "$y$j9T$c").startswith("$6$")
