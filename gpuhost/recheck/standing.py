"""What has become of this host's certificate, as `standing.json` has it. Reads what it is given; changes nothing.

What cannot be read, is of another certificate, or is old, is never taken for one that holds.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

from gpuhost.files import content

FOLDER = Path("/var/lib/orchestrate/certificate")
STANDING = "standing.json"
CERTIFICATE = "certificate.json"

HOLDS, REVOKED, EXPIRED, UNKNOWN = STATES = ("holds", "revoked", "expired", "unknown")

_LOOK = "sudo systemctl status orchestrate-recheck.timer orchestrate-recheck.service"


@dataclass(frozen=True)
class Reason:
    """Why it does not hold."""

    seen: str
    action: str
    """What to do about it."""


@dataclass(frozen=True)
class Standing:
    """What the last look came to."""

    state: str
    """One of STATES. What was revoked stays so until another certificate is there."""
    since: datetime
    """When it came to be in that state."""
    reasons: tuple[Reason, ...]
    """Empty where it holds."""
    certificate: str
    """SHA-256 of the certificate that it is about; empty where there is none."""
    valid_until: datetime | None
    looked_at: datetime
    look_again_by: datetime
    """When it is old: from then on it says nothing."""
    proved_at: datetime | None
    """When the quick workload computed rightly last; None: never."""
    tried_at: datetime | None = None
    """When it was begun last."""
    unproved: str = ""
    """Why the last attempt came to nothing; empty where it came to something."""
    note: str = ""
    """Why it was not proved again though it is time: the host is busy."""

    def to_json(self) -> str:
        """The file's text."""
        return json.dumps(asdict(self), default=lambda at: at.isoformat(), indent=2) + "\n"


def parsed(text: str) -> Standing:
    """What `to_json` wrote. Raises ValueError, KeyError, TypeError or AttributeError."""
    told = json.loads(text)
    if told["state"] not in STATES:
        raise ValueError(f"{told['state']!r} is no state")
    return Standing(
        state=told["state"],
        since=moment(told["since"]),
        reasons=tuple(Reason(seen=str(each["seen"]), action=str(each["action"])) for each in told["reasons"]),
        certificate=str(told["certificate"]),
        valid_until=_moment_or_none(told["valid_until"]),
        looked_at=moment(told["looked_at"]),
        look_again_by=moment(told["look_again_by"]),
        proved_at=_moment_or_none(told["proved_at"]),
        tried_at=_moment_or_none(told["tried_at"]),
        unproved=str(told["unproved"]),
        note=str(told["note"]),
    )


def read(folder: Path) -> Standing | None:
    """The last look; None where there is none that can be read."""
    try:
        return parsed(content(folder / STANDING).decode())
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return None


def current(folder: Path, digest: str, now: datetime) -> Standing:
    """The standing of the certificate with that digest, as it is now: what was looked at a while ago may have expired since.

    Args:
        folder: where the standing lies.
        digest: SHA-256 of the certificate that lies there; empty for none.
        now: the time.
    """
    last = read(folder)
    if last is None:
        return _unknown(digest, now, "there is no look at it that can be read")
    if last.certificate != digest:
        return _unknown(digest, now, "it was not looked at since it was put there")
    if last.state == HOLDS and (last.valid_until is None or last.valid_until <= now):
        return replace(
            last, state=EXPIRED, since=last.valid_until or now, reasons=(expired(last.valid_until),)
        )
    if last.state == HOLDS and last.look_again_by <= now:
        return replace(
            last, state=UNKNOWN, since=last.look_again_by, reasons=(_old(last.looked_at),), note=""
        )
    return last


def expired(at: datetime | None) -> Reason:
    """The reason of what has expired."""
    seen = f"it expired on {at:%Y-%m-%d %H:%M} UTC" if at else "it has no date until which it is valid"
    return Reason(seen=seen, action="orchestrate validate")


def moment(text: str) -> datetime:
    """A time in ISO 8601, in UTC. Raises ValueError, TypeError or AttributeError; also for a time without a zone."""
    at = datetime.fromisoformat(text.replace("Z", "+00:00"))
    if at.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return at.astimezone(timezone.utc)


def _moment_or_none(text: str | None) -> datetime | None:
    return None if text is None else moment(text)


def _unknown(digest: str, now: datetime, why: str) -> Standing:
    return Standing(
        state=UNKNOWN,
        since=now,
        reasons=(Reason(seen=why, action=_LOOK),),
        certificate=digest,
        valid_until=None,
        looked_at=now,
        look_again_by=now,
        proved_at=None,
    )


def _old(looked_at: datetime) -> Reason:
    return Reason(seen=f"the last look was on {looked_at:%Y-%m-%d %H:%M} UTC", action=_LOOK)
