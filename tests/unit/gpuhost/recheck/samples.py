"""Builders: a certified host, its certificate, and what it was certified with. Every value can be overridden by keyword."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from gpuhost.recheck.judgement import Times
from gpuhost.recheck.proof import Proof
from gpuhost.recheck.records import Baseline, Certificate
from gpuhost.recheck.standing import Standing

NOW = datetime(2026, 11, 20, 15, 10, tzinfo=UTC)
EVERY = timedelta(hours=24)
CHECKS = ("hello_world", "multiplication", "device_used")
VERSIONS = {"python": "3.11.2", "tensorflow": "2.21.0"}
INSTALLED = {"kernel": "6.1.0-28-amd64", "driver": "580.95.05", "package libcudnn9:amd64": "9.5.1"}


def times(**changes: object) -> Times:
    usual = Times(now=NOW, look_again_by=NOW + timedelta(hours=1), every=EVERY)
    return replace(usual, **changes)  # type: ignore[arg-type]


def certificate(**changes: object) -> Certificate:
    usual = Certificate(
        digest="d1",
        verdict="PASS",
        headline="PASS: lab-1 trains",
        issued_at=NOW - timedelta(days=2),
        valid_until=NOW + timedelta(days=28),
        revoked="",
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


def baseline(**changes: object) -> Baseline:
    usual = Baseline(
        certificate="d1",
        user="admin",
        argv=("/opt/ml/envs/default/bin/python", "workloads.pyz", "smoke", "--device", "auto"),
        timeout_s=900,
        python="/opt/ml/envs/default/bin/python",
        proved_at=NOW - timedelta(days=2),
        boot_id="b1",
        started_uptime_s=100.0,
        device="GPU",
        devices=("CPU 2 cores", "GPU Tesla T4"),
        versions=VERSIONS,
        checks=CHECKS,
        gpus=None,
        installed=INSTALLED,
        xids=(),
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


def standing(**changes: object) -> Standing:
    usual = Standing(
        state="holds",
        since=NOW - timedelta(days=2),
        reasons=(),
        certificate="d1",
        valid_until=NOW + timedelta(days=28),
        looked_at=NOW - timedelta(minutes=15),
        look_again_by=NOW + timedelta(minutes=45),
        proved_at=NOW - timedelta(hours=2),
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


def result(**changes: object) -> dict[str, object]:
    """What smoke reports where all is well."""
    return {
        "attempt": "a1",
        "status": "passed",
        "error": None,
        "checks": [{"name": name, "outcome": "passed", "reason": ""} for name in CHECKS],
        "device": {
            "used": "GPU",
            "devices": [
                {"kind": "CPU", "description": "2 cores"},
                {"kind": "GPU", "description": "Tesla T4"},
            ],
        },
        "versions": {**VERSIONS, "backend": "tensorflow"},
    } | changes


def proof(**changes: object) -> Proof:
    return replace(Proof(attempt="a1", code=0, result=result()), **changes)  # type: ignore[arg-type]
