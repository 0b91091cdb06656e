"""What hosts of a cluster do together counts like what each does by itself: nothing that is missing, foreign or wrong passes."""

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from orchestrator.models import Certificate, CheckResult, Outcome, Verdict, WorkloadRun
from orchestrator.stages.certify import certify
from orchestrator.stages.certify.across import pairs
from orchestrator.stages.certify.advise.actions import BY_CHECK
from tests.unit.stages.across.faults import FAULTS, LINKS, Spoil, rows
from tests.unit.stages.across.joint import HOSTS, certified, cluster_plan, joint_run, joint_runs, requests
from tests.unit.stages.corruptions import spoilt_checks
from tests.unit.stages.proofs import NOW, runs
from workloads.all_reduce import judge
from workloads.registry import WORKLOADS as REGISTERED


def check_of(certificate: Certificate, name: str, place: str = "sandbox") -> CheckResult:
    (found,) = (each for each in certificate.checks if (each.name, each.host) == (name, place))
    return found


@pytest.mark.parametrize("device", ["CPU", "GPU"])
def test_hosts_that_prove_themselves_together_pass(device: str) -> None:
    certificate = certified(joint_runs(device=device), device=device)
    assert certificate.verdict is Verdict.PASS, certificate.reasons
    assert any("3 hosts train together to 0.893" in line for line in certificate.reasons)
    assert any("identical weights" in line for line in certificate.reasons)
    assert certificate.headline.startswith("PASS")
    assert "3 hosts train" in certificate.headline


def test_every_pair_of_hosts_has_checks_of_its_own() -> None:
    certificate = certified(joint_runs(device="GPU"), device="GPU")
    places = {each.host for each in certificate.checks if each.name == "pair_speed_confirmed"}
    assert places == {"sandbox-1 and sandbox-2", "sandbox-1 and sandbox-3", "sandbox-2 and sandbox-3"}


def test_on_the_cpu_the_speed_of_a_pair_is_told_and_nothing_passes_for_it() -> None:
    certificate = certified(joint_runs())
    found = check_of(certificate, "pairs_alike_confirmed", "sandbox-1 and sandbox-2")
    assert found.seen == "0.9 GB/s by grpc over virtual"
    assert "pair_speed_confirmed" not in {each.name for each in certificate.checks}


def test_the_workloads_of_a_cluster_are_those_that_run_as_tasks_of_a_step() -> None:
    assert {each.workload for each in requests()} == {
        name for name, workload in REGISTERED.items() if workload.of_each_task
    }
    assert requests(1) == ()


def test_what_the_job_judges_a_pair_by_is_what_is_judged_by_here() -> None:
    assert (pairs.FAR_SLOWER, pairs.OTHERS) == (judge.FAR_SLOWER, judge._OTHERS)


def of(workload: str, spoil: Spoil, *, device: str = "CPU") -> Certificate:
    joint = tuple(
        spoil(each) if each.request.workload == workload else each for each in joint_runs(device=device)
    )
    return certified(joint, device=device)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_has_its_verdict_its_reason_and_what_to_do(name: str) -> None:
    workload, spoil, verdict, reason = FAULTS[name]
    certificate = of(workload, spoil)
    assert certificate.verdict is verdict, certificate.reasons
    assert any(reason in line for line in certificate.reasons), certificate.reasons
    bad = [each for each in certificate.checks if each.outcome is not Outcome.PASSED]
    assert all(each.action for each in bad)
    assert certificate.actions


@pytest.mark.parametrize("name", LINKS)
def test_the_speed_of_cards_over_a_link_that_is_slow_or_not_known_never_passes(name: str) -> None:
    changed, verdict, reason = LINKS[name]
    certificate = of(
        "all_reduce", rows("pairs", lambda each: [one.update(changed) for one in each]), device="GPU"
    )
    assert certificate.verdict is verdict, certificate.reasons
    assert any(reason in line for line in certificate.reasons), certificate.reasons
    speeds = [each for each in certificate.checks if each.name == "pair_speed_confirmed"]
    assert all(each.outcome is not Outcome.PASSED for each in speeds)


def _spoilt_sets() -> Iterator[tuple[str, tuple[WorkloadRun, ...]]]:
    good = joint_runs()
    yield "nothing came back", ()
    for index, one in enumerate(good):
        workload, rest = one.request.workload, (*good[:index], *good[index + 1 :])
        yield f"{workload} removed", rest
        yield f"{workload} of one host", (*rest, replace(one, host="sandbox-1"))
        yield f"{workload} of another fleet", (*rest, replace(one, host="lab"))
        asked = replace(one.request, options=(("tasks", 2), *one.request.options[1:]))
        yield f"{workload} with other settings", (*rest, joint_run(asked))
        for name, spoilt in spoilt_checks(one):
            yield f"{workload} {name}", (*rest, spoilt)
        for name in one.metrics:
            if (
                name not in {"replicas", "restarts", "resumed_from_step", "images_per_s_alone"}
                and "bus" not in name
            ):
                left = {key: value for key, value in one.metrics.items() if key != name}
                yield f"{workload} without {name}", (*rest, replace(one, metrics=left))
                yield (
                    f"{workload} {name} is no number",
                    (*rest, replace(one, metrics=left | {name: math.nan})),
                )


SPOILT = dict(_spoilt_sets())


@pytest.mark.parametrize("name", SPOILT)
def test_without_any_item_of_it_the_pass_is_gone(name: str) -> None:
    assert certified(SPOILT[name]).verdict is not Verdict.PASS


def test_a_cluster_of_which_hosts_alone_prove_themselves_is_unsure() -> None:
    certificate = certify(cluster_plan(), runs(*HOSTS), hosts=HOSTS, issued_at=NOW)
    assert certificate.verdict is Verdict.UNSURE
    assert any("no result with the planned settings" in line for line in certificate.reasons)


def test_an_older_joint_run_is_dated() -> None:
    old = tuple(replace(each, started_at=each.started_at - timedelta(hours=3)) for each in joint_runs())
    certificate = certified(old)
    assert any("proved 2026-11-20 12:" in line for line in certificate.reasons), certificate.reasons


def test_without_a_cluster_a_joint_run_was_not_planned() -> None:
    plain = replace(cluster_plan(), cluster=None)
    every = (*runs(*HOSTS), *joint_runs())
    certificate = certify(plain, every, hosts=HOSTS, issued_at=NOW)
    assert certificate.verdict is Verdict.UNSURE
    assert any("unplanned" in line for line in certificate.reasons)


def test_every_check_across_hosts_has_something_to_do_of_its_own() -> None:
    certificate = certified(joint_runs())
    across = {each.name for each in certificate.checks if each.host not in HOSTS} - {"memory_limit"}
    assert across <= set(BY_CHECK), across - set(BY_CHECK)
