"""What a host is given with each PASS is what its own program reads, and nothing else."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from gpuhost.recheck import records
from gpuhost.recheck.judgement import failures
from gpuhost.recheck.proof import Proof
from orchestrator.models import WorkloadRun
from orchestrator.stages.deliver.proof import proof_of
from tests.unit.stages.proofs import plan, request, run, runs
from workloads import card_faults

PASS = b'{"verdict": "PASS"}\n'


def delivered(tmp_path: Path, *given: WorkloadRun) -> records.Baseline:
    written = proof_of(PASS, plan(), given, host="sandbox-1", user="ada")
    assert written is not None
    (tmp_path / "proof.json").write_bytes(written)
    return records.baseline(tmp_path / "proof.json")


def test_the_host_reads_what_was_proved_and_how(tmp_path: Path) -> None:
    given = runs("sandbox-1", device="GPU")
    read = delivered(tmp_path, *given)
    assert read.certificate == hashlib.sha256(PASS).hexdigest()
    assert read.user == "ada"
    assert read.argv == (
        "/opt/ml/envs/default/bin/python",
        "/var/lib/orchestrate/certificate/workloads.pyz",
        *("smoke", "--device", "auto", "--backend", "tensorflow"),
    )
    assert read.device == "GPU"
    assert read.devices[0] == "CPU 2 cores"
    assert {"hello_world", "gpu_health"} <= set(read.checks)
    assert read.gpus is not None
    assert card_faults.readings(read.gpus).gpus[0].uuid == given[0].evidence.gpus_after.gpus[0].uuid  # type: ignore[union-attr]


def test_the_same_job_again_has_nothing_against_it(tmp_path: Path) -> None:
    """In the form in which the job reports it: what is on record and what comes back are compared word for word."""
    good = run(device="GPU")
    told = {
        "attempt": "a1",
        "status": "passed",
        "error": None,
        "checks": [
            {"name": check.name, "outcome": check.outcome, "reason": check.reason} for check in good.checks
        ],
        "device": {
            "used": good.device_used,
            "devices": [{"kind": each.kind, "description": each.description} for each in good.devices],
        },
        "versions": good.versions,
    }
    assert failures(delivered(tmp_path, good), Proof(attempt="a1", code=0, result=told)) == ()


def test_without_a_quick_job_there_is_nothing_to_run_again(tmp_path: Path) -> None:
    read = delivered(tmp_path, run(asked=request("fashion_mnist")))
    assert (read.argv, read.timeout_s) == ((), 900)


@pytest.mark.parametrize("certificate", [b'{"verdict": "FAIL"}', b'{"verdict": "UNSURE"}'])
def test_what_is_no_pass_and_hosts_without_a_job_have_no_proof(certificate: bytes) -> None:
    assert proof_of(certificate, plan(), runs(), host="sandbox-1", user="ada") is None
    assert proof_of(PASS, plan(), runs(), host="lab-9", user="ada") is None
    assert proof_of(PASS, plan(), (replace(run(), job=None),), host="sandbox-1", user="ada") is None


def test_whose_processes_were_on_the_cards_is_nobody_s_business() -> None:
    written = proof_of(PASS, plan(), (run(device="GPU"),), host="sandbox-1", user="ada")
    assert written is not None
    assert all(gpu["processes"] == [] for gpu in json.loads(written)["gpus"]["gpus"])
