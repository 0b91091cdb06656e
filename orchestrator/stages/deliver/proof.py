"""What a host is given with each PASS to look after its certificate by itself: what was proved, and how. Pure; no secret is in it.

`gpuhost recheck` of role `recheck` reads it.
"""

import hashlib
import json
from dataclasses import asdict

from orchestrator.jobs.program import PROGRAM, training_python, workload_argv
from orchestrator.models import QUICK, Device, GpuReadings, Outcome, Plan, Verdict, WorkloadRun

FOLDER = "/var/lib/orchestrate/certificate"
"""Of hosts, where the certificate lies."""


def proof_of(
    certificate: bytes, plan: Plan, runs: tuple[WorkloadRun, ...], *, host: str, user: str
) -> bytes | None:
    """The file; None where the certificate is no PASS or no job of that host is on record.

    Args:
        certificate: the file, whose digest says what the proof is of.
        plan: the fleet's.
        runs: the jobs that the certificate rests on.
        host: its name.
        user: who ran them there.
    """
    run = _run(runs, host)
    if json.loads(certificate)["verdict"] != Verdict.PASS or run is None or run.job is None:
        return None
    python = training_python(plan)
    quick = run.request.workload == QUICK
    document = {
        "schema": 1,
        "certificate": hashlib.sha256(certificate).hexdigest(),
        "user": user,
        "argv": workload_argv(run.request, python, f"{FOLDER}/{PROGRAM}") if quick else (),
        "timeout_s": run.request.timeout_s,
        "python": python,
        "proved_at": run.job.finished_at.isoformat(),
        "boot_id": run.job.boot_id,
        "started_uptime_s": run.job.started_uptime_s,
        "device": run.device_used,
        "devices": tuple(map(_described, run.devices)),
        "versions": run.versions,
        "checks": tuple(check.name for check in run.checks if check.outcome is Outcome.PASSED),
        "gpus": _cards(run.evidence.gpus_after if run.evidence else None),
    }
    return json.dumps(document, indent=2).encode() + b"\n"


def _run(runs: tuple[WorkloadRun, ...], host: str) -> WorkloadRun | None:
    """The host's quick one, else the newest of those that it reported."""
    of_host = sorted(
        (run for run in runs if run.host == host and run.job),
        key=lambda run: (run.request.workload == QUICK, run.started_at),
    )
    return of_host[-1] if of_host else None


def _described(device: Device) -> str:
    return f"{device.kind} {device.description}".strip()


def _cards(readings: GpuReadings | None) -> dict[str, object] | None:
    """Without the processes that were on them, which are other people's."""
    if readings is None:
        return None
    gpus = [{**asdict(gpu), "processes": ()} for gpu in readings.gpus]
    return {"driver": readings.driver, "gpus": gpus}
