"""`orchestrate report`: the last one, those that are kept, and several side by side."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from orchestrator.errors import ExitCode
from orchestrator.journal import Journal
from orchestrator.stages.report.comparison import keep_report
from tests.unit.cli.inside import Here
from tests.unit.stages.comparison.reports import measured


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    """Somebody who validated twice; the second time it was slower."""
    journal = Journal("sandbox", tmp_path / "orchestrate")
    journal.record("begin", {"command": "orchestrate up"})
    before, after = measured(5000.0), measured(2500.0)
    keep_report(journal, before)
    keep_report(journal, replace(after, generated_at=before.generated_at + timedelta(hours=1)))
    return Here(home=tmp_path, monkeypatch=monkeypatch, capsys=capsys)


def test_those_that_are_kept_are_listed_by_the_names_that_compare_takes(user: Here) -> None:
    said = user.types("report", "--list")
    assert said.code == ExitCode.OK
    assert [line.split()[0] for line in said.out.splitlines()] == ["sandbox", "sandbox@1"]
    assert [each["name"] for each in json.loads(user.types("report", "--list", "--json").out)] == [
        "sandbox",
        "sandbox@1",
    ]


@pytest.mark.parametrize("names", [(), ("sandbox@1",), ("sandbox@1", "sandbox")])
def test_the_last_is_compared_with_the_one_before(user: Here, names: tuple[str, ...]) -> None:
    said = user.types("report", "--compare", *names)
    assert said.code == ExitCode.OK
    assert "sandbox has 0.50 of sandbox@1's speed on fashion_mnist: 2,500 against 5,000 images/s" in said.out
    page = Path(said.out.split()[-1])
    assert "0.50" in page.read_text(encoding="utf-8")


def test_a_comparison_is_one_document_for_programs(user: Here) -> None:
    told = json.loads(user.types("report", "--compare", "--json").out)
    (speed,) = (
        row
        for section in told["sections"]
        if section["title"] == "fashion_mnist"
        for row in section["rows"]
        if row["name"] == "images/s"
    )
    assert (speed["values"], speed["ratio"]) == ([[5000.0], [2500.0]], 0.5)


def test_names_without_compare_are_refused_with_what_to_type(user: Here) -> None:
    said = user.types("report", "sandbox", "lab")
    assert said.code == ExitCode.USAGE
    assert "orchestrate report --compare sandbox lab" in said.err


def test_a_fleet_without_an_earlier_report_says_how_many_it_has(user: Here) -> None:
    said = user.types("report", "--compare", "sandbox@2")
    assert said.code == ExitCode.USAGE
    assert "fleet sandbox has 2 reports, so none is sandbox@2" in said.err
    assert "orchestrate report --list --name sandbox" in said.err
