"""Who used what: shares of time and energy, by user, job, card and month."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from gpuhost.telemetry.snapshot import COMPUTE, OK, Card, Process, Snapshot
from gpuhost.telemetry.usage import command
from gpuhost.telemetry.usage.account import Account, job_of, joules, months, uses

NOVEMBER = 1_795_000_000.0
"""2026-11-18."""
CARD = Card(
    index=0,
    uuid="GPU-0",
    name="NVIDIA L40S",
    address="",
    utilization_percent=50,
    power_w=200.0,
    energy_j=1000.0,
)
JOB = "orchestrate-run-7.service"


def by(user: str, pid: int = 7, unit: str = JOB) -> Process:
    return Process(pid, COMPUTE, 1, user, 1000, "python", 0.0, "R", unit=unit)


def counted(
    folder: Path, *seconds: tuple[float, Card], start: float = NOVEMBER
) -> dict[tuple[str, str], list[float]]:
    account = Account(folder)
    for after, card in seconds:
        account.add(Snapshot(taken_at=start + after, host="lab-1", state=OK, cards=(card,)))
    account.save()
    found = [use for month in months(folder) for use in uses(folder, month)]
    return {(use.user, use.job): [use.held_s, use.busy_s, use.joules] for use in found}


def test_a_card_that_one_holds_is_theirs(tmp_path: Path) -> None:
    held = replace(CARD, processes=(by("ada"), by("ada", 8)))
    found = counted(
        tmp_path, (0, held), (1, replace(held, energy_j=1150.0)), (2, replace(held, energy_j=1300.0))
    )
    assert found == {("ada", JOB): [2.0, 1.0, 300.0]}


def test_a_card_that_several_hold_is_shared_in_equal_parts(tmp_path: Path) -> None:
    held = replace(CARD, processes=(by("ada"), by("bob", 8), by("ada", 9, "session-3.scope"), by("", 10, "")))
    found = counted(tmp_path, (0, held), (4, replace(held, energy_j=1800.0)))
    share = [1.0, 0.5, 200.0]
    assert found == {("ada", JOB): share, ("bob", JOB): share, ("ada", ""): share, ("?", ""): share}


def test_what_nobody_holds_takes_energy_and_no_time(tmp_path: Path) -> None:
    assert counted(tmp_path, (0, CARD), (2, replace(CARD, energy_j=1100.0))) == {("", ""): [0.0, 0.0, 100.0]}


def test_nothing_is_counted_over_a_gap_in_which_nobody_looked(tmp_path: Path) -> None:
    held = replace(CARD, processes=(by("ada"),))
    assert counted(tmp_path, (0, held), (60, held)) == {}


def test_energy_is_the_counters_or_follows_from_power() -> None:
    assert joules(CARD, replace(CARD, energy_j=1234.0), 1.0) == 234.0
    assert joules(CARD, replace(CARD, energy_j=5.0), 2.0) == 400.0, "the counter began anew"
    assert joules(CARD, replace(CARD, energy_j=None), 2.0) == 400.0
    assert joules(CARD, replace(CARD, energy_j=None, power_w=None), 2.0) == 0.0


def test_a_restart_goes_on_and_a_month_has_a_file_of_its_own(tmp_path: Path) -> None:
    held = replace(CARD, processes=(by("ada"),))
    counted(tmp_path, (0, held), (1, held))
    assert counted(tmp_path, (0, held), (1, held)) == {("ada", JOB): [2.0, 1.0, 0.0]}
    december = 1_796_083_200.0  # 2026-12-01 00:00 UTC
    account = Account(tmp_path)
    for after in (-1.0, 0.0, 1.0):
        account.add(Snapshot(taken_at=december + after, host="lab-1", state=OK, cards=(held,)))
    account.save()
    assert months(tmp_path) == ["2026-11", "2026-12"]
    assert [use.held_s for use in uses(tmp_path, "2026-12")] == [2.0]


def test_old_months_are_removed(tmp_path: Path) -> None:
    for month in ("2026-08", "2026-09", "2026-10"):
        (tmp_path / f"{month}.json").write_text("[]")
    account = Account(tmp_path, keep_months=2)
    for after in (0.0, 1.0):
        account.add(Snapshot(taken_at=NOVEMBER + after, host="lab-1", state=OK, cards=(CARD,)))
    account.save()
    assert months(tmp_path) == ["2026-10", "2026-11"]


@pytest.mark.parametrize("damage", ["", "{", "5", '[5, {"month": "2026-11"}, {"user": []}]'])
def test_what_cannot_be_read_is_passed_over(tmp_path: Path, damage: str) -> None:
    (tmp_path / "2026-11.json").write_text(damage)
    assert list(uses(tmp_path, "2026-11")) == []
    held = replace(CARD, processes=(by("ada"),))
    assert counted(tmp_path, (0, held), (1, held)) == {("ada", JOB): [1.0, 0.5, 0.0]}


@pytest.mark.parametrize(
    ("unit", "job"),
    [
        (JOB, JOB),
        ("jupyter-ada.service", "jupyter-ada.service"),
        ("session-3.scope", ""),
        ("user@1000.service", ""),
        ("docker-4f.scope", ""),
        ("", ""),
    ],
)
def test_services_are_jobs_and_sessions_are_none(unit: str, job: str) -> None:
    assert job_of(unit) == job


def test_the_command_sums_by_user_and_gives_all_as_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    held = replace(CARD, processes=(by("ada"), by("bob", 8, "")))
    counted(tmp_path, (0, held), (8, replace(held, energy_j=7_201_000.0)))
    assert command.main(["--month", "2026-11"], tmp_path) == 0
    assert capsys.readouterr().out.splitlines() == [
        "2026-11",
        "USER  GPU-HOURS  BUSY    KWH",
        "ada        0.00  0.00  1.000",
        "bob        0.00  0.00  1.000",
    ]
    command.main(["--json"], tmp_path)
    (first, second) = json.loads(capsys.readouterr().out)["uses"]
    assert (first["user"], first["job"], first["card"], first["held_s"]) == ("ada", JOB, "GPU-0", 4.0)
    assert second["user"] == "bob"
    command.main(["--month", "1999-01"], tmp_path)
    assert capsys.readouterr().out == "nothing is on record of 1999-01\n"
