"""Processes of a killed run are found by their marker, and only those."""

import os
import subprocess
from pathlib import Path

import psutil

from orchestrator.computer.processes import MARKER, end_marked

SLEEP = ("sleep", "60")


def test_marked_processes_are_killed_and_others_live(tmp_path: Path) -> None:
    ours = subprocess.Popen(SLEEP, env=os.environ | {MARKER: str(tmp_path)}, start_new_session=True)
    others = subprocess.Popen(SLEEP, env=os.environ | {MARKER: str(tmp_path / "other")})
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
