"""The program's file, its command and its users on a host, as module `gpuhost` decides and does it, in folders of a test."""

import hashlib
from pathlib import Path

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils.host_state import program
from ansible_collections.orchestrate.gpu.plugins.module_utils.host_state.program import Places

CONTENT = b"#!/usr/bin/python3\nprint('hello')\n"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """A host that has nothing yet."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "units").mkdir()
    return Places(
        program=tmp_path / "lib/orchestrate/gpuhost",
        command=tmp_path / "bin/gpuhost",
        units=tmp_path / "units",
    )


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The program as it was sent."""
    (tmp_path / "sent").write_bytes(CONTENT)
    return tmp_path / "sent"


def test_it_is_installed_once(places: Places, source: Path) -> None:
    first = program.install(places, SHA256, source, write=True)
    assert [change.said.split()[0] for change in first] == ["made", "wrote"]
    assert places.program.read_bytes() == CONTENT
    assert places.program.stat().st_mode == 0o100755
    assert program.install(places, SHA256, None, write=True) == []


@pytest.mark.parametrize("spoilt", ["content", "mode", "link"])
def test_what_was_spoilt_is_replaced(places: Places, source: Path, spoilt: str) -> None:
    program.install(places, SHA256, source, write=True)
    if spoilt == "content":
        places.program.write_bytes(CONTENT[:-1])
    elif spoilt == "mode":
        places.program.chmod(0o600)
    else:
        places.program.unlink()
        places.program.symlink_to(source)
    assert program.differs(places.program, SHA256)
    (change,) = program.install(places, SHA256, source, write=True)
    assert change.after == f"sha256 {SHA256}\n"
    assert not program.differs(places.program, SHA256)
    assert source.read_bytes() == CONTENT


def test_a_check_says_what_would_be_done_and_does_nothing(places: Places) -> None:
    assert len(program.install(places, SHA256, None, write=False)) == 2
    assert len(program.link(places, there=True, write=False)) == 1
    assert not places.program.parent.exists()
    assert not places.command.is_symlink()


def test_the_command_follows_what_is_wanted(places: Places) -> None:
    assert [each.said.split()[0] for each in program.link(places, there=True, write=True)] == ["linked"]
    assert places.command.readlink() == places.program
    assert program.link(places, there=True, write=True) == []
    assert [each.said.split()[0] for each in program.link(places, there=False, write=True)] == ["removed"]
    assert not places.command.is_symlink()


def test_a_command_of_somebody_else_is_left_alone_when_ours_goes(places: Places) -> None:
    places.command.write_text("another\n")
    assert program.link(places, there=False, write=True) == []
    assert places.command.read_text() == "another\n"


def test_a_unit_that_runs_it_is_a_user_until_it_is_released(places: Places) -> None:
    (places.units / "tool.service").write_text(f"[Service]\nExecStart={places.program} lifetime watch\n")
    (places.units / "other.service").write_text("[Service]\nExecStart=/usr/bin/true\n")
    (places.units / "multi-user.target.wants").mkdir()
    assert program.users(places, ()) == ["tool.service"]
    assert program.users(places, ("tool.service",)) == []


def test_it_is_removed_with_its_command_and_its_empty_folder(places: Places, source: Path) -> None:
    program.install(places, SHA256, source, write=True)
    program.link(places, there=True, write=True)
    assert len(program.remove(places, write=False)) == len(program.remove(places, write=True)) == 2
    assert not places.program.parent.exists()
    assert program.remove(places, write=True) == []
