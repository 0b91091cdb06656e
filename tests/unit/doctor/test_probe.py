"""This computer as it is. What differs between computers is set by the test."""

from importlib.metadata import version
from pathlib import Path

import pytest

from orchestrator.doctor.probe import probe


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def test_the_python_that_runs_the_tests_suffices(home: Path) -> None:
    facts = probe(None)
    assert facts.python >= (3, 11)
    assert facts.ansible is not None
    assert facts.ansible.version == version("ansible-core")
    assert facts.engine is None


def test_looking_makes_no_folder(home: Path) -> None:
    facts = probe(None)
    assert facts.unwritable == ()
    assert facts.state_free_mib > 0
    assert list(home.iterdir()) == []


def test_a_file_where_a_folder_should_be_is_seen(home: Path) -> None:
    (home / "state").write_text("", encoding="utf-8")
    assert probe(None).unwritable == (f"{home}/state is not a folder",)


def test_programs_are_looked_for_on_the_path(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ssh", "podman"):
        (home / name).write_text("#!/bin/sh\n", encoding="utf-8")
        (home / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(home))
    assert {"ssh", "podman"} <= probe(None).programs
    assert "ssh-keygen" not in probe(None).programs


def test_an_engine_that_is_not_there_is_a_fact_and_no_error(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(home))
    sight = probe("auto").engine
    assert sight is not None
    assert sight.facts is None
    assert "docker is not installed" in sight.refusal
    assert sight.registry is None
