"""Units that users have one each of: which go, which stay, and what is left on the disk. `systemctl` is a small program of the
test, which says what the test wants and writes down how it was called."""

import os
from pathlib import Path

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils.host_state import units, user_units
from ansible_collections.orchestrate.gpu.plugins.module_utils.host_state.user_units import Surplus, Wish
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import HostError

from tests.unit.roles.test_host_state import ME

SOCKETS = Wish(users=("ada",), units=("lab@.socket", "board@.socket"))
HUB = Wish(users=("ada",), units=("board@.socket",), obsolete=("lab@.socket",))


@pytest.mark.parametrize(
    ("wish", "installed", "running", "expected"),
    [
        pytest.param(
            SOCKETS,
            {"lab@ada.socket", "board@ada.socket"},
            {"lab@ada.socket", "lab@ada.service", "board@ada.socket"},
            Surplus(stop=(), remove=()),
            id="what listed users have stays",
        ),
        pytest.param(
            SOCKETS,
            {"lab@ada.socket", "lab@bob.socket", "board@bob.socket"},
            {"lab@ada.socket", "lab@bob.socket", "lab@bob.service", "board@bob.socket"},
            Surplus(
                stop=("board@bob.socket", "lab@bob.service", "lab@bob.socket"),
                remove=("board@bob.socket", "lab@bob.socket"),
            ),
            id="sockets of removed users go with their services",
        ),
        pytest.param(
            HUB,
            {"lab@ada.socket", "board@ada.socket"},
            {"lab@ada.socket", "lab@ada.service"},
            Surplus(stop=("lab@ada.service", "lab@ada.socket"), remove=("lab@ada.socket",)),
            id="what no user has installed any more goes",
        ),
        pytest.param(
            HUB,
            {"board@ada.socket"},
            {"lab@ada.socket", "lab@ada.service", "lab@bob.service", "lab@bob.socket"},
            Surplus(stop=("lab@bob.service", "lab@bob.socket"), remove=()),
            id="what something else starts goes on for listed users alone",
        ),
        pytest.param(
            SOCKETS,
            {"board@ada.socket"},
            {"lab@ada.socket", "lab@ada.service", "board@ada.socket"},
            Surplus(stop=("lab@ada.service", "lab@ada.socket"), remove=()),
            id="what runs without being installed was started by something that went",
        ),
        pytest.param(
            Wish(users=("a-b.c",), units=("vnc-web@.service",)),
            {"vnc-web@a-b.c.service", "vnc-web@a-b.d.service"},
            {"vnc-web@a-b.c.service"},
            Surplus(stop=(), remove=("vnc-web@a-b.d.service",)),
            id="names hold dots and dashes",
        ),
    ],
)
def test_only_what_is_not_of_the_wish_goes(
    wish: Wish, installed: set[str], running: set[str], expected: Surplus
) -> None:
    assert user_units.surplus(wish, frozenset(installed), frozenset(running)) == expected


class Host:
    """A host with units of two users, of whom each has a service file and a socket that is started at boot."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.units, self.calls = folder / "system", folder / "calls"
        programs = folder / "programs"
        programs.mkdir()
        for user in ("ada", "bob"):
            for wants in (f"vnc@{user}.service.wants", "sockets.target.wants"):
                (self.units / wants).mkdir(parents=True, exist_ok=True)
            (self.units / f"vnc@{user}.service").write_text(f"# {user}\n")
            (self.units / f"vnc@{user}.service.wants/web@{user}.service").symlink_to("/nowhere")
            (self.units / f"sockets.target.wants/lab@{user}.socket").symlink_to("/nowhere")
        (self.units / "lab@.socket").touch()
        (programs / "systemctl").write_text(
            f'#!/bin/sh\necho "$@" >>{self.calls}\n'
            '[ "$1" = list-units ] && printf "%s\\n" "lab@ada.socket loaded active" "lab@bob.socket loaded active" '
            '"lab@bob.service loaded active"\nexit 0\n'
        )
        (programs / "systemctl").chmod(0o755)
        monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
        monkeypatch.setattr(units, "FOLDER", self.units)

    def left(self) -> set[str]:
        return {str(path.relative_to(self.units)) for path in self.units.rglob("*")}


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    return Host(tmp_path, monkeypatch)


OURS = Wish(users=("ada",), units=("vnc@.service", "web@.service", "lab@.socket"))


def test_files_and_links_of_a_removed_user_go_and_empty_folders_with_them(host: Host) -> None:
    answer = user_units.prune(OURS, write=True)
    assert answer.done[0] == "systemctl stop lab@bob.service lab@bob.socket"
    shown = [f"removed {one['after_header']}" for one in answer.diff[:-1]]
    assert sorted(shown) == sorted(answer.done[1:])
    assert answer.diff[-1]["prepared"].splitlines() == answer.done
    assert not [name for name in host.left() if "bob" in name]
    assert {"vnc@ada.service", "vnc@ada.service.wants/web@ada.service", "lab@.socket"} <= host.left()
    assert host.calls.read_text().splitlines()[-1] == "daemon-reload"
    assert answer.more["running"] == ["lab@ada.socket"]


def test_check_mode_of_pruning_says_the_same_and_does_nothing(host: Host) -> None:
    before = host.left()
    told = user_units.prune(OURS, write=False).done
    assert host.left() == before
    assert [line.split()[0] for line in host.calls.read_text().splitlines()] == ["list-units"]
    assert told == user_units.prune(OURS, write=True).done


def test_a_second_run_of_pruning_removes_nothing(host: Host) -> None:
    user_units.prune(OURS, write=True)
    calls = host.calls.read_text()
    wish = Wish(users=("ada", "bob"), units=OURS.units[:2])
    assert user_units.prune(wish, write=True).done == []
    assert "daemon-reload" not in host.calls.read_text().removeprefix(calls)


def test_a_user_without_an_account_is_named_before_anything_is_done() -> None:
    with pytest.raises(
        HostError, match="no account nobody-at-all, nor-this on this host\n  try: add it under base_users"
    ):
        user_units.accounts([ME, "nobody-at-all", "nor-this"], forgiving=False)


def test_check_mode_takes_an_account_for_one_that_will_be_made() -> None:
    found = user_units.accounts([ME, "nobody-at-all"], forgiving=True)
    assert found[ME]["uid"] == os.getuid()
    assert found["nobody-at-all"] == {"uid": 0, "home": "/home/nobody-at-all"}
