"""What is removed is gone afterwards, whoever removes it. The engine is a small script."""

from pathlib import Path

import pytest

from orchestrator.errors import ProviderError
from orchestrator.providers.sandbox.engine import Engine
from orchestrator.providers.sandbox.engine_facts import EngineFacts
from orchestrator.providers.sandbox.fleet import release

BEING_REMOVED = """#!/bin/sh
case "$2" in
rm) echo "Error response from daemon: removal of container lab-1 is already in progress" >&2; exit 1 ;;
inspect)
    echo asked >>{log}
    [ "$(wc -l <{log})" -lt {times} ] && echo '[{{"Id": "lab-1"}}]' && exit 0
    echo "Error: No such container: lab-1" >&2; exit 1 ;;
esac
"""


def engine(folder: Path, monkeypatch: pytest.MonkeyPatch, *, times: int) -> Engine:
    """An engine in which another call is removing a container: it is gone when it was asked for that often."""
    script = folder / "docker"
    script.write_text(BEING_REMOVED.format(log=folder / "log", times=times), encoding="utf-8")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    facts = EngineFacts(
        program="docker", podman=False, version="28", rootless=False, cgroup=2, storage=str(folder)
    )
    return Engine(facts)


def test_what_another_call_is_removing_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    release.remove(engine(tmp_path, monkeypatch, times=3), "container", "lab-1")
    assert (tmp_path / "log").read_text(encoding="utf-8").count("asked") == 3


def test_a_removal_that_does_not_end_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release, "_REMOVE_TIMEOUT_S", 2.0)
    with pytest.raises(ProviderError, match="already in progress"):
        release.remove(engine(tmp_path, monkeypatch, times=1000), "container", "lab-1")
