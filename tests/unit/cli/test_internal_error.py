"""A fault of orchestrate itself, and readers of its output that leave."""

import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.cli.messages import internal_error
from orchestrator.errors import ExitCode

BROKEN = """
import sys
from orchestrator.cli import commands, main
from orchestrator.cli.commands import local
def fail(**_):
    raise {error}
local.schema.callback = fail
sys.argv = ["orchestrate", "schema"]
main()
"""


def run(error: str, state: Path) -> subprocess.CompletedProcess[str]:
    """`orchestrate schema`, whose own code raises this."""
    return subprocess.run(
        (sys.executable, "-c", BROKEN.format(error=error)),
        env={"XDG_STATE_HOME": str(state), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_fault_of_its_own_has_an_exit_code_of_its_own_and_two_lines(tmp_path: Path) -> None:
    said = run("KeyError('colour')", tmp_path)
    assert said.returncode == ExitCode.INTERNAL_ERROR
    cause, hint = said.stderr.splitlines()
    assert cause == "a fault of orchestrate itself: KeyError: 'colour'"
    kept = tmp_path / "orchestrate" / internal_error.NAME
    assert str(kept) in hint
    assert "in fail" in kept.read_text()
    assert kept.stat().st_mode & 0o777 == 0o600


def test_where_nothing_can_be_written_the_fault_is_told_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "orchestrate").write_text("a file where the folder should be")
    said = run("ValueError('no number')", tmp_path)
    assert said.returncode == ExitCode.INTERNAL_ERROR
    assert "ValueError: no number" in said.stderr
    assert "Traceback" not in said.stderr


def test_the_kept_traceback_holds_no_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    secret = "hunter2"
    try:
        int(secret)
    except ValueError as error:
        internal_error.report_lines(error)
    assert secret not in (tmp_path / "orchestrate" / internal_error.NAME).read_text()


def test_a_reader_that_leaves_is_no_error(tmp_path: Path) -> None:
    with subprocess.Popen(
        (sys.executable, "-c", "from orchestrator.cli import main; main()", "schema"),
        env={"XDG_STATE_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout
        assert running.stderr
        running.stdout.close()
        said = running.stderr.read()
    assert (running.returncode, said) == (ExitCode.OK, "")
