"""Slurm's accounting: its database, and who may have how much. `mariadb` is a small program of the test."""

import os
from pathlib import Path

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import HostError
from ansible_collections.orchestrate.gpu.plugins.module_utils.slurm import database
from ansible_collections.orchestrate.gpu.plugins.module_utils.slurm.accounts import (
    Seen,
    Wish,
    bring_about,
    seen_in,
    steps,
)

WISH = Wish(cluster="lab", users=("ann", "bob"), gpus=4, jobs=0)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with programs that say what the files beside them say, and write down what they are told."""
    mariadb = f"""#!/bin/sh
text=$(cat)
case "$text" in
*SCHEMA_COMMENT*) cat {tmp_path}/seen ;;
*"SELECT SCHEMA_NAME"*) cat {tmp_path}/databases ;;
*"SELECT 1"*) ;;
*) echo "$text" >>{tmp_path}/told ;;
esac
"""
    sacctmgr = f"""#!/bin/sh
case "$*" in
*"show tres"*) echo "gres|gpu" ;;
*"show association"*) cat {tmp_path}/associations ;;
*"show qos"*) cat {tmp_path}/qos ;;
*) echo "$*" >>{tmp_path}/told ;;
esac
"""
    for name, body in (("mariadb", mariadb), ("sacctmgr", sacctmgr)):
        (tmp_path / name).write_text(body)
        (tmp_path / name).chmod(0o755)
    for name in ("seen", "databases", "associations", "qos"):
        (tmp_path / name).touch()
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    return tmp_path


def test_a_database_is_made_once_and_nobody_has_a_password(programs: Path) -> None:
    assert len(database.present(write=True).done) == 2
    told = (programs / "told").read_text()
    assert "IDENTIFIED VIA unix_socket" in told
    assert "PASSWORD" not in told.upper()
    (programs / "seen").write_text(f"database {database.MARK}\naccount unix_socket\n")
    assert database.present(write=True).done == []


def test_a_database_of_somebody_else_is_never_touched(programs: Path) -> None:
    (programs / "seen").write_text("database theirs\n")
    with pytest.raises(HostError, match="did not make"):
        database.present(write=True)
    assert database.absent(keep=False, write=True).done == []
    assert not (programs / "told").exists()


def test_it_goes_unless_it_is_kept_and_other_databases_are_said(programs: Path) -> None:
    (programs / "seen").write_text(f"database {database.MARK}\n")
    (programs / "databases").write_text("mysql\nslurm_acct_db\nsys\n")
    assert database.absent(keep=True, write=True).more == {"others": True}
    assert database.absent(keep=False, write=False).more == {"others": False}
    assert database.absent(keep=False, write=True).done == ["removed the database slurm_acct_db"]


def test_a_host_without_mariadb_has_nothing_to_remove(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert database.absent(keep=False, write=True).more == {"others": False}
    assert database.present(write=False).done == ["made the database slurm_acct_db"]


def test_everybody_gets_an_account_and_all_have_the_same_limits() -> None:
    assert steps(WISH, Seen()) == [
        (
            "made the account users",
            ("add", "account", "users", "cluster=lab", "fairshare=1", "description=all users"),
        ),
        (
            "let ann, bob have jobs",
            ("add", "user", "name=ann,bob", "account=users", "cluster=lab", "fairshare=1"),
        ),
        (
            "a user may have 4 GPUs and any number of jobs at once",
            ("modify", "qos", "normal", "set", "MaxTRESPerUser=gres/gpu=4"),
        ),
    ]


def test_what_is_there_is_left_and_who_left_is_not_removed() -> None:
    seen = seen_in("root|\nroot|root\nusers|\nusers|ann\nusers|bob\nusers|gone\n", "gres/gpu=4|\n")
    assert seen.gpus == 4
    assert steps(WISH, seen) == []


def test_limits_are_taken_back() -> None:
    seen = seen_in("users|\nusers|ann\nusers|bob\n", "cpu=9,gres/gpu=4,gres/gpu:a100=2|3\n")
    wish = Wish(cluster="lab", users=("ann",), gpus=0, jobs=0)
    (_said, words) = steps(wish, seen)[0]
    assert words[4:] == ("MaxTRESPerUser=gres/gpu=-1", "MaxJobsPerUser=-1")


def test_it_is_brought_about_once(programs: Path) -> None:
    assert len(bring_about(WISH, write=True).done) == 3
    assert len((programs / "told").read_text().splitlines()) == 3
    (programs / "associations").write_text("users|\nusers|ann\nusers|bob\n")
    (programs / "qos").write_text("gres/gpu=4|\n")
    assert bring_about(WISH, write=True).done == []
