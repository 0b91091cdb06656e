"""Judge what the validation jobs brought back: PASS, FAIL or UNSURE. Pure: no clock, no network, no disk.

Fails closed: every host must bring a result for every planned workload with every expected check, and what a job says of
itself is confirmed from its own figures. Whatever is missing, skipped, unreadable or contradicts itself keeps the verdict
from PASS. docs/certificate.md says the same rules in prose.
"""

from datetime import datetime, timedelta

from orchestrator.models import Certificate, CheckResult, Outcome, Plan, Verdict, WorkloadRun
from orchestrator.stages.certify.across import collect_across, judge_across
from orchestrator.stages.certify.checks import (
    ended_at,
    judge_fleet,
    judge_host,
    judge_result,
    made_check,
)
from orchestrator.stages.certify.evidence import Earlier, Result, all_runs, collect, cpu_hosts
from orchestrator.stages.certify.revocation import revoke
from orchestrator.stages.certify.wording import actions, ages, headline, notes, problems, proof

__all__ = ["Earlier", "certify", "revoke"]


def certify(
    plan: Plan,
    runs: tuple[WorkloadRun, ...],
    *,
    hosts: tuple[str, ...],
    issued_at: datetime,
    earlier: Earlier | None = None,
) -> Certificate:
    """Decide what these runs prove about the fleet.

    Args:
        plan: what was to be proved.
        runs: the jobs of this validation. All of them count.
        hosts: the hosts that the provider has now.
        issued_at: now.
        earlier: what is known from before.
    """
    earlier = earlier or Earlier()
    results = collect(plan, runs, hosts=hosts, earlier=earlier)
    joint = collect_across(plan, runs, earlier)
    checks = _checks(plan, runs, results, hosts=hosts, issued_at=issued_at)
    checks += _checks_across(plan, joint, results)
    every = (*results, *joint)
    verdict = _verdict(checks)
    age = ages(every, issued_at)
    validity = timedelta(days=plan.valid_days)
    return Certificate(
        fleet=plan.fleet,
        verdict=verdict,
        headline=headline(verdict, results, checks),
        cpu_only=bool(cpu_hosts(results)) and all(run.device_used != "GPU" for run in all_runs(results)),
        issued_at=issued_at,
        reasons=(*age, *proof(results, joint, checks))
        if verdict is Verdict.PASS
        else (*problems(checks), *age),
        checks=checks,
        actions=() if verdict is Verdict.PASS else actions(checks),
        notes=notes(every, earlier),
        valid_until=min(map(ended_at, all_runs(every))) + validity if verdict is Verdict.PASS else None,
    )


def _checks(
    plan: Plan,
    runs: tuple[WorkloadRun, ...],
    results: tuple[Result, ...],
    *,
    hosts: tuple[str, ...],
    issued_at: datetime,
) -> tuple[CheckResult, ...]:
    checks = list(judge_fleet(plan, runs, hosts))
    for host in dict.fromkeys(result.host for result in results):
        of_host = tuple(result for result in results if result.host == host)
        checks += judge_host(
            host, of_host, there=host in hosts, issued_at=issued_at, valid=timedelta(days=plan.valid_days)
        )
        checks += (check for result in of_host for check in judge_result(result))
    return tuple(checks)


def _checks_across(
    plan: Plan, joint: tuple[Result, ...], results: tuple[Result, ...]
) -> tuple[CheckResult, ...]:
    """Of what the hosts of a cluster did together."""
    reported = tuple(check for result in joint for check in judge_result(result))
    made = (
        made_check(each.place, each.workload, each.name, each.finding)
        for each in judge_across(plan, joint, all_runs(results))
    )
    return (*reported, *made)


def _verdict(checks: tuple[CheckResult, ...]) -> Verdict:
    if any(check.outcome is Outcome.FAILED for check in checks):
        return Verdict.FAIL
    if all(check.outcome is Outcome.PASSED for check in checks):
        return Verdict.PASS
    return Verdict.UNSURE
