"""`orchestrate verify`: a certificate of here, one that was sent, and what is wrong with it."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gpuhost.recheck.standing import Reason
from orchestrator.errors import ExitCode
from orchestrator.journal import Journal
from orchestrator.models import Certificate
from tests.unit.cli.inside import Here
from tests.unit.gpuhost.recheck.samples import standing
from tests.unit.stages.records import host, record
from tests.unit.stages.test_signatures import made, public, signed


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    return Here(home=tmp_path, monkeypatch=monkeypatch, capsys=capsys)


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return made(tmp_path / "host_key")


@pytest.fixture
def journal(tmp_path: Path, key: Path) -> Journal:
    """Of a fleet whose host signed its certificate."""
    found = Journal("sandbox", tmp_path / "orchestrate")
    found.record("begin", {"command": "orchestrate up"})
    found.save("hosts", (replace(host(), host_key=public(key)),))
    issue(found, key, until=datetime.now(UTC) + timedelta(days=30))
    return found


def issue(journal: Journal, key: Path, *, until: datetime, **changes: object) -> None:
    certificate: Certificate = replace(record().certificate, valid_until=until, **changes)  # type: ignore[arg-type]
    journal.save("certificate", certificate)
    content = (journal.folder / "certificate.json").read_bytes()
    journal.write_file("signatures/sandbox-1.sig", signed(key, content))


def test_what_its_host_signed_holds(user: Here, journal: Journal) -> None:
    said = user.types("verify")
    assert said.code == ExitCode.OK
    assert "  signed by sandbox-1\n" in said.out


def test_what_was_changed_since_does_not(user: Here, journal: Journal) -> None:
    file = journal.folder / "certificate.json"
    file.write_text(file.read_text(encoding="utf-8").replace("sandbox-1 trains", "sandbox-1 flies"))
    said = user.types("verify")
    assert said.code == ExitCode.CHECKS_FAILED
    assert "it is forged, was changed since, or is of other hosts" in said.out
    assert "orchestrate validate" in said.out


def test_one_that_nobody_signed_does_not(user: Here, journal: Journal) -> None:
    (journal.folder / "signatures/sandbox-1.sig").unlink()
    said = user.types("verify", "--json")
    assert said.code == ExitCode.CHECKS_FAILED
    assert json.loads(said.out)["problems"] == ["no host signed it"]


def test_one_that_has_expired_does_not(user: Here, journal: Journal, key: Path) -> None:
    issue(journal, key, until=datetime.now(UTC) - timedelta(seconds=1))
    said = user.types("verify")
    assert said.code == ExitCode.CHECKS_FAILED
    assert "it has expired" in said.out


def test_one_that_was_sent_is_verified_by_the_keys_on_record(
    user: Here, journal: Journal, tmp_path: Path
) -> None:
    sent = tmp_path / "sent.json"
    sent.write_bytes((journal.folder / "certificate.json").read_bytes())
    signature = (journal.folder / "signatures/sandbox-1.sig").read_bytes()
    (tmp_path / "sent.json.sig").write_bytes(signature)
    assert user.types("verify", "sent.json").code == ExitCode.OK
    journal.end()
    assert user.types("verify", "sent.json").code == ExitCode.OK, "the record of a fleet that is down is kept"


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({}, ""),
        (
            {"state": "revoked", "reasons": (Reason("Xid 79", "up"),)},
            "sandbox-1 says that it is revoked: Xid 79",
        ),
        ({"certificate": "d0"}, "standing.json is of another certificate"),
        ({"state": "fine"}, "standing.json cannot be read"),
    ],
)
def test_what_its_host_found_since_counts_where_it_was_sent_too(
    user: Here, journal: Journal, key: Path, changes: dict[str, object], problem: str
) -> None:
    send(user.home / "sent", journal, key, "orchestrate-standing", **changes)
    said = user.types("verify", "sent/certificate.json")
    assert said.code == (ExitCode.CHECKS_FAILED if problem else ExitCode.OK)
    assert problem in said.out


def test_a_standing_that_its_host_did_not_sign_as_one_is_none(
    user: Here, journal: Journal, key: Path
) -> None:
    send(user.home / "sent", journal, key, "orchestrate-certificate")
    said = user.types("verify", "sent/certificate.json")
    assert said.code == ExitCode.CHECKS_FAILED
    assert "standing.json is no standing that its host signed" in said.out


def send(folder: Path, journal: Journal, key: Path, namespace: str, **changes: object) -> None:
    """What lies on a host, in a folder of here."""
    certificate = (journal.folder / "certificate.json").read_bytes()
    digest = hashlib.sha256(certificate).hexdigest()
    found = standing(**({"certificate": digest} | changes)).to_json().encode()
    folder.mkdir()
    (folder / "certificate.json").write_bytes(certificate)
    (folder / "certificate.json.sig").write_bytes(signed(key, certificate))
    (folder / "standing.json").write_bytes(found)
    (folder / "standing.json.sig").write_bytes(signed(key, found, namespace))


def test_one_of_a_fleet_that_is_not_known_here_needs_a_key(
    user: Here, tmp_path: Path, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = Journal("lab", tmp_path / "elsewhere")
    elsewhere.record("begin", {"command": "orchestrate up"})
    issue(elsewhere, key, until=datetime.now(UTC) + timedelta(days=1), fleet="lab")
    sent = "elsewhere/fleets/lab"
    words = ("verify", f"{sent}/certificate.json", "--signature", f"{sent}/signatures/sandbox-1.sig")
    refused = user.types(*words)
    assert refused.code == ExitCode.USAGE
    assert "no host key of fleet lab is on record here" in refused.err
    assert user.types(*words, "--host-key", public(key)).code == ExitCode.OK
    foreign = public(made(tmp_path / "foreign"))
    assert user.types(*words, "--host-key", foreign).code == ExitCode.CHECKS_FAILED


def test_a_file_without_a_signature_is_refused_with_what_to_name(user: Here, journal: Journal) -> None:
    said = user.types("verify", str(journal.folder / "certificate.json"))
    assert said.code == ExitCode.USAGE
    assert "certificate.json.sig" in said.err
