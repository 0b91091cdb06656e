"""The subcommand on a host of its own folder: a delivered certificate is accepted, looked at, signed, and never taken for another."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gpuhost.recheck import command, records
from gpuhost.recheck.standing import HOLDS, REVOKED, UNKNOWN, Standing, read
from orchestrator.jobs.program import workloads_program
from orchestrator.stages.deliver.proof import proof_of
from orchestrator.stages.deliver.signatures import STANDING_NAMESPACE, signer
from tests.unit.stages.proofs import plan, run
from tests.unit.stages.test_signatures import made, public

SETTINGS = {
    "interval_minutes": 15,
    "every_hours": 1e6,
    "busy_cpus": 0,
    "busy_gpu_percent": 5,
    "memory_percent": 50,
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of the certificate, on a host with a key."""
    monkeypatch.setattr(command, "FOLDER", tmp_path)
    monkeypatch.setattr(command, "KEYS", (tmp_path / "none", made(tmp_path / "key")))
    (tmp_path / "recheck.json").write_text(json.dumps(SETTINGS), encoding="utf-8")
    (tmp_path / records.PROGRAM).write_bytes(workloads_program())
    deliver(tmp_path)
    return tmp_path


def deliver(folder: Path, verdict: str = "PASS") -> None:
    """A certificate, and what was proved with it."""
    now = datetime.now(UTC)
    told = {
        "verdict": verdict,
        "headline": f"{verdict}: it trains",
        "issued_at": now.isoformat(),
        "valid_until": (now + timedelta(days=30)).isoformat(),
    }
    certificate = json.dumps(told).encode()
    (folder / "certificate.json").write_bytes(certificate)
    proof = proof_of(certificate, plan(), (run(),), host="sandbox-1", user="nobody")
    if proof:
        (folder / records.PROOF).write_bytes(proof)


def typed(folder: Path, what: str) -> Standing:
    assert command.main((what, str(folder / "recheck.json"))) == 0
    found = read(folder)
    assert found is not None
    return found


def test_what_was_delivered_is_accepted_holds_and_is_signed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    standing = typed(folder, "accept")
    assert (standing.state, standing.reasons) == (HOLDS, ())
    assert typed(folder, "run").since == standing.since
    content, signature = ((folder / name).read_bytes() for name in ("standing.json", "standing.json.sig"))
    keys = {"sandbox-1": public(folder / "key")}
    assert signer(content, signature, keys, STANDING_NAMESPACE) == "sandbox-1"
    assert signer(content, signature, keys) == "", "it is no signature of a certificate"
    capsys.readouterr()
    assert command.main(("status",)) == 0
    assert capsys.readouterr().out.startswith("holds since ")
    assert command.main(("status", "--json")) == 0
    assert json.loads(capsys.readouterr().out)["state"] == HOLDS


def test_drift_revokes_and_a_new_certificate_begins_anew(folder: Path) -> None:
    typed(folder, "accept")
    file = folder / records.BASELINE
    told = json.loads(file.read_text(encoding="utf-8"))
    told["installed"]["driver"] = "580.1"
    file.write_text(json.dumps(told), encoding="utf-8")
    revoked = typed(folder, "run")
    assert (revoked.state, revoked.reasons[0].seen) == (REVOKED, "driver was 580.1 and is none")
    deliver(folder)
    assert typed(folder, "run").state == UNKNOWN, "nobody has accepted it"
    assert typed(folder, "accept").state == HOLDS


def test_a_certificate_that_is_no_pass_has_no_baseline(folder: Path) -> None:
    typed(folder, "accept")
    deliver(folder, "FAIL")
    assert typed(folder, "accept").state == UNKNOWN
    assert not (folder / records.BASELINE).exists()


def test_a_look_at_a_certificate_that_was_replaced_meanwhile_is_not_written_down(folder: Path) -> None:
    before = typed(folder, "accept")
    deliver(folder)
    command.keep(before)
    assert command.main(("status", "--json")) == 0
    (folder / "standing.json").unlink()
    command.keep(before)
    assert read(folder) is None


def test_it_is_told_what_is_wrong_with_its_settings(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "recheck.json").write_text("{}", encoding="utf-8")
    assert command.main(("run", str(folder / "recheck.json"))) == 1
    said = capsys.readouterr().err
    assert "recheck.json cannot be read: KeyError: 'busy_cpus'" in said
    assert "orchestrate up --full" in said
