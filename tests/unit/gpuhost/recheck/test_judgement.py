"""What becomes of a certificate: by its own dates, by what was seen of the host, and by what the quick workload reported."""

from datetime import timedelta

import pytest

from gpuhost.recheck.judgement import Seen, is_due, judge
from gpuhost.recheck.records import Certificate
from gpuhost.recheck.standing import EXPIRED, HOLDS, REVOKED, UNKNOWN
from tests.unit.gpuhost.recheck.samples import (
    CHECKS,
    EVERY,
    NOW,
    baseline,
    certificate,
    proof,
    result,
    standing,
    times,
)

DRIFT = "driver was 580.95.05 and is 590.1"
XID = "Xid 79 on 0000:3b:00 since it was certified: fell off the bus"


def failed(name: str) -> list[dict[str, str]]:
    return [
        {
            "name": each,
            "outcome": "failed" if each == name else "passed",
            "reason": "wrong" if each == name else "",
        }
        for each in CHECKS
    ]


CASES: dict[str, tuple[Certificate | None, Seen, str, str]] = {
    "nothing against it": (certificate(), Seen(), HOLDS, ""),
    "proved again": (certificate(), Seen(proof=proof()), HOLDS, ""),
    "a busy host": (certificate(), Seen(note="the host is in use"), HOLDS, ""),
    "stopped for somebody": (
        certificate(), Seen(proof=proof(code=None, result=None, yielded_to="ada")), HOLDS, "",
    ),
    "drift": (certificate(), Seen(drift=(DRIFT,)), REVOKED, DRIFT),
    "a fault": (certificate(), Seen(faults=(XID,)), REVOKED, XID),
    "a fault of what has expired": (
        certificate(valid_until=NOW), Seen(faults=(XID,)), REVOKED, XID,
    ),
    "expired": (certificate(valid_until=NOW), Seen(), EXPIRED, "it expired on 2026-11-20 15:10 UTC"),
    "without a date": (certificate(valid_until=None), Seen(), EXPIRED, "it has no date"),
    "taken back by its owner": (
        certificate(verdict="FAIL", revoked="Xid 79 in production"), Seen(), REVOKED, "Xid 79 in production",
    ),
    "no pass": (certificate(verdict="UNSURE"), Seen(), UNKNOWN, "it proves nothing: it is UNSURE"),
    "no certificate": (None, Seen(), UNKNOWN, "there is no certificate that can be read"),
    "unreadable cards": (certificate(), Seen(unread=("NVML: Unknown Error",)), UNKNOWN, "NVML: Unknown Error"),
    "a clock that was put back": (
        certificate(issued_at=NOW + timedelta(days=1)), Seen(), UNKNOWN, "the clock says 2026-11-20 15:10 UTC",
    ),
    "a failed check": (
        certificate(), Seen(proof=proof(code=1, result=result(status="failed", checks=failed("multiplication")))),
        REVOKED, "smoke: multiplication failed: wrong",
    ),
    "a check that was left out": (
        certificate(), Seen(proof=proof(result=result(checks=failed("")[:2]))),
        REVOKED, "smoke: device_used was not checked",
    ),
    "the CPU instead": (
        certificate(), Seen(proof=proof(result=result(device={"used": "CPU", "devices": []}))),
        REVOKED, "the CPU computed, not the GPU",
    ),
    "another version": (
        certificate(), Seen(proof=proof(result=result(versions={"python": "3.11.2"}))),
        REVOKED, "tensorflow was 2.21.0 and is gone",
    ),
    "an exit code against its word": (
        certificate(), Seen(proof=proof(code=1)), REVOKED, "smoke ended with exit code 1 and says that it passed",
    ),
    "a result of another run": (
        certificate(), Seen(proof=proof(attempt="a2")), REVOKED, "smoke: its result is of another run",
    ),
    "a job that broke off by itself": (
        certificate(),
        Seen(proof=proof(code=2, result=result(status="error", error={"type": "RuntimeError", "message": "no"}))),
        REVOKED, "smoke broke off: RuntimeError: no",
    ),
    "a result that is none": (certificate(), Seen(proof=proof(result={})), REVOKED, "smoke reports what cannot be read"),
    "no result": (
        certificate(), Seen(proof=proof(code=None, result=None, broken_off="it ran out of memory")),
        UNKNOWN, "it could not be proved again: it ran out of memory",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_standing_follows_from_what_was_seen(case: str) -> None:
    paper, seen, state, reason = CASES[case]
    made = judge(paper, baseline(), seen, standing(), times())
    assert made.state == state
    assert (made.reasons[0].seen if made.reasons else "").startswith(reason)
    assert bool(made.reasons) is (state != HOLDS)
    assert all(each.action for each in made.reasons), "it says what to do"


def test_fewer_cards_than_were_certified_revoke() -> None:
    fewer = result(device={"used": "GPU", "devices": [{"kind": "GPU", "description": "Tesla T4"}]})
    certified = baseline(devices=("GPU Tesla T4", "GPU Tesla T4"))
    made = judge(certificate(), certified, Seen(proof=proof(result=fewer)), None, times())
    assert made.reasons[0].seen == "devices were GPU Tesla T4, GPU Tesla T4 and are GPU Tesla T4"


def test_a_revocation_stays_until_another_certificate_is_there() -> None:
    revoked = judge(certificate(), baseline(), Seen(faults=(XID,)), standing(), times())
    later = times(now=NOW + timedelta(days=1), look_again_by=NOW + timedelta(days=2))
    again = judge(certificate(), baseline(), Seen(proof=proof()), revoked, later)
    assert (again.state, again.since, again.reasons) == (REVOKED, NOW, revoked.reasons)
    assert again.looked_at == later.now
    new = judge(certificate(digest="d2"), baseline(certificate="d2"), Seen(), revoked, later)
    assert (new.state, new.since, new.reasons) == (HOLDS, later.now, ())


def test_a_proof_is_dated_and_one_that_came_to_nothing_stays_on_record() -> None:
    proved = judge(certificate(), baseline(), Seen(proof=proof()), standing(), times())
    assert (proved.proved_at, proved.tried_at) == (NOW, NOW)
    broken = Seen(proof=proof(code=None, result=None, broken_off="timeout"))
    tried = judge(certificate(), baseline(), broken, standing(), times())
    assert (tried.proved_at, tried.tried_at) == (standing().proved_at, NOW)
    later = times(now=NOW + timedelta(minutes=15))
    assert judge(certificate(), baseline(), Seen(), tried, later).state == UNKNOWN
    assert judge(certificate(), baseline(), Seen(proof=proof()), tried, later).state == HOLDS


@pytest.mark.parametrize(
    ("changes", "due"),
    [
        ({}, False),
        ({"proved_at": NOW - EVERY}, True),
        ({"proved_at": None}, True),
        ({"proved_at": NOW - EVERY, "tried_at": NOW - timedelta(minutes=59)}, False),
        ({"proved_at": NOW - EVERY, "tried_at": NOW - timedelta(minutes=60)}, True),
        ({"proved_at": NOW - EVERY, "state": UNKNOWN}, False),
        ({"proved_at": NOW - EVERY, "state": UNKNOWN, "unproved": "timeout"}, True),
        ({"proved_at": NOW - EVERY, "state": EXPIRED}, False),
        ({"proved_at": NOW - EVERY, "state": REVOKED, "unproved": "timeout"}, False),
    ],
)
def test_the_workload_runs_when_the_last_proof_is_old_and_not_again_at_once(
    changes: dict[str, object], *, due: bool
) -> None:
    assert is_due(baseline(), standing(**changes), times()) is due
    assert is_due(baseline(argv=()), standing(**changes), times()) is False, "none was planned"


def test_a_host_s_clock_may_be_a_little_behind() -> None:
    issued = certificate(issued_at=NOW + timedelta(minutes=59))
    assert judge(issued, baseline(), Seen(), None, times()).state == HOLDS
