"""Every way known to get a PASS that is none has its verdict and its reason; odd but honest hosts pass."""

from dataclasses import replace
from datetime import timedelta

import pytest

from orchestrator.models import Certificate, Hardware, Outcome, Verdict, WorkloadRun
from orchestrator.stages.certify import Earlier, certify
from tests.unit.stacks import stack
from tests.unit.stages.false_passes import FALSE_PASSES, evidence
from tests.unit.stages.honest_hosts import HONEST
from tests.unit.stages.proofs import NOW, WORKLOADS, plan, run, runs, with_check


@pytest.mark.parametrize("name", FALSE_PASSES)
def test_a_false_pass_is_none_and_says_why(name: str) -> None:
    device, spoil, verdict, reason = FALSE_PASSES[name]
    smoke, training, *load = runs(device=device)
    certificate = judged(smoke, spoil(training), *load)
    if name == "ended long ago by the host's uptime":
        certificate = judged(spoil(smoke), spoil(training))
    assert certificate.verdict is verdict
    assert any(reason in line for line in certificate.reasons), certificate.reasons


def judged(*given: WorkloadRun, earlier: Earlier | None = None, gpus: tuple[str, ...] = ()) -> Certificate:
    stacks = {"sandbox-1": replace(stack(), hardware=gpu_host(gpus))} if gpus else None
    with_load = any(run.request.workload == "gpu_burn" for run in given)
    planned = plan(stacks=stacks, workloads=WORKLOADS["GPU" if with_load else "CPU"])
    return certify(planned, given, hosts=("sandbox-1",), issued_at=NOW, earlier=earlier)


def gpu_host(gpus: tuple[str, ...]) -> Hardware:
    return Hardware(gpus=gpus, distribution="debian-12", architecture="x86_64")


def test_planned_with_gpus_and_none_there_is_no_pass_on_the_cpu() -> None:
    certificate = judged(*runs(), gpus=("A10G",))
    assert certificate.verdict is Verdict.FAIL
    assert (
        "sandbox-1, smoke: 1 NVIDIA card by the plan, and none is listed by the framework (cards_confirmed)"
        in certificate.reasons
    )


def test_a_host_that_was_certified_with_cards_never_becomes_one_without_silently() -> None:
    certificate = judged(*runs(), earlier=Earlier(cards={"sandbox-1": 2}))
    assert certificate.verdict is Verdict.FAIL
    assert any("2 NVIDIA cards by an earlier certificate" in reason for reason in certificate.reasons)


@pytest.mark.parametrize(
    ("ended", "verdict", "reason"),
    [
        ("timeout TERM", Verdict.FAIL, "the job was not done within 900 s (timeout_s)"),
        ("oom-kill KILL", Verdict.UNSURE, "the kernel had no memory left (oom-kill)"),
        ("signal KILL", Verdict.UNSURE, "the job was ended from outside: by signal KILL"),
        ("", Verdict.UNSURE, "the host lost the job"),
    ],
)
def test_a_job_that_left_no_result_is_told_by_how_it_ended_and_once(
    ended: str, verdict: Verdict, reason: str
) -> None:
    smoke, training = runs()
    lost = with_check(training, "none", Outcome.ERROR)
    lost = replace(
        lost, job=None, evidence=None, exit_code=None, ended=ended, device_used="", devices=(), checks=()
    )
    certificate = judged(smoke, lost)
    assert certificate.verdict is verdict
    assert reason in certificate.reasons[0]
    assert not any("different kinds" in line or "did not report" in line for line in certificate.reasons)


@pytest.mark.parametrize("name", HONEST)
def test_an_odd_but_honest_host_passes(name: str) -> None:
    device, oddly = HONEST[name]
    certificate = judged(*map(oddly, runs(device=device)))
    assert certificate.verdict is Verdict.PASS, certificate.reasons


def test_what_is_no_fault_is_a_note_of_the_certificate() -> None:
    certificate = judged(
        *map(evidence(notes=("card 0: power is limited to 150 W of 300 W",)), runs(device="GPU"))
    )
    assert certificate.verdict is Verdict.PASS
    assert certificate.notes == ("sandbox-1: card 0: power is limited to 150 W of 300 W",)


def test_a_pass_expires_with_its_oldest_job_and_nothing_else_does() -> None:
    oldest_end = NOW - timedelta(minutes=1) + timedelta(seconds=6.2)
    assert judged(*runs()).valid_until == oldest_end + timedelta(days=30)
    assert judged(run()).valid_until is None


def test_how_long_a_pass_holds_is_what_the_plan_says() -> None:
    certificate = certify(replace(plan(), valid_days=7), runs(), hosts=("sandbox-1",), issued_at=NOW)
    assert certificate.valid_until == NOW - timedelta(minutes=1) + timedelta(seconds=6.2) + timedelta(days=7)
