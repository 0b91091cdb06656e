"""What desktops need of a host: which rights come and go, and what stays on record in between."""

import json
import pwd
from pathlib import Path

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.orchestrate.gpu.plugins.module_utils import running
from ansible_collections.orchestrate.gpu.plugins.module_utils.desktop import accounts
from ansible_collections.orchestrate.gpu.plugins.module_utils.desktop.accounts import (
    LINGER,
    PASSWORD,
    Grant,
    Wish,
)
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages import record
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import HostError
from ansible_collections.orchestrate.gpu.plugins.modules import desktop

from tests.unit.roles.host_programs import host_with_programs

GROUPS = ("render", "video")
WISH = Wish(users=("ada",), groups=GROUPS)
FULL = frozenset(Grant("ada", what) for what in (PASSWORD, LINGER, *GROUPS))


@pytest.mark.parametrize(
    ("record", "has", "known", "give", "take"),
    [
        pytest.param(set(), set(), GROUPS, sorted(FULL), [], id="all is new"),
        pytest.param(FULL, FULL, GROUPS, [], [], id="all is there"),
        pytest.param(
            set(),
            {Grant("ada", LINGER)},
            (),
            [Grant("ada", PASSWORD)],
            [],
            id="what was there is not on record",
        ),
        pytest.param(FULL, FULL, (), [], [], id="a card that is away takes nobody out of a group"),
        pytest.param(
            {*FULL, Grant("bob", PASSWORD), Grant("bob", LINGER), Grant("bob", "video")},
            FULL,
            GROUPS,
            [],
            [Grant("bob", PASSWORD), Grant("bob", LINGER), Grant("bob", "video")],
            id="a removed user loses what was given, the password while services are there",
        ),
    ],
)
def test_only_what_was_given_is_taken(
    record: set[Grant], has: set[Grant], known: tuple[str, ...], give: list[Grant], take: list[Grant]
) -> None:
    plan = accounts.decide(WISH, frozenset(record), frozenset(has), frozenset(known))
    assert (list(plan.give), list(plan.take)) == (give, take)
    assert plan.kept == frozenset(record).difference(take)


def test_groups_that_are_not_asked_for_any_more_are_taken() -> None:
    plan = accounts.decide(Wish(("ada",), ()), FULL, FULL, frozenset())
    assert plan.taken == ["ada has render no more", "ada has video no more"]


def test_what_is_given_is_on_record_before_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "RECORD", tmp_path / "accounts.json")
    monkeypatch.setattr(accounts, "LINGERS", tmp_path / "linger")
    monkeypatch.setattr(accounts, "CARDS", tmp_path / "none")
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "loginctl").write_text(f"#!/bin/sh\ncp {tmp_path}/accounts.json {tmp_path}/during\nexit 1\n")
    (programs / "loginctl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    with pytest.raises(HostError):
        accounts.give(accounts.plan_of(WISH))
    assert json.loads((tmp_path / "during").read_text()) == [["ada", PASSWORD], ["ada", LINGER]]
    assert [grant.what for grant in accounts.plan_of(WISH).give] == [LINGER]


def test_a_user_whose_account_is_gone_leaves_only_the_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "RECORD", tmp_path / "accounts.json")
    monkeypatch.setattr(accounts, "LINGERS", tmp_path / "linger")
    accounts.write_record(frozenset({Grant("nobody-at-all", what) for what in (PASSWORD, LINGER, "video")}))
    plan = accounts.plan_of(Wish((), ()))
    assert len(plan.take) == 3
    accounts.take(plan)
    assert not (tmp_path / "accounts.json").exists()


def test_a_password_is_removed_as_its_user_also_where_no_program_of_ours_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "RECORD", tmp_path / "accounts.json")
    account = pwd.getpwnam("nobody")
    accounts.write_record(frozenset({Grant(account.pw_name, PASSWORD)}))
    (tmp_path / "runuser").write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/calls\n[ "$4" = rm ]\n')
    (tmp_path / "runuser").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    accounts.take(accounts.plan_of(Wish((), ())))
    folder = f"{account.pw_dir}/.config/orchestrate"
    assert (tmp_path / "calls").read_text().splitlines() == [
        f"--user nobody -- env XDG_RUNTIME_DIR=/run/user/{account.pw_uid} systemctl --user stop {' '.join(accounts.SERVICES)}",
        f"--user nobody -- rm --force {folder}/vnc-password {folder}/vnc-passwd",
        f"--user nobody -- rmdir {folder}",
    ]
    assert accounts.read_record() == frozenset()


def test_packages_of_an_earlier_release_go_when_none_are_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    former = tmp_path / "vnc-packages.json"
    former.write_text('{"finished": true, "roots": ["nftables", "dpkg"], "brought": ["nftables", "gone"]}')
    monkeypatch.setattr(running, "LOCKS", tmp_path)
    monkeypatch.setattr(accounts, "RECORD", tmp_path / "accounts.json")
    monkeypatch.setattr(desktop, "FORMER_RECORD", former)
    host_with_programs(tmp_path, monkeypatch).say("spare", "Remv nftables [1.1.3-1]")
    for done in (["removed nftables"], []):
        with patch_module_args({}), pytest.raises(SystemExit):
            desktop.main()
        assert json.loads(capsys.readouterr().out)["done"] == done
    assert not former.exists()
    assert not record.RECORD.exists()
