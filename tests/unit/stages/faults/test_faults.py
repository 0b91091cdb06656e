"""Every kind of fault has its verdict, a plain reason and what to do; no fault passes, and every healthy host does."""

import pytest

from orchestrator.models import Certificate, Outcome, Verdict
from orchestrator.stages.certify import certify
from orchestrator.stages.certify.advise.actions import AGAIN, BY_CHECK, LOG, action_for
from orchestrator.stages.certify.confirm import CONFIRMATIONS, OF_WORKLOADS
from orchestrator.stages.certify.expect.owed import owed_checks
from orchestrator.stages.certify.readings import READINGS
from tests.unit.stages.faults.corpus import Case, cases, changed, honest
from tests.unit.stages.proofs import NOW, plan

FAULTS = {
    name: case
    for file in ("cards.yml", "conditions.yml", "fallback.yml", "results.yml")
    for name, case in cases(file).items()
}
HEALTHY = cases("healthy.yml")


def judged(case: Case) -> Certificate:
    runs = changed(case)
    planned = plan(workloads=tuple(run.request for run in runs))
    return certify(planned, runs, hosts=("sandbox-1",), issued_at=NOW)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_has_its_verdict_its_reason_and_what_to_do(name: str) -> None:
    case = FAULTS[name]
    certificate = judged(case)
    assert certificate.verdict is Verdict(case.verdict), certificate.reasons
    assert certificate.verdict is not Verdict.PASS
    assert any(case.reason in line for line in certificate.reasons), certificate.reasons
    told = [check.action for check in certificate.checks if case.reason in check.reason and check.action]
    assert any(case.action in action for action in told), told
    assert any(case.action in line for line in certificate.actions), certificate.actions


@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_host_passes(name: str) -> None:
    certificate = judged(HEALTHY[name])
    assert certificate.verdict is Verdict.PASS, certificate.reasons
    assert certificate.actions == ()


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_says_what_it_was_expected_to_say_and_changes_something(name: str) -> None:
    case = FAULTS[name]
    assert case.reason
    assert case.action
    assert not case.change or changed(case) != honest(case)


def test_there_are_enough_of_both() -> None:
    assert len(FAULTS) >= 100
    assert len(HEALTHY) >= 20


@pytest.mark.parametrize("name", FAULTS)
def test_every_check_that_did_not_pass_says_what_to_do(name: str) -> None:
    certificate = judged(FAULTS[name])
    silent = [
        check.name for check in certificate.checks if (check.outcome is Outcome.PASSED) is bool(check.action)
    ]
    assert silent == []


def test_every_check_that_there_is_has_something_to_do_of_its_own() -> None:
    made = {
        "cards_confirmed",
        "checked_now",
        "same_device",
        "speed_confirmed",
        "work_planned",
        "unplanned_results",
    }
    made |= {*CONFIRMATIONS, *READINGS}
    made |= {name for of_workload in OF_WORKLOADS.values() for name in of_workload}
    made |= {name for names in owed_checks().values() for name in names}
    assert made - set(BY_CHECK) == set()
    assert action_for("brand_new", "nobody knows") == f"{LOG}; then {AGAIN}"
