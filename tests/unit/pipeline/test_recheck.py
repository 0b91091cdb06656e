"""What hosts say of their certificate: read strictly, shown, and put on record where one has revoked it."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gpuhost.recheck.standing import Reason
from orchestrator.cli.certificate.standing import print_standings
from orchestrator.journal import Journal
from orchestrator.models import Certificate, HostStanding, StandingState, Verdict
from orchestrator.pipeline.previous_runs import STANDINGS, save_proof, standing_runs
from orchestrator.pipeline.recheck import looks_after, read_standing, record_revocation
from orchestrator.progress import Silent
from orchestrator.remote import Completed
from orchestrator.stages.report import render_html
from tests.unit.builders import ScriptedShell, completed
from tests.unit.gpuhost.recheck.samples import standing
from tests.unit.stages.proofs import NOW
from tests.unit.stages.records import record

WHY = Reason(seen="driver was 580 and is 590\x1b[31m", action="orchestrate up --full")
REVOKED = HostStanding(
    host="sandbox-1",
    state=StandingState.REVOKED,
    reasons=("driver was 580 and is 590",),
    actions=("orchestrate up --full",),
    looked_at=datetime(2026, 11, 20, 14, 55, tzinfo=UTC),
    proved_at=datetime(2026, 11, 20, 13, 10, tzinfo=UTC),
)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """Of a fleet that passed."""
    found = Journal("sandbox", tmp_path)
    passed = record()
    found.save("plan", passed.plan)
    save_proof(found, passed)
    return found


def asked(answer: Callable[[tuple[str, ...]], Completed]) -> HostStanding:
    return read_standing("sandbox-1", ScriptedShell(answer))


def test_what_the_host_s_program_says_is_read() -> None:
    said = standing(state="revoked", reasons=(WHY, WHY)).to_json()
    assert asked(lambda _argv: completed(said)) == replace(REVOKED, reasons=(*REVOKED.reasons,) * 2)
    assert asked(lambda _argv: completed(standing().to_json())).state is StandingState.HOLDS


@pytest.mark.parametrize(
    "said",
    [
        "",
        "[]",
        "holds",
        '{"state": "holds"}',
        standing(state="fine").to_json(),
        standing(state="revoked").to_json(),
        standing(reasons=(WHY,)).to_json(),
        standing().to_json().replace("2026-", "26-"),
        standing().to_json().replace("+00:00", ""),
    ],
)
def test_what_cannot_be_read_never_holds(said: str) -> None:
    found = asked(lambda _argv: completed(said))
    assert found.state is StandingState.UNKNOWN
    assert found.reasons == ("it says what cannot be read",)


def test_a_host_without_the_role_is_unknown_and_says_what_to_type() -> None:
    found = asked(lambda _argv: completed(exit_code=127, stderr="not found\n"))
    assert found.reasons == ("it does not look after it: not found",)
    assert found.actions == ("orchestrate up --full",)


def test_only_a_pass_of_hosts_with_the_role_is_asked_about(journal: Journal) -> None:
    assert not looks_after(journal)
    planned = record().plan
    journal.save("plan", replace(planned, roles=(*planned.roles, "recheck")))
    assert looks_after(journal)
    failed = replace(record().certificate, verdict=Verdict.FAIL)
    journal.save("certificate", failed)
    assert not looks_after(journal)


def test_a_certificate_that_a_host_revoked_is_revoked_on_record(journal: Journal) -> None:
    holds = replace(REVOKED, state=StandingState.HOLDS, reasons=(), actions=())
    assert record_revocation(journal, (holds,), Silent()) is None
    found = record_revocation(journal, (holds, REVOKED), Silent())
    assert found is not None
    certificate = journal.load("certificate", Certificate)
    assert certificate is not None
    assert certificate.revoked is not None
    assert (certificate.revoked.host, certificate.revoked.reason) == ("sandbox-1", REVOKED.reasons[0])
    assert standing_runs(journal, record().plan, now=NOW) == (), "nothing of it is carried over"
    assert json.loads((journal.folder / "journal.jsonl").read_text().splitlines()[-1])["event"] == "revoke"


def test_what_hosts_said_of_an_earlier_certificate_is_forgotten(journal: Journal) -> None:
    journal.save(STANDINGS, (REVOKED,))
    save_proof(journal, record())
    assert journal.load(STANDINGS, tuple[HostStanding, ...]) is None


def test_the_report_and_the_status_show_it(capsys: pytest.CaptureFixture[str]) -> None:
    page = render_html(replace(record(), standings=(REVOKED,)))
    assert "sandbox-1 says that it is revoked; last re-proved by the host at <time" in page
    assert "2026-11-20 13:10 UTC</time>: driver was 580 and is 590" in page
    print_standings(
        (REVOKED, replace(REVOKED, state=StandingState.HOLDS, reasons=(), actions=(), note="busy"))
    )
    assert capsys.readouterr().out.splitlines() == [
        "  sandbox-1: revoked, looked at 2026-11-20 14:55 UTC, proved again 2026-11-20 13:10 UTC",
        "    driver was 580 and is 590",
        "    try: orchestrate up --full",
        "  sandbox-1: holds, looked at 2026-11-20 14:55 UTC, proved again 2026-11-20 13:10 UTC",
        "    busy",
    ]
