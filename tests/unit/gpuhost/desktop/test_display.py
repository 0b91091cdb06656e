"""What a display's user has before the X server starts. `tigervncpasswd` and `xauth` are small programs of the test."""

import os
import socket
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from gpuhost import desktop
from gpuhost.desktop import display as files
from gpuhost.desktop.display import Display, DisplayError


@pytest.fixture
def display(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Display:
    """A display of a user who has nothing yet."""
    programs = tmp_path / "programs"
    (tmp_path / "home").mkdir()
    (tmp_path / "tmp/.X11-unix").mkdir(parents=True)
    programs.mkdir()
    program(programs / "tigervncpasswd", "tr a-zA-Z A-Za-z")
    program(programs / "xauth", 'echo "$@" >"$(dirname "$0")/called"; cat >>"$4"')
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    return Display(7, tmp_path / "home", tmp_path / "tmp")


def program(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_a_user_gets_a_password_and_the_servers_form_of_it_that_nobody_else_reads(display: Display) -> None:
    files.prepare(display)
    password = display.password.read_text()
    assert len(password) == 9
    assert set(password) <= {*files.LETTERS, "\n"}
    assert display.hashed.read_text() == password.swapcase()
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (display.password, display.hashed)}
    assert modes == {0o600}
    assert sorted(path.name for path in display.password.parent.iterdir()) == ["vnc-passwd", "vnc-password"]


def test_a_password_that_is_there_stays_and_its_key_is_new_at_each_start(display: Display) -> None:
    files.prepare(display)
    display.password.write_text("sesame12\n")
    display.password.chmod(0o644)
    files.prepare(display)
    assert display.password.read_text() == "sesame12\n"
    assert stat.S_IMODE(display.password.stat().st_mode) == 0o600
    first, second = display.authority.read_text().splitlines()
    assert first.startswith("add :7 . ")
    assert first != second


def test_the_key_is_in_no_command_line(display: Display, tmp_path: Path) -> None:
    files.prepare(display)
    key = display.authority.read_text().split()[-1]
    called = (tmp_path / "programs/called").read_text()
    assert str(display.authority) in called
    assert key not in called


@pytest.mark.parametrize("password", ["short", "much-too-long"])
def test_a_password_that_vnc_cannot_take_is_refused_and_stays(display: Display, password: str) -> None:
    display.password.parent.mkdir(parents=True)
    display.password.write_text(password)
    with pytest.raises(DisplayError, match=f"holds {len(password)} characters\n  try: write 6 to 8 into it"):
        files.prepare(display)
    assert display.password.read_text() == password


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("tigervncpasswd", "tigervncpasswd failed: no space\n  try: "),
        ("xauth", "xauth cannot write .*: no space"),
    ],
)
def test_a_program_that_fails_is_named_with_what_it_said(
    display: Display, tmp_path: Path, name: str, said: str
) -> None:
    program(tmp_path / "programs" / name, "cat >/dev/null; echo no space >&2; exit 1")
    with pytest.raises(DisplayError, match=said):
        files.prepare(display)


@pytest.mark.parametrize(
    "holder", ["no number", "999999999", str(os.getpid())], ids=["none", "dead", "another"]
)
def test_what_a_dead_server_left_is_removed(display: Display, holder: str) -> None:
    lock = display.temporary / ".X7-lock"
    lock.write_text(f"{holder:>10}\n")
    display.socket.touch()
    files.remove_lock(display)
    assert not lock.exists()
    assert not display.socket.exists()


def test_the_lock_of_a_server_that_runs_stays(display: Display, monkeypatch: pytest.MonkeyPatch) -> None:
    own = Path("/proc/self/comm").read_text().strip()
    monkeypatch.setattr(files, "SERVERS", frozenset({own}))
    lock = display.temporary / ".X7-lock"
    lock.write_text(f"{os.getpid():>10}\n")
    with pytest.raises(DisplayError, match=f"process {os.getpid()} has display :7 already\n  try: end it"):
        files.remove_lock(display)
    assert lock.exists()


def test_what_cannot_be_removed_is_named(display: Display) -> None:
    display.socket.mkdir()
    with pytest.raises(DisplayError, match=r"X11-unix/X7 is somebody else's.*\n  try: remove it as root"):
        files.remove_lock(display)


def test_a_display_is_ready_when_its_server_takes_connections(display: Display) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(display.socket))
        server.listen()
        files.wait_until_ready(display, timeout_s=0.0)
    with pytest.raises(DisplayError, match=r"display :8 does not answer: .*\n  try: read journalctl"):
        files.wait_until_ready(replace(display, number=8), timeout_s=0.0)


def test_the_command_says_why_it_fails_and_ends_with_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    umask = os.umask(0o022)
    monkeypatch.setattr(desktop, "READY_S", 0.0)
    assert desktop.main(["ready", "98765"]) == 1
    os.umask(umask)
    assert capsys.readouterr().err.startswith("display :98765 does not answer: ")
