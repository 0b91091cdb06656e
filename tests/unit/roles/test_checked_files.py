"""A folder of configuration is tried in a copy before it is put in place. `judge` and `systemctl` are small programs of the test."""

import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils.host_state import checked
from ansible_collections.orchestrate.gpu.plugins.module_utils.host_state.files import Wish
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import HostError
from ansible_collections.orchestrate.gpu.plugins.modules.checked_files import _wanted

from tests.unit.roles.test_host_state import ME

RELOAD = "systemctl try-reload-or-restart watch.service"
LONG_AGO = "Sat 2020-11-28 19:30:00.250000 UTC"
LATER = "Sat 2099-11-28 19:30:00.250000 UTC"


class Host:
    """A host whose service reads the folder `watch`, and whose `judge` takes what says `good`."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder / "watch"
        self._programs = folder / "programs"
        self._programs.mkdir()
        monkeypatch.setenv("PATH", f"{self._programs}{os.pathsep}{os.environ['PATH']}")
        self.says(
            "judge",
            'echo "Checking $1"; grep -q good "$1" || { echo "  FAILED: $1 is not good" >&2; exit 1; }',
        )
        self.read(LONG_AGO)

    def says(self, name: str, body: str) -> None:
        (self._programs / name).write_text(f"#!/bin/sh\n{body}\n")
        (self._programs / name).chmod(0o755)

    def read(self, since: str, state: str = "active") -> None:
        self.says(
            "systemctl", f'[ "$1" != show ] || printf "ActiveState={state}\\nStateChangeTimestamp={since}\\n"'
        )

    def has(self, *, write: bool = True, **contents: str) -> list[str]:
        wishes = [
            Wish(self.folder, "directory", mode=0o750, owner=ME, group=ME),
            Wish(self.folder / "rules", "directory", mode=0o750, owner=ME, group=ME),
        ]
        for name, content in contents.items():
            path = self.folder / name.replace("__", "/")
            wishes.append(Wish(path, "file", content, mode=0o640, owner=ME, group=ME))
        wanted = checked.Configuration(self.folder, wishes, [["judge", "main"]], ["watch.service"])
        return checked.apply(wanted, write=write).done


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    return Host(tmp_path, monkeypatch)


def test_a_service_that_cannot_be_reloaded_is_restarted(host: Host) -> None:
    show = f'printf "ActiveState=active\\nStateChangeTimestamp={LONG_AGO}\\n"'
    host.says(
        "systemctl",
        f'case "$1" in show) {show} ;; restart) echo "$2" > {host.folder}.restarted ;; *) exit 1 ;; esac',
    )
    host.has(main="good")
    assert host.folder.with_name("watch.restarted").read_text() == "watch.service\n"


def test_what_the_program_takes_is_put_in_place_and_read(host: Host) -> None:
    done = host.has(main="good", rules__a="1")
    assert done[-1] == RELOAD
    assert (host.folder / "main").read_text() == "good"
    assert (host.folder / "rules/a").read_text() == "1"
    assert [path.name for path in host.folder.parent.iterdir() if "new" in path.name] == []


def test_what_it_refuses_changes_nothing(host: Host) -> None:
    host.has(main="good")
    with pytest.raises(HostError, match="judge main refuses the configuration: FAILED: main is not good"):
        host.has(main="bad", rules__a="1")
    assert (host.folder / "main").read_text() == "good"
    assert not (host.folder / "rules/a").exists()


def test_what_was_read_is_left_alone(host: Host) -> None:
    host.has(main="good")
    host.read(LATER)
    host.says("judge", "exit 1")
    assert host.has(main="good") == []


def test_what_a_killed_run_put_in_place_is_read_by_the_next(host: Host) -> None:
    host.has(main="good")
    assert host.has(main="good") == [RELOAD]


def test_a_service_that_does_not_run_is_not_started(host: Host) -> None:
    host.read("", state="inactive")
    assert RELOAD not in host.has(main="good")


def test_what_else_is_in_the_folder_is_removed(host: Host) -> None:
    host.has(main="good", rules__a="1")
    (host.folder / "old/deep").mkdir(parents=True)
    done = host.has(main="good")
    assert done[:2] == [f"removed {host.folder}/old", f"removed {host.folder}/rules/a"]
    assert sorted(path.name for path in host.folder.rglob("*")) == ["main", "rules"]


def test_in_check_mode_it_is_said_alone(host: Host) -> None:
    host.says("judge", "exit 1")
    assert host.has(main="bad", write=False) == [
        f"made folder {host.folder}",
        f"made folder {host.folder}/rules",
        f"wrote {host.folder}/main",
        RELOAD,
    ]
    assert not host.folder.exists()


def test_a_copy_that_a_killed_run_left_is_made_anew(host: Host) -> None:
    left = host.folder.with_name(".watch.new")
    left.mkdir()
    (left / "main").mkdir()
    host.has(main="good")
    assert not left.exists()


def test_folders_between_come_with_their_files() -> None:
    given: dict[str, Any] = {
        "folder": "/etc/watch",
        "files": [{"name": "a/b/c.yml", "content": None, "secret": "s"}],
        "group": "watch",
        "checks": [["judge", 1]],
        "units": [],
    }
    wanted = _wanted(given)
    assert [(str(wish.path), wish.state, oct(wish.mode), wish.group) for wish in wanted.wishes] == [
        ("/etc/watch", "directory", "0o750", "watch"),
        ("/etc/watch/a", "directory", "0o750", "watch"),
        ("/etc/watch/a/b", "directory", "0o750", "watch"),
        ("/etc/watch/a/b/c.yml", "file", "0o640", "watch"),
    ]
    assert (wanted.wishes[-1].content, wanted.wishes[-1].shown) == ("s", False)
    assert wanted.checks == [["judge", "1"]]
