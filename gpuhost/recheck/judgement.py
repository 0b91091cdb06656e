"""What becomes of the certificate by what was seen. Pure: no clock, no disk.

It fails closed: what speaks against the host revokes, and stays; what cannot be told is unknown, never a certificate that holds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from gpuhost.recheck.proof import Proof
from gpuhost.recheck.records import UNREADABLE, Baseline, Certificate
from gpuhost.recheck.standing import EXPIRED, HOLDS, REVOKED, UNKNOWN, Reason, Standing, expired

RETRY = timedelta(hours=1)
"""After an attempt that came to nothing: a workload that runs out of memory or time would else run all the time."""

CLOCKS = timedelta(hours=1)
"""By so much the clock of a host may be behind that of the computer which issued the certificate."""

AGAIN = "orchestrate validate"
RESTORE = "orchestrate up --full"
LOOK = "sudo journalctl -u orchestrate-recheck"
"""On the host; the others where it was started from."""


@dataclass(frozen=True)
class Seen:
    """What one look found."""

    drift: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    proof: Proof | None = None
    """None: the workload was not run."""
    note: str = ""
    """Why it was not, though it was time."""


@dataclass(frozen=True)
class Times:
    """The clock and the pace."""

    now: datetime
    look_again_by: datetime
    every: timedelta
    """How often the workload runs."""


def is_due(baseline: Baseline, standing: Standing, times: Times) -> bool:
    """Whether it is time to run the workload: where nothing else keeps the certificate from holding, and the last proof is old."""
    open_to_it = standing.state == HOLDS or (standing.state == UNKNOWN and bool(standing.unproved))
    proved_at = standing.proved_at or baseline.proved_at
    rested = standing.tried_at is None or times.now - standing.tried_at >= min(RETRY, times.every)
    return bool(baseline.argv) and open_to_it and rested and times.now - proved_at >= times.every


def judge(
    certificate: Certificate | None,
    baseline: Baseline | None,
    seen: Seen,
    earlier: Standing | None,
    times: Times,
) -> Standing:
    """The standing of the certificate from now on.

    Args:
        certificate: None where there is none that can be read.
        baseline: None where nothing is on record of this certificate.
        seen: what was looked at and run.
        earlier: the standing until now; that of another certificate does not count.
        times: now.
    """
    digest = certificate.digest if certificate else ""
    same = earlier if earlier and earlier.certificate == digest else None
    if same and same.state == REVOKED:
        return replace(same, looked_at=times.now, look_again_by=times.look_again_by)
    wrong = failures(baseline, seen.proof) if baseline and seen.proof else ()
    tried, proved_at = seen.proof is not None, _proved_at(baseline, same)
    unproved = seen.proof.broken_off if seen.proof else (same.unproved if same else "")
    if seen.proof and not (seen.proof.broken_off or seen.proof.yielded_to or wrong):
        proved_at, unproved = times.now, ""
    state, reasons = _state(certificate, seen, wrong, unproved, times.now)
    yielded_to = seen.proof.yielded_to if seen.proof else ""
    return Standing(
        state=state,
        since=same.since if same and same.state == state else times.now,
        reasons=reasons,
        certificate=digest,
        valid_until=certificate.valid_until if certificate else None,
        looked_at=times.now,
        look_again_by=times.look_again_by,
        proved_at=proved_at,
        tried_at=times.now if tried else (same.tried_at if same else None),
        unproved=unproved,
        note=f"stopped for {yielded_to}" if yielded_to else seen.note,
    )


def _proved_at(baseline: Baseline | None, same: Standing | None) -> datetime | None:
    return (same.proved_at if same else None) or (baseline.proved_at if baseline else None)


def _state(
    certificate: Certificate | None, seen: Seen, wrong: tuple[str, ...], unproved: str, now: datetime
) -> tuple[str, tuple[Reason, ...]]:
    if certificate is None:
        return UNKNOWN, (
            Reason("there is no certificate that can be read", AGAIN),
            *_reasons(seen.unread, LOOK),
        )
    if certificate.revoked:
        return REVOKED, (Reason(certificate.revoked, AGAIN),)
    if certificate.verdict != "PASS":
        return UNKNOWN, (Reason(f"it proves nothing: it is {certificate.verdict}", AGAIN),)
    against = (*_reasons(seen.drift, RESTORE), *_reasons((*seen.faults, *wrong), AGAIN))
    if against:
        return REVOKED, against
    if certificate.valid_until is None or certificate.valid_until <= now:
        return EXPIRED, (expired(certificate.valid_until),)
    unread = (*seen.unread, *((f"it could not be proved again: {unproved}",) if unproved else ()))
    if now < certificate.issued_at - CLOCKS:
        unread = (*unread, f"the clock says {now:%Y-%m-%d %H:%M} UTC, before it was issued")
    return (UNKNOWN, _reasons(unread, LOOK)) if unread else (HOLDS, ())


def _reasons(lines: tuple[str, ...], action: str) -> tuple[Reason, ...]:
    return tuple(Reason(seen=line, action=action) for line in lines)


def failures(baseline: Baseline, proof: Proof) -> tuple[str, ...]:
    """What speaks against the host in what the workload reported; nothing where it brought nothing.

    Its speed is not judged: a network as small as that of `smoke` says nothing of a card's, and most of its time is the loading of
    the framework, which takes ten times as long from a cold disk.
    """
    if proof.result is None:
        return ()
    try:
        return tuple(_failures(baseline, proof, proof.result))
    except UNREADABLE as error:
        return (f"smoke reports what cannot be read: {type(error).__name__}",)


def _failures(baseline: Baseline, proof: Proof, told: dict[str, Any]) -> list[str]:
    made = {check["name"]: check for check in told["checks"]}
    found = [
        f"smoke: {name} {check['outcome']}: {check['reason']}"[:300]
        for name, check in made.items()
        if check["outcome"] != "passed"
    ]
    found += [f"smoke: {name} was not checked" for name in baseline.checks if name not in made]
    if told["attempt"] != proof.attempt:
        found.append("smoke: its result is of another run")
    if told["error"]:
        found.append(f"smoke broke off: {told['error']['type']}: {told['error']['message']}"[:300])
    if not found and (proof.code != 0 or told["status"] != "passed"):
        found.append(f"smoke ended with exit code {proof.code} and says that it {told['status']}")
    if told["device"]["used"] != baseline.device:
        found.append(f"the {told['device']['used'] or 'unknown device'} computed, not the {baseline.device}")
    devices = tuple(described(each) for each in told["device"]["devices"])
    if devices != baseline.devices:
        found.append(f"devices were {', '.join(baseline.devices)} and are {', '.join(devices) or 'none'}")
    versions = {name: told["versions"].get(name, "gone") for name in baseline.versions}
    found += [
        f"{name} was {baseline.versions[name]} and is {version}"
        for name, version in versions.items()
        if version != baseline.versions[name]
    ]
    return found


def described(device: dict[str, Any]) -> str:
    """Kind and description, as `orchestrate` has them on record."""
    return f"{device['kind']} {device['description']}".strip()
