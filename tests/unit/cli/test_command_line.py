"""The command line as a user meets it: help, versions, refusals."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from orchestrator.cli import COMMANDS, cli
from orchestrator.errors import ExitCode
from tests.unit.cli.typed import typed


def test_help_lists_every_command_and_every_exit_code() -> None:
    shown = CliRunner().invoke(cli, ["--help"]).output
    assert all(f"  {name}" in shown for name in COMMANDS)
    assert all(str(code.value) in shown.partition("Exit codes:")[2] for code in ExitCode)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    shown = CliRunner().invoke(cli, [command, "--help"])
    assert shown.exit_code == 0
    assert f"{command} [OPTIONS]" in shown.output


def test_a_misspelt_command_is_a_usage_error(tmp_path: Path) -> None:
    said = typed(tmp_path, "upp")
    assert said.returncode == ExitCode.USAGE
    assert "No such command 'upp'" in said.stderr


def test_an_error_is_one_line_and_one_hint_without_a_traceback(tmp_path: Path) -> None:
    said = typed(tmp_path, "status", "--config", "missing.yml")
    assert said.returncode == ExitCode.USAGE
    assert said.stdout == ""
    cause, hint = said.stderr.splitlines()
    assert "missing.yml" in cause
    assert hint.startswith("  try: ")


@pytest.mark.parametrize(
    "line",
    [
        ("bench", "--usd-per-hour", "nan"),
        ("bench", "--usd-per-hour", "inf"),
        ("extend", "--hours", "nan"),
        ("extend", "--usd", "inf"),
        ("run", "--memory-fraction", "nan"),
        ("fit", "--memory-fraction", "nan"),
    ],
)
def test_a_number_that_is_none_is_refused_as_it_is_typed(line: tuple[str, ...]) -> None:
    said = CliRunner().invoke(cli, line)
    assert said.exit_code == ExitCode.USAGE
    assert f"{line[2]!r} is not a number." in said.output


def test_ssh_to_a_fleet_that_is_not_up_says_what_brings_it_up(tmp_path: Path) -> None:
    said = typed(tmp_path, "ssh", "--name", "lab", "lab-1")
    assert said.returncode == ExitCode.USAGE
    assert said.stderr.splitlines() == [
        "fleet lab has no hosts on record",
        "  try: orchestrate up --name lab",
    ]


def test_validate_of_a_fleet_that_is_not_up_is_refused(tmp_path: Path) -> None:
    said = typed(tmp_path, "validate", "--name", "lab")
    assert said.returncode == ExitCode.USAGE
    assert said.stderr.splitlines() == ["fleet lab is not up", "  try: orchestrate up --name lab"]


def test_report_without_a_run_is_refused(tmp_path: Path) -> None:
    said = typed(tmp_path, "report")
    assert said.returncode == ExitCode.USAGE
    assert said.stderr.splitlines() == ["fleet sandbox has no report yet", "  try: orchestrate up"]
