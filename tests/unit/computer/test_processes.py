"""Processes of a killed run are found by their marker, and only those."""

import os
import subprocess
from pathlib import Path

import psutil

from orchestrator.computer.processes import MARKER, end_marked, end_orphans, owned
from orchestrator.waiting import NotYet, wait_for

SLEEP = ("sleep", "60")


def test_marked_processes_are_killed_and_others_live(tmp_path: Path) -> None:
    ours = sleeping(str(tmp_path), start_new_session=True)
    others = sleeping(str(tmp_path / "other"))
    try:
        assert end_marked(tmp_path) == 1
        assert not psutil.pid_exists(ours.pid)
        assert others.poll() is None
    finally:
        others.kill()
        others.wait()


def test_grandchildren_carry_the_marker(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        ("sh", "-c", "sleep 60 & echo $!; exec sleep 60"),
        env=os.environ | {MARKER: str(tmp_path)},
        stdout=subprocess.PIPE,
    )
    assert parent.stdout is not None
    assert parent.stdout.readline().strip().isdigit()
    assert end_marked(tmp_path) == 2
    parent.wait(5)
    parent.stdout.close()


def test_none_is_none(tmp_path: Path) -> None:
    assert end_marked(tmp_path) == 0


def test_what_a_process_owns_lives_as_long_as_it(tmp_path: Path) -> None:
    gone = subprocess.Popen(("true",))
    gone.wait()
    orphan = sleeping(owned(tmp_path, gone.pid))
    ours = sleeping(owned(tmp_path, os.getpid()))
    elsewhere = sleeping(owned(tmp_path / "other", gone.pid))
    try:
        assert end_orphans(tmp_path) == 1
        assert orphan.poll() is not None
        assert end_marked(tmp_path) == 0, "a command that changes the fleet leaves a tunnel in use alone"
        assert (ours.poll(), elsewhere.poll()) == (None, None)
    finally:
        for process in (orphan, ours, elsewhere):
            process.kill()
            process.wait()


def sleeping(marker: str, *, start_new_session: bool = False) -> subprocess.Popen[bytes]:
    """A process with that marker. Linux shows its environment a moment after it has begun the program."""
    process = subprocess.Popen(SLEEP, env=os.environ | {MARKER: marker}, start_new_session=start_new_session)
    seen = psutil.Process(process.pid)
    wait_for("the marker", lambda: seen.environ().get(MARKER) == marker or NotYet("no marker"), timeout_s=10)
    return process
