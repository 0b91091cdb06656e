"""`list`, `ssh-config` and the ports of `ssh`, before any host is asked."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestrator.cli.fleets.listing import COLUMNS, cells
from orchestrator.cli.fleets.overview import FleetOverview, state_of
from orchestrator.cli.render import table_lines
from orchestrator.errors import ExitCode
from orchestrator.models import Host, HostState
from tests.unit.builders import host
from tests.unit.cli.typed import typed

RENTED = FleetOverview(
    fleet="lab",
    cloud="aws",
    state="running",
    why="",
    hosts=("lab-1", "lab-2"),
    verdict="PASS",
    valid_until=datetime(2026, 12, 24, tzinfo=UTC),
    usd_least=1.5,
    usd_most=1.5,
    usd_per_hour=0.526,
    ends_at=datetime(2026, 12, 1, 18, 30, tzinfo=UTC),
)
RUNNING, HALTED = host(), replace(host("lab-2"), state=HostState.STOPPED)


def test_without_a_fleet_the_list_says_what_makes_one(tmp_path: Path) -> None:
    said = typed(tmp_path, "list")
    assert (said.returncode, said.stdout) == (0, "no fleet is on record here\n  try: orchestrate up\n")
    assert json.loads(typed(tmp_path, "list", "--json").stdout) == []


def test_a_line_says_what_a_fleet_costs_and_when_it_ends() -> None:
    heads, line = table_lines((COLUMNS, cells(RENTED)))
    assert line.index("running") == heads.index("state")
    assert line.split("  ")[0] == "lab"
    for part in ("PASS until 2026-12-24", "$1.50", "$0.526 an hour", "2026-12-01 18:30 UTC at the latest"):
        assert part in line


def test_what_is_not_known_is_not_shown_as_nothing() -> None:
    unknown = replace(
        RENTED, usd_least=None, usd_most=None, usd_per_hour=None, ends_at=None, verdict="expired"
    )
    assert cells(unknown)[4:] == ("expired", "-", "-", "-")


@pytest.mark.parametrize(
    ("hosts", "was_made", "state"),
    [
        ((), True, "gone"),
        ((), False, "not made"),
        ((RUNNING,), True, "running"),
        ((HALTED,), True, "stopped"),
        ((RUNNING, HALTED), True, "1 of 2 running"),
    ],
)
def test_a_fleet_s_state_is_said_in_a_word_or_two(
    hosts: tuple[Host, ...], was_made: bool, state: str
) -> None:
    assert state_of(hosts, was_made=was_made, planned=True) == state


def test_the_user_s_ssh_configuration_is_changed_when_asked_and_given_back(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("Host a\n", encoding="utf-8")
    said = typed(tmp_path, "ssh-config", "--file", str(config))
    assert said.stdout.splitlines()[1] == "  try: orchestrate ssh-config --install"
    assert config.read_text(encoding="utf-8") == "Host a\n"
    said = typed(tmp_path, "ssh-config", "--install", "--file", str(config))
    assert "there is none now" in said.stdout
    assert f'Include "{tmp_path}/orchestrate/fleets/*/ssh_config"' in config.read_text(encoding="utf-8")
    typed(tmp_path, "ssh-config", "--remove", "--file", str(config))
    assert config.read_text(encoding="utf-8") == "Host a\n"


def test_adding_and_taking_away_at_once_is_refused(tmp_path: Path) -> None:
    assert typed(tmp_path, "ssh-config", "--install", "--remove").returncode == ExitCode.USAGE


@pytest.mark.parametrize("ports", ["", "x", "0", "65536", "80:", "1:2:3", "-1"])
def test_a_port_that_cannot_be_forwarded_is_refused(tmp_path: Path, ports: str) -> None:
    said = typed(tmp_path, "ssh", "--forward", ports, "lab-1")
    assert said.returncode == ExitCode.USAGE
    assert "8000:80 for port 80 there" in said.stderr
