"""Files and units of systemd as lists: what is done, what is left alone, and what stands in the way."""

import os
import pwd
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils.host_state import files, units
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import HostError

ME = pwd.getpwuid(os.getuid()).pw_name
DEFAULTS = {
    "state": "file",
    "content": None,
    "target": None,
    "mode": None,
    "owner": ME,
    "group": ME,
    "hidden": False,
}

Bring = Callable[..., list[str]]


def wish(path: Path, given: dict[str, Any]) -> dict[str, Any]:
    return DEFAULTS | {"path": str(path)} | given


def brought(wishes: list[dict[str, Any]], *, write: bool = True) -> list[files.Change]:
    return files.bring_about(files.wishes_of(wishes), write=write)


@pytest.fixture
def wishes(tmp_path: Path) -> list[dict[str, Any]]:
    """A folder, a program in it, and a link to that."""
    return [
        wish(tmp_path / "lib", {"state": "directory"}),
        wish(tmp_path / "lib/tool", {"content": "print(1)\n", "mode": "0750"}),
        wish(tmp_path / "tool", {"state": "link", "target": str(tmp_path / "lib/tool")}),
    ]


def test_a_list_is_brought_about_in_its_order_and_then_stays(
    tmp_path: Path, wishes: list[dict[str, Any]]
) -> None:
    assert [change.said for change in brought(wishes)] == [
        f"made folder {tmp_path}/lib",
        f"wrote {tmp_path}/lib/tool",
        f"linked {tmp_path}/tool",
    ]
    assert (tmp_path / "tool").read_text() == "print(1)\n"
    assert (tmp_path / "lib/tool").stat().st_mode & 0o777 == 0o750
    assert brought(wishes) == []
    assert {path.name for path in tmp_path.rglob("*")} == {"lib", "tool"}, "nothing is left beside them"


def test_check_mode_says_the_same_and_does_nothing(tmp_path: Path, wishes: list[dict[str, Any]]) -> None:
    told = brought(wishes, write=False)
    assert list(tmp_path.iterdir()) == []
    assert [change.said for change in told] == [change.said for change in brought(wishes)]


def test_a_difference_is_shown_unless_it_is_a_secret(tmp_path: Path) -> None:
    (tmp_path / "conf").write_text("old\n")
    (shown,) = brought([wish(tmp_path / "conf", {"content": "new\n"})], write=False)
    assert (shown.diff()["before"], shown.diff()["after"]) == ("old\n", "new\n")
    (hidden,) = brought([wish(tmp_path / "conf", {"content": "new\n", "hidden": True})], write=False)
    assert "old" not in str(hidden.diff())
    assert "new\n" not in str(hidden.diff())


def test_mode_alone_is_set_and_a_link_in_the_place_of_a_file_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("theirs\n")
    (tmp_path / "conf").symlink_to(tmp_path / "other")
    brought([wish(tmp_path / "conf", {"content": "ours\n"})])
    assert ((tmp_path / "other").read_text(), (tmp_path / "conf").read_text()) == ("theirs\n", "ours\n")
    (changed,) = brought([wish(tmp_path / "conf", {"content": "ours\n", "mode": "0600"})])
    assert changed.said == f"set owner and mode of {tmp_path}/conf"
    assert (tmp_path / "conf").stat().st_mode & 0o777 == 0o600


def test_what_is_absent_goes_a_full_folder_only_when_that_is_meant(tmp_path: Path) -> None:
    for name in ("full", "empty"):
        (tmp_path / name).mkdir()
    (tmp_path / "full/file").touch()
    kept = [wish(tmp_path / name, {"state": "absent_if_empty"}) for name in ("full", "empty", "none")]
    assert [change.said for change in brought(kept)] == [f"removed {tmp_path}/empty"]
    gone = [wish(tmp_path / name, {"state": "absent"}) for name in ("full", "none")]
    assert [change.said for change in brought(gone)] == [f"removed {tmp_path}/full"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"content": "x"}, "is a folder, and a file shall be there"),
        ({"state": "link", "target": "/x"}, "is a folder, and a link shall be there"),
        ({"state": "link"}, "has no target"),
        ({"content": "x", "mode": "rw"}, "is no octal number"),
        ({"state": "directory", "owner": "nobody-of-that-name"}, "no such account or group"),
    ],
)
def test_what_stands_in_the_way_is_said_with_a_next_step(
    tmp_path: Path, given: dict[str, Any], said: str
) -> None:
    (tmp_path / "there").mkdir()
    with pytest.raises(HostError) as caught:
        brought([wish(tmp_path / "there", given)])
    cause, _, hint = str(caught.value).partition("\n  try: ")
    assert said in cause
    assert hint


SHOWN = """\
Id=a.service
LoadState=loaded
ActiveState=active
UnitFileState=enabled
NeedDaemonReload=yes

Id=b.service
LoadState=not-found
ActiveState=inactive
UnitFileState=
NeedDaemonReload=no
"""


def test_what_systemd_shows_is_read_by_paragraph() -> None:
    assert units.seen_in(SHOWN, ["a.service", "b.service"]) == {
        "a.service": units.Seen(loaded=True, running=True, enabled=True, stale=True),
        "b.service": units.Seen(),
    }


@pytest.mark.parametrize(
    ("given", "seen", "steps"),
    [
        ({"content": "x", "enabled": True}, {}, [("enable", "a.service"), ("start", "a.service")]),
        ({"content": "x", "enabled": True}, {"loaded": True, "running": True, "enabled": True}, []),
        ({"content": "x"}, {"loaded": True, "running": True, "stale": True}, [("restart", "a.service")]),
        ({"content": "x", "state": "stopped"}, {"loaded": True, "running": True}, [("stop", "a.service")]),
        ({"state": "stopped"}, {}, []),
        (
            {"state": "stopped", "enabled": False},
            {"loaded": True, "enabled": True},
            [("disable", "a.service")],
        ),
        ({"state": "absent"}, {"loaded": True, "running": True}, []),
    ],
)
def test_a_unit_takes_the_steps_that_are_missing(
    given: dict[str, Any], seen: dict[str, bool], steps: list[tuple[str, ...]]
) -> None:
    (wanted,) = units.wishes_of(
        [{"name": "a.service", "state": "started", "content": None, "enabled": None} | given]
    )
    assert units.steps(wanted, units.Seen(**seen), rewritten=False) == steps


def test_a_unit_that_runs_is_restarted_when_its_file_was_written_anew() -> None:
    running = units.Seen(loaded=True, running=True)
    wanted = units.Wish(name="a.service", state="started", content="x")
    assert units.steps(wanted, running, rewritten=True) == [("restart", "a.service")]
