"""Reports that are kept, and how they are named."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from orchestrator.errors import OrchestrateError, UsageError
from orchestrator.journal import Journal
from orchestrator.stages.report import RunRecord
from orchestrator.stages.report.comparison import keep_report, kept_reports, named_report
from tests.unit.stages.records import record


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    found = Journal("sandbox", tmp_path)
    found.record("begin", {"command": "orchestrate up"})
    return found


def keep(journal: Journal, *minutes: int) -> tuple[RunRecord, ...]:
    """Reports made so many minutes later."""
    first = record()
    kept = tuple(
        replace(first, generated_at=first.generated_at + timedelta(minutes=minute)) for minute in minutes
    )
    for each in kept:
        keep_report(journal, each)
    return kept


def test_the_last_and_those_before_it_have_names(journal: Journal, tmp_path: Path) -> None:
    first, second = keep(journal, 0, 5)
    assert [each.name for each in kept_reports(journal)] == ["sandbox", "sandbox@1"]
    assert named_report("sandbox", tmp_path).record == second
    assert named_report("sandbox@0", tmp_path).record == second
    assert named_report("sandbox@1", tmp_path).record == first
    assert journal.load("record", RunRecord) == second


def test_those_of_a_fleet_that_was_taken_away_come_after_those_of_now(
    journal: Journal, tmp_path: Path
) -> None:
    (first,) = keep(journal, 0)
    journal.end()
    assert named_report("sandbox", tmp_path).record == first
    (second,) = keep(journal, 5)
    assert named_report("sandbox", tmp_path).record == second
    assert named_report("sandbox@1", tmp_path).record == first


def test_a_report_of_a_version_that_kept_only_the_last_is_found(journal: Journal, tmp_path: Path) -> None:
    journal.save("record", record())
    assert named_report("sandbox", tmp_path).record == record()


def test_the_oldest_go(journal: Journal) -> None:
    kept = keep(journal, *range(25))
    assert len(kept_reports(journal)) == 20
    assert kept_reports(journal)[0].path.stem == f"{kept[-1].generated_at:%Y%m%dT%H%M%SZ}"


def test_a_run_folder_and_a_record_are_named_by_their_path(journal: Journal, tmp_path: Path) -> None:
    (only,) = keep(journal, 0)
    for path in (journal.folder, journal.folder / "record.json", kept_reports(journal)[0].path):
        assert named_report(str(path), tmp_path).record == only


def test_what_is_not_there_is_refused_with_what_is(journal: Journal, tmp_path: Path) -> None:
    keep(journal, 0)
    with pytest.raises(UsageError, match="fleet lab has no report") as refused:
        named_report("lab", tmp_path)
    assert "sandbox" in refused.value.hint
    with pytest.raises(UsageError, match="has 1 report, so none is sandbox@1"):
        named_report("sandbox@1", tmp_path)
    with pytest.raises(UsageError, match="there is no"):
        named_report("./nowhere/record.json", tmp_path)


def test_a_file_that_is_no_record_is_named(tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text("{}")
    with pytest.raises(OrchestrateError, match=r"other\.json cannot be read as RunRecord"):
        named_report(str(other), tmp_path)
