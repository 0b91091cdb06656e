"""Look whether this host's certificate still holds, and prove it again where it is time and nobody uses the host.

    gpuhost recheck status [--json]      what the last look came to
    gpuhost recheck run CONFIG           what the timer runs
    gpuhost recheck accept CONFIG        what `orchestrate` runs once it has delivered a certificate

A revocation is on record here, and `orchestrate status` brings it to where the host was started from.
"""

from __future__ import annotations

import argparse
import json
import secrets
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

from gpuhost.files import locked, text, write
from gpuhost.recheck import cards, proof, records
from gpuhost.recheck.installed import drift, installed
from gpuhost.recheck.judgement import Seen, Times, is_due, judge
from gpuhost.recheck.standing import FOLDER, STANDING, Standing, current, read

NAMESPACE = "orchestrate-standing"
"""Of the signature: one for a certificate is none for a standing."""
KEYS = tuple(Path(f"/etc/ssh/ssh_host_{kind}_key") for kind in ("ed25519", "ecdsa", "rsa"))
_SIGN_S = 20
_MISSED = 4
"""Looks after which what the last one found is old."""


@dataclass(frozen=True)
class Settings:
    """What role `recheck` sets."""

    every: timedelta
    interval: timedelta
    limits: proof.Limits


def main(arguments: Sequence[str]) -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="gpuhost recheck", description="Whether this host's certificate still holds."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    status = commands.add_parser("status", help="what the last look came to")
    status.add_argument("--json", action="store_true", help="as JSON")
    for name, says in (
        ("run", "look, and prove it again where it is time; as root"),
        ("accept", "take what stands here for what was certified; as root"),
    ):
        commands.add_parser(name, help=says).add_argument("config", type=Path)
    given = parser.parse_args(arguments)
    now = datetime.now(timezone.utc)
    if given.command == "status":
        standing = current(FOLDER, records.digest(FOLDER), now)
        sys.stdout.write(standing.to_json() if given.json else in_words(standing))
        return 0
    try:
        configured = settings(given.config)
        if given.command == "accept":
            accept()
        look(configured, now, proving=given.command == "run")
    except records.UNREADABLE as error:
        sys.stderr.write(f"gpuhost recheck: {str(error) or type(error).__name__}\n")
        return 1
    return 0


def settings(file: Path) -> Settings:
    """What is configured. Raises ValueError."""
    try:
        told = json.loads(file.read_text())
        limits = {name: float(told[name]) for name in ("busy_cpus", "busy_gpu_percent", "memory_percent")}
        return Settings(
            every=timedelta(hours=float(told["every_hours"])),
            interval=timedelta(minutes=float(told["interval_minutes"])),
            limits=proof.Limits(**limits),
        )
    except records.UNREADABLE as error:
        said = f"{file} cannot be read: {type(error).__name__}: {error}"
        raise ValueError(f"{said}\n  try: `orchestrate up --full`, where it was started from") from error


def accept() -> None:
    """Make the baseline of the certificate that was delivered; without proof of it there is none. Raises UNREADABLE."""
    proved = FOLDER / records.PROOF
    if not proved.exists() or records.baseline(proved).certificate != records.digest(FOLDER):
        (FOLDER / records.BASELINE).unlink(missing_ok=True)
        return
    stands = installed(Path("/"), records.baseline(proved).python)
    boot_id = text(Path("/proc/sys/kernel/random/boot_id"))
    records.accept(FOLDER, stands, cards.look(FOLDER, records.PROOF).xids, boot_id)


def look(configured: Settings, now: datetime, *, proving: bool) -> None:
    """Look at everything, run the workload where it is time, and write down what that comes to. Raises UNREADABLE."""
    times = Times(now=now, look_again_by=now + _MISSED * configured.interval, every=configured.every)
    earlier = read(FOLDER)
    certificate, baseline, unread = on_record()
    seen = observed(baseline) if baseline else Seen()
    seen = replace(seen, unread=(*unread, *seen.unread))
    standing = judge(certificate, baseline, seen, earlier, times)
    if proving and baseline and is_due(baseline, standing, times):
        used_by = proof.in_use(configured.limits)
        if used_by:
            standing = replace(standing, note=f"it is not proved again while the host is in use: {used_by}")
        else:
            ran = proof.prove(baseline, configured.limits, secrets.token_hex(4))
            ended = datetime.now(timezone.utc)
            again = replace(observed(baseline), proof=ran)
            standing = judge(certificate, baseline, again, earlier, replace(times, now=ended))
    keep(standing)


def on_record() -> tuple[records.Certificate | None, records.Baseline | None, tuple[str, ...]]:
    """Certificate, baseline, and what of them cannot be read."""
    try:
        certificate = records.certificate(FOLDER)
    except records.UNREADABLE as error:
        return None, None, (f"the certificate cannot be read: {error}",)
    if certificate is None or certificate.verdict != "PASS":
        return certificate, None, ()
    try:
        baseline = records.baseline(FOLDER / records.BASELINE)
    except records.UNREADABLE:
        return certificate, None, ("what this host was when it was certified is not on record",)
    if baseline.certificate != certificate.digest:
        return certificate, None, ("what is on record of this host is of another certificate",)
    return certificate, baseline, ()


def observed(baseline: records.Baseline) -> Seen:
    """What stands on the host now, and what speaks against its cards."""
    found = cards.look(FOLDER, records.BASELINE)
    changed = drift(baseline.installed, installed(Path("/"), baseline.python))
    return Seen(drift=changed, faults=found.faults, unread=found.unread)


def keep(standing: Standing) -> None:
    """Write it down with the host's signature, unless another certificate has come meanwhile. Raises OSError."""
    told = standing.to_json()
    signature = signed(told)
    with locked(FOLDER):
        if standing.certificate != records.digest(FOLDER):
            return
        write(FOLDER / STANDING, told, lasting=True)
        if signature:
            write(FOLDER / f"{STANDING}.sig", signature)
        else:
            (FOLDER / f"{STANDING}.sig").unlink(missing_ok=True)
    sys.stderr.write(in_words(standing))


def signed(told: str) -> str:
    """The signature with the key by which SSH knows this host; empty where it cannot be made."""
    key = next((each for each in KEYS if each.exists()), None)
    if key is None:
        return ""
    argv = ("ssh-keygen", "-q", "-Y", "sign", "-n", NAMESPACE, "-f", str(key))
    try:
        done = subprocess.run(argv, input=told.encode(), capture_output=True, timeout=_SIGN_S, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode()


def in_words(standing: Standing) -> str:
    """For a person."""
    lines = [f"{standing.state} since {standing.since:%Y-%m-%d %H:%M} UTC"]
    for reason in standing.reasons:
        lines += [f"  {reason.seen}", f"    try: {reason.action}"]
    proved = f"{standing.proved_at:%Y-%m-%d %H:%M} UTC" if standing.proved_at else "never"
    lines.append(f"  last looked at {standing.looked_at:%Y-%m-%d %H:%M} UTC, last proved {proved}")
    if standing.note:
        lines.append(f"  {standing.note}")
    return "\n".join(lines) + "\n"
