"""The verdict: PASS only when everything that was planned came back, passed and agrees with itself."""

from dataclasses import fields, replace
from datetime import timedelta
from functools import cache

import pytest

from orchestrator.models import Certificate, Outcome, Verdict, WorkloadRun
from orchestrator.stages.certify import Earlier, certify
from tests.unit.stages.corruptions import HOSTS, corruptions
from tests.unit.stages.proofs import NOW, WORKLOADS, plan, request, run, runs, with_check


def judged(*given: WorkloadRun, carried: tuple[WorkloadRun, ...] = (), device: str = "CPU") -> Certificate:
    planned = plan(workloads=WORKLOADS[device])
    return certify(planned, given, hosts=("sandbox-1",), issued_at=NOW, earlier=Earlier(runs=carried))


@pytest.mark.parametrize("device", ["CPU", "GPU"])
def test_the_set_that_is_spoilt_below_passes_when_whole(device: str) -> None:
    planned = plan(*HOSTS, workloads=WORKLOADS[device])
    certificate = certify(planned, runs(*HOSTS, device=device), hosts=HOSTS, issued_at=NOW)
    assert certificate.verdict is Verdict.PASS
    assert certificate.cpu_only is (device == "CPU")


@cache
def spoilt(device: str) -> tuple[tuple[str, Certificate], ...]:
    """What is said of each loss and corruption."""
    return tuple(
        (name, certify(wanted, given, hosts=hosts, issued_at=NOW))
        for name, (wanted, given, hosts) in corruptions(device)
    )


@pytest.mark.parametrize("device", ["CPU", "GPU"])
def test_no_single_loss_or_corruption_leaves_a_pass(device: str) -> None:
    assert len(spoilt(device)) > 500
    assert not [name for name, certificate in spoilt(device) if certificate.verdict is Verdict.PASS]


@pytest.mark.parametrize("device", ["CPU", "GPU"])
def test_every_verdict_but_pass_gives_its_reasons(device: str) -> None:
    for name, certificate in spoilt(device):
        assert certificate.reasons, name
        assert certificate.headline.startswith(certificate.verdict), name


def test_a_pass_on_the_cpu_says_so_in_its_first_line() -> None:
    certificate = judged(*runs())
    assert certificate.headline == (
        "PASS (CPU-only): sandbox-1 trains Fashion-MNIST to 0.893 at 5,210 images/s"
    )
    assert certificate.reasons == (
        "sandbox-1: test accuracy 0.893 (at least 0.85 was asked for), 5,210 images/s on the CPU",
        "all 53 checks passed",
        "CPU-only: no NVIDIA card was seen on sandbox-1",
    )


def test_a_pass_on_a_gpu_says_nothing_of_the_cpu() -> None:
    certificate = judged(*runs(device="GPU"), device="GPU")
    assert certificate.headline == "PASS: sandbox-1 trains Fashion-MNIST to 0.893 at 5,210 images/s"


def test_several_hosts_are_named_by_number_and_range() -> None:
    second = tuple(run("sandbox-2", one.request, accuracy=0.8874) for one in runs())
    certificate = certify(plan(*HOSTS), (*runs(), *second), hosts=HOSTS, issued_at=NOW)
    assert certificate.headline == (
        "PASS (CPU-only): 2 hosts train Fashion-MNIST to 0.887-0.893 at 5,210 images/s each"
    )


def test_of_a_large_fleet_the_lowest_training_is_spelled_out() -> None:
    hosts = tuple(f"lab-{number}" for number in range(1, 10))
    given = tuple(
        run(host, request(workload), accuracy=0.9 - number / 1000)
        for number, host in enumerate(hosts)
        for workload in ("smoke", "fashion_mnist")
    )
    certificate = certify(plan(*hosts), given, hosts=hosts, issued_at=NOW)
    assert certificate.reasons == (
        "lab-9: test accuracy 0.892 (at least 0.85 was asked for), 5,210 images/s on the CPU",
        "all 461 checks passed",
        "CPU-only: no NVIDIA card was seen on lab-1, lab-2, lab-3, lab-4 and 5 more",
    )


def test_a_fleet_of_both_kinds_names_the_hosts_without_gpu() -> None:
    both = (*runs("sandbox-1", device="GPU"), *runs("sandbox-2"), run("sandbox-2", request("gpu_burn")))
    certificate = certify(plan(*HOSTS, workloads=WORKLOADS["GPU"]), both, hosts=HOSTS, issued_at=NOW)
    assert certificate.headline.startswith("PASS (CPU-only on sandbox-2): 2 hosts train")
    assert not certificate.cpu_only


def test_smoke_alone_claims_no_training() -> None:
    wanted = plan(workloads=(request("smoke"),))
    certificate = certify(wanted, (run(),), hosts=("sandbox-1",), issued_at=NOW)
    assert certificate.headline == "PASS (CPU-only): sandbox-1 computes correctly; no training was planned"


def test_a_pass_on_a_cpu_that_was_asked_for_does_not_speak_of_cards() -> None:
    asked = request("smoke", device="cpu")
    certificate = certify(plan(workloads=(asked,)), (run(asked=asked),), hosts=("sandbox-1",), issued_at=NOW)
    assert certificate.reasons[-1] == "CPU-only: the plan asks for the CPU on sandbox-1"


def test_a_memory_limit_that_was_asked_for_must_be_reported() -> None:
    asked = replace(request("smoke"), memory_limit_mib=4096)
    good = run(asked=asked)
    wanted = plan(workloads=(asked,))
    silent = certify(wanted, (good,), hosts=("sandbox-1",), issued_at=NOW)
    told = replace(good, checks=(*good.checks, replace(good.checks[0], name="memory_limit")))
    assert silent.verdict is Verdict.UNSURE
    assert certify(wanted, (told,), hosts=("sandbox-1",), issued_at=NOW).verdict is Verdict.PASS


def test_silent_fall_back_to_the_cpu_fails_whatever_the_job_printed() -> None:
    given = tuple(replace(one, gpu_expected=True) for one in runs())
    certificate = judged(*given)
    assert certificate.verdict is Verdict.FAIL
    assert (
        "sandbox-1, smoke: a GPU is in the host, yet what computed is: CPU (device_confirmed)"
        in certificate.reasons
    )


def test_a_gpu_that_was_asked_for_is_expected_even_where_the_job_forgot_it() -> None:
    asked = request("smoke", device="gpu")
    certificate = certify(plan(workloads=(asked,)), (run(asked=asked),), hosts=("sandbox-1",), issued_at=NOW)
    assert certificate.verdict is Verdict.FAIL


def test_accuracy_is_judged_from_the_figure_and_not_from_the_job_s_word() -> None:
    smoke, training = runs()
    certificate = judged(smoke, replace(training, metrics=training.metrics | {"test_accuracy": 0.79}))
    assert certificate.verdict is Verdict.FAIL
    assert "test accuracy 0.790 is below 0.85" in certificate.reasons[0]


def test_a_failure_weighs_more_than_an_unanswered_check() -> None:
    smoke, training = runs()
    certificate = judged(
        with_check(smoke, "hello_world", Outcome.SKIPPED),
        with_check(training, "test_accuracy", Outcome.FAILED),
    )
    assert certificate.verdict is Verdict.FAIL
    assert certificate.headline == "FAIL (CPU-only): 1 check failed on sandbox-1"
    assert certificate.reasons[0] == "sandbox-1, fashion_mnist: too low (test_accuracy)"


def test_a_host_that_brought_nothing_takes_one_line_per_job() -> None:
    certificate = certify(plan(*HOSTS), runs("sandbox-1"), hosts=HOSTS, issued_at=NOW)
    assert certificate.verdict is Verdict.UNSURE
    assert certificate.reasons == (
        "sandbox-2: nothing was checked on this host now (checked_now)",
        "sandbox-2, smoke: no result with the planned settings (18 checks)",
        "sandbox-2, fashion_mnist: no result with the planned settings (30 checks)",
    )


def test_an_earlier_training_is_carried_over_and_dated() -> None:
    earlier = run(
        asked=request("fashion_mnist"), started_at=NOW - timedelta(hours=5, minutes=6, seconds=41.5)
    )
    certificate = judged(run(), carried=(run(started_at=earlier.started_at), earlier))
    assert certificate.verdict is Verdict.PASS
    assert "trained Fashion-MNIST" in certificate.headline
    assert certificate.reasons[0] == "training proved 2026-11-20 10:04 UTC; smoke re-checked now"


def test_runs_of_one_validation_that_lie_far_apart_are_dated_too() -> None:
    earlier = run(asked=request("fashion_mnist"), started_at=NOW - timedelta(minutes=30))
    assert judged(run(), earlier).reasons[0] == "training proved 2026-11-20 14:40 UTC; smoke re-checked now"


def test_the_age_names_the_hosts_it_speaks_of() -> None:
    old = run("sandbox-2", request("fashion_mnist"), started_at=NOW - timedelta(days=1))
    given = (*runs("sandbox-1"), run("sandbox-2"))
    certificate = certify(plan(*HOSTS), given, hosts=HOSTS, issued_at=NOW, earlier=Earlier(runs=(old,)))
    assert certificate.reasons[0] == (
        "training proved 2026-11-19 15:10 UTC on sandbox-2; smoke re-checked now; training re-checked now on sandbox-1"
    )


def test_carried_runs_alone_prove_nothing() -> None:
    assert judged(carried=runs()).verdict is Verdict.UNSURE


def test_a_fresh_failure_is_not_healed_by_an_earlier_success() -> None:
    smoke, training = runs()
    certificate = judged(smoke, with_check(training, "test_accuracy", Outcome.FAILED), carried=(training,))
    assert certificate.verdict is Verdict.FAIL


def test_a_gpu_that_vanished_since_the_training_is_noticed() -> None:
    _, *before = runs(device="GPU")
    certificate = judged(run(), carried=tuple(before), device="GPU")
    assert certificate.verdict is Verdict.UNSURE
    assert any("different kinds of device" in reason for reason in certificate.reasons)


def test_extra_checks_that_passed_do_no_harm() -> None:
    smoke, training = runs()
    more = replace(smoke, checks=(*smoke.checks, replace(smoke.checks[0], name="extra")))
    assert judged(more, training).verdict is Verdict.PASS


def test_every_field_of_a_run_was_thought_of() -> None:
    """A new field of WorkloadRun needs a decision here: is it judged, or only shown?"""
    judged_fields = {
        "host",
        "request",
        "gpu_expected",
        "exit_code",
        "attempt",
        "ended",
        "clock",
        "cards_seen",
        "device_used",
        "devices",
        "checks",
        "metrics",
        "tables",
        "curve",
        "job",
        "evidence",
        "versions",
    }
    shown_fields = {"started_at", "seconds", "files"}
    assert {field.name for field in fields(WorkloadRun)} == judged_fields | shown_fields
