"""A certificate that somebody took back is a FAIL wherever it is read, and nothing of it is carried over."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from gpuhost.page import records
from gpuhost.page.values import Training
from orchestrator.cli.commands.status import _print_certificate
from orchestrator.errors import UsageError
from orchestrator.journal import Journal
from orchestrator.models import Certificate, Outcome, Verdict
from orchestrator.pipeline.previous_runs import revoke_proof, save_proof, standing_runs
from tests.unit.cli.typed import typed
from tests.unit.stages.proofs import NOW, run, runs, with_check
from tests.unit.stages.records import record

WHY = "Xid 79 in production"


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """Of a fleet that passed."""
    found = Journal("sandbox", tmp_path / "orchestrate")
    passed = record()
    found.save("plan", passed.plan)
    found.record("begin", {"command": "orchestrate up"})
    save_proof(found, passed)
    return found


def revoke(journal: Journal, host: str = "sandbox-1") -> Certificate:
    return revoke_proof(journal, reason=WHY, host=host, now=NOW).certificate


def test_it_is_a_fail_that_says_when_why_and_what_it_was(journal: Journal) -> None:
    certificate = revoke(journal)
    assert certificate.verdict is Verdict.FAIL
    assert certificate.headline == (
        f"FAIL: the certificate is revoked on {NOW:%Y-%m-%d %H:%M} UTC: sandbox-1: {WHY}"
    )
    assert certificate.revoked is not None
    assert certificate.revoked.was.startswith("PASS")
    assert certificate.valid_until is None
    assert journal.load("certificate", Certificate) == certificate


def test_signatures_of_what_it_said_before_are_gone(journal: Journal) -> None:
    signature = journal.write_file("signatures/sandbox-1.sig", b"")
    revoke(journal)
    assert not signature.exists()


def test_every_form_of_the_report_says_so(journal: Journal) -> None:
    revoke(journal)
    page = (journal.folder / "report.html").read_text()
    assert WHY in page
    assert "<title>FAIL" in page
    told = json.loads((journal.folder / "report.json").read_text())["certificate"]
    assert (told["verdict"], told["revoked"]["reason"]) == ("FAIL", WHY)
    cases = ET.parse(journal.folder / "junit.xml").getroot().iter("testcase")  # noqa: S314 - our own file
    failed = {case.get("name"): case[0].get("message") for case in cases if case.find("failure") is not None}
    assert failed == {"not_revoked": WHY}


def test_its_training_is_not_carried_over(journal: Journal) -> None:
    planned = record().plan
    assert standing_runs(journal, planned, now=NOW)
    revoke(journal)
    assert standing_runs(journal, planned, now=NOW) == ()


def test_the_host_s_page_shows_it(journal: Journal) -> None:
    revoke(journal)
    told = records.training(journal.folder / "certificate.json")
    assert isinstance(told, Training)
    assert told.verdict == "FAIL"
    assert WHY in told.headline


def test_the_status_says_what_it_was_and_what_makes_a_new_one(
    journal: Journal, capsys: pytest.CaptureFixture[str]
) -> None:
    _print_certificate(revoke(journal, host=""), datetime.now(UTC), "sandbox")
    lines = capsys.readouterr().out.splitlines()
    assert WHY in lines[0]
    assert lines[1].startswith("  until then it said PASS")
    assert lines[2].startswith("  try: orchestrate validate")


def test_a_new_validation_makes_a_new_one(journal: Journal) -> None:
    revoke(journal)
    save_proof(journal, record())
    made = journal.load("certificate", Certificate)
    assert made is not None
    assert (made.verdict, made.revoked) == (Verdict.PASS, None)


def test_what_proves_nothing_cannot_be_revoked(journal: Journal) -> None:
    spoilt = record(with_check(runs()[0], "hello_world", Outcome.FAILED), run(asked=runs()[1].request))
    save_proof(journal, spoilt)
    with pytest.raises(UsageError, match="it is FAIL"):
        revoke(journal)


def test_it_is_revoked_once_and_for_a_host_that_there_is(journal: Journal) -> None:
    with pytest.raises(UsageError, match="has no host lab-9") as caught:
        revoke(journal, host="lab-9")
    assert caught.value.hint.startswith("one of sandbox-1")
    first = revoke(journal)
    with pytest.raises(UsageError, match="the certificate is revoked on"):
        revoke(journal)
    assert journal.load("certificate", Certificate) == first


def test_a_fleet_without_a_certificate_has_none_to_revoke(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has no certificate"):
        revoke(Journal("sandbox", tmp_path))


def test_the_command_revokes_and_report_shows_it(journal: Journal, tmp_path: Path) -> None:
    passed = record()
    journal.save("record", replace(passed, plan=replace(passed.plan, roles=())))
    said = typed(tmp_path, "revoke", "sandbox-1", "--reason", f"{WHY}\n")
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.startswith("FAIL: the certificate is revoked on ")
    assert "orchestrate validate" in said.stdout
    assert typed(tmp_path, "report").stdout == said.stdout
    again = typed(tmp_path, "revoke", "--reason", " ")
    assert (again.returncode, again.stderr.splitlines()[0]) == (
        2,
        "a certificate is not revoked without a reason",
    )
