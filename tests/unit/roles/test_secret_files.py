"""Secrets that a host makes for itself: made once, closed to others, and told by nothing but a digest."""

import getpass
import grp
import os
from pathlib import Path

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils.host_setup.secret_files import Wish, bring_about
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import HostError

OWNER, GROUP = getpass.getuser(), grp.getgrgid(os.getgid()).gr_name


def test_a_secret_is_made_once_and_stays(tmp_path: Path) -> None:
    wish = Wish(tmp_path / "key", OWNER, GROUP)
    first = bring_about([wish], write=True)
    secret = wish.path.read_text()
    assert first.done == [f"made a secret in {wish.path}"]
    assert len(secret.strip()) == 64
    assert wish.path.stat().st_mode & 0o777 == 0o600
    again = bring_about([wish], write=True)
    assert (again.done, again.more) == ([], first.more)
    assert wish.path.read_text() == secret


def test_the_answer_tells_one_from_another_and_neither(tmp_path: Path) -> None:
    wishes = [Wish(tmp_path / "one", OWNER, GROUP), Wish(tmp_path / "two", OWNER, GROUP)]
    answer = bring_about(wishes, write=True)
    told = answer.more["fingerprints"]
    assert len(set(told.values())) == 2
    for wish in wishes:
        assert wish.path.read_text().strip() not in str([answer.done, answer.diff, answer.more])


def test_what_somebody_wrote_stays_and_is_closed(tmp_path: Path) -> None:
    wish = Wish(tmp_path / "key", OWNER, GROUP)
    wish.path.write_text("chosen by hand\n")
    wish.path.chmod(0o644)
    assert bring_about([wish], write=True).done == [f"set owner and mode of {wish.path}"]
    assert wish.path.read_text() == "chosen by hand\n"
    assert wish.path.stat().st_mode & 0o777 == 0o600


def test_check_mode_makes_nothing(tmp_path: Path) -> None:
    wish = Wish(tmp_path / "key", OWNER, GROUP)
    assert bring_about([wish], write=False).done == [f"made a secret in {wish.path}"]
    assert not wish.path.exists()


def test_an_account_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(HostError, match="no such account"):
        bring_about([Wish(tmp_path / "key", group="no-such-group")], write=True)
