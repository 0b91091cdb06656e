"""The certificate that lies on this host, and what is on record of it. Each item is checked; what cannot be read raises."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from gpuhost.files import content, write
from gpuhost.recheck.standing import CERTIFICATE, moment

PROOF = "proof.json"
"""What was proved of this host, as `orchestrate` delivers it with each PASS."""
BASELINE = "baseline.json"
"""That, and what stood here when it was delivered."""
PROGRAM = "workloads.pyz"

UNREADABLE = (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)
"""What reading raises when a file is not what it should be."""

_MOST_XIDS = 1000
_AT = re.compile(r", at ([0-9]+\.[0-9]+) s$")


@dataclass(frozen=True)
class Certificate:
    """What is asked of the certificate."""

    digest: str
    """SHA-256 of the file."""
    verdict: str
    headline: str
    issued_at: datetime
    valid_until: datetime | None
    revoked: str
    """Why it was taken back; empty where it was not."""


@dataclass(frozen=True)
class Baseline:
    """What this host was when it was certified."""

    certificate: str
    """SHA-256 of the certificate."""
    user: str
    """Who ran the jobs."""
    argv: tuple[str, ...]
    """The quick workload as it was certified, without its result and its id; empty where none was planned."""
    timeout_s: int
    python: str
    """Of the training environment."""
    proved_at: datetime
    boot_id: str
    started_uptime_s: float
    """Of the certified job, in seconds since that start of the machine."""
    device: str
    """`GPU` or `CPU`."""
    devices: tuple[str, ...]
    """Kind and description of each, in their order."""
    versions: dict[str, str]
    checks: tuple[str, ...]
    """Names of those that passed."""
    gpus: dict[str, Any] | None
    """The cards as NVML had them after the job."""
    installed: dict[str, str]
    """Empty in what `orchestrate` delivers."""
    xids: tuple[str, ...]
    """Faults in the kernel's log from before the certified job."""


def certificate(folder: Path) -> Certificate | None:
    """What lies there; None where there is none. Raises UNREADABLE."""
    file = folder / CERTIFICATE
    if not file.exists():
        return None
    written = file.read_bytes()
    told = json.loads(written)
    until, revoked = told["valid_until"], told.get("revoked")
    return Certificate(
        digest=hashlib.sha256(written).hexdigest(),
        verdict=str(told["verdict"]),
        headline=str(told["headline"]),
        issued_at=moment(told["issued_at"]),
        valid_until=moment(until) if until else None,
        revoked=str(revoked["reason"]) if revoked else "",
    )


def digest(folder: Path) -> str:
    """SHA-256 of the certificate; empty where there is none that can be read."""
    written = content(folder / CERTIFICATE)
    return hashlib.sha256(written).hexdigest() if written else ""


def baseline(file: Path) -> Baseline:
    """What is on record in the file. Raises UNREADABLE."""
    told = json.loads(file.read_bytes())
    return Baseline(
        certificate=str(told["certificate"]),
        user=str(told["user"]),
        argv=tuple(map(str, told["argv"])),
        timeout_s=int(told["timeout_s"]),
        python=str(told["python"]),
        proved_at=moment(told["proved_at"]),
        boot_id=str(told["boot_id"]),
        started_uptime_s=float(told["started_uptime_s"]),
        device=str(told["device"]),
        devices=tuple(map(str, told["devices"])),
        versions={str(name): str(version) for name, version in told["versions"].items()},
        checks=tuple(map(str, told["checks"])),
        gpus=None if told["gpus"] is None else dict(told["gpus"]),
        installed={str(name): str(version) for name, version in told.get("installed", {}).items()},
        xids=tuple(map(str, told.get("xids", ()))),
    )


def accept(folder: Path, installed: dict[str, str], xids: tuple[str, ...], boot_id: str) -> None:
    """Make the baseline of what was proved and of what stands here now. Raises UNREADABLE.

    Of the faults in the kernel's log, those from before the certified job are known: its own and later ones count.
    """
    proved = baseline(folder / PROOF)
    known = tuple(each for each in xids if proved.boot_id == boot_id and _at(each) < proved.started_uptime_s)
    told = json.loads((folder / PROOF).read_bytes()) | {"installed": installed, "xids": known[-_MOST_XIDS:]}
    write(folder / BASELINE, json.dumps(told, indent=2) + "\n", lasting=True)


def _at(xid: str) -> float:
    """The kernel's seconds at which it was written; without any it counts as new."""
    found = _AT.search(xid)
    return float(found[1]) if found else float("inf")
