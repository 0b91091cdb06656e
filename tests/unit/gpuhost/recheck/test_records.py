"""What lies beside the certificate: read strictly, and made into a baseline with what stands on the host."""

import json
import os
from dataclasses import asdict
from pathlib import Path

import pytest

from gpuhost.recheck import cards, records
from gpuhost.recheck.proof import MOST_BYTES, result
from orchestrator.jobs.program import workloads_program
from tests.unit.gpuhost.recheck.samples import INSTALLED, NOW, baseline

XIDS = ("Xid 79 on 0000:3b:00, at 99.500000 s", "Xid 79 on 0000:3b:00, at 100.500000 s")


def delivered(folder: Path, **changes: object) -> Path:
    """What `orchestrate` puts there."""
    told = asdict(baseline(**changes)) | {"proved_at": NOW.isoformat()}
    del told["installed"], told["xids"]
    (folder / records.PROOF).write_text(json.dumps(told), encoding="utf-8")
    return folder


@pytest.mark.parametrize(("boot_id", "known"), [("b1", XIDS[:1]), ("b2", ())])
def test_faults_from_before_the_certified_job_are_known_and_its_own_are_not(
    tmp_path: Path, boot_id: str, known: tuple[str, ...]
) -> None:
    records.accept(delivered(tmp_path), INSTALLED, XIDS, boot_id)
    accepted = records.baseline(tmp_path / records.BASELINE)
    assert accepted == baseline(proved_at=NOW, xids=known)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"certificate": "d1"}', "[" * 100_000])
def test_a_record_that_is_none_is_not_taken_for_one(tmp_path: Path, text: str) -> None:
    file = tmp_path / records.BASELINE
    file.write_text(text, encoding="utf-8")
    with pytest.raises(records.UNREADABLE):
        records.baseline(file)


def test_the_certificate_says_when_it_ends_and_whether_it_was_taken_back(tmp_path: Path) -> None:
    assert records.certificate(tmp_path) is None
    told = {
        "verdict": "FAIL",
        "headline": "FAIL: …",
        "issued_at": "2026-11-20T15:10:00Z",
        "valid_until": None,
        "revoked": {"reason": "Xid 79"},
    }
    (tmp_path / "certificate.json").write_text(json.dumps(told), encoding="utf-8")
    found = records.certificate(tmp_path)
    assert found is not None
    assert (found.verdict, found.issued_at, found.valid_until, found.revoked) == ("FAIL", NOW, None, "Xid 79")
    assert found.digest == records.digest(tmp_path)


def test_the_program_that_ran_the_jobs_says_what_speaks_against_the_cards(tmp_path: Path) -> None:
    """The very file that hosts have, in a Python that finds nothing of this project elsewhere; here is no card."""
    (tmp_path / records.PROGRAM).write_bytes(workloads_program())
    assert cards.look(delivered(tmp_path), records.PROOF).faults == ()
    missing = cards.look(delivered(tmp_path, gpus={"driver": "580", "gpus": []}), records.BASELINE)
    assert "the cards cannot be read: FileNotFoundError" in missing.unread[0]


def test_a_result_is_read_where_it_is_a_file_of_an_ordinary_size(tmp_path: Path) -> None:
    """It is its user's: root follows no link of theirs and waits for no pipe."""
    file = tmp_path / "result.json"
    assert result(file) is None
    file.write_text('{"status": "passed"}', encoding="utf-8")
    assert result(file) == {"status": "passed"}
    (tmp_path / "link").symlink_to(file)
    assert result(tmp_path / "link") is None
    for text in ("[]", "{", " " * (MOST_BYTES + 1)):
        file.write_text(text, encoding="utf-8")
        assert result(file) is None
    os.mkfifo(tmp_path / "pipe")
    assert result(tmp_path / "pipe") is None
