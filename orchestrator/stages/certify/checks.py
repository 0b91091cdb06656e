"""Turn results into checks: those the jobs reported, those they owed, and those made here. Decides no verdict."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from orchestrator.models import CheckResult, Outcome, Plan, WorkloadRun
from orchestrator.stages.certify.across import request_known
from orchestrator.stages.certify.advise import action_for
from orchestrator.stages.certify.confirm import CONFIRMATIONS, confirm_cards, confirmations
from orchestrator.stages.certify.confirm.origin import LONGEST_S
from orchestrator.stages.certify.evidence import Result, all_runs, host_names
from orchestrator.stages.certify.expect.owed import owed_checks
from orchestrator.stages.certify.expect.speed import confirm_speed
from orchestrator.stages.certify.finding import Finding
from orchestrator.stages.certify.readings import READINGS, telemetry_of

TRAINING = {"fashion_mnist": "Fashion-MNIST"}
"""The workloads that train, with the name of what they train on."""


FRESH = timedelta(minutes=10)
"""A job that ended longer ago is not called checked now."""

_OUTCOMES = frozenset(Outcome)


def ended_at(run: WorkloadRun) -> datetime:
    """When the job ended, by its host's record where there is one. Seconds that are none count as none."""
    return run.started_at + timedelta(seconds=run.seconds if abs(run.seconds) <= LONGEST_S else 0.0)


def judge_fleet(plan: Plan, runs: tuple[WorkloadRun, ...], hosts: tuple[str, ...]) -> tuple[CheckResult, ...]:
    """Is there anything to prove, and did anything come back that nobody planned?"""
    work = Finding(
        Outcome.PASSED, f"hosts: {len(hosts)}, workloads: {len(plan.workloads)}", "at least 1 of each"
    )
    if not hosts or not plan.workloads:
        reason = "no host is there" if not hosts else "no workload was planned"
        work = replace(work, outcome=Outcome.ERROR, reason=reason)
    foreign = dict.fromkeys(
        f"{run.request.workload} on {run.host}"
        for run in runs
        if not request_known(plan, run)
        and (run.host not in host_names(plan, hosts) or run.request not in plan.workloads)
    )
    nothing = Finding(Outcome.PASSED, "none", "none")
    if foreign:
        reason = f"came back unplanned or with other settings: {', '.join(foreign)}"
        nothing = Finding(Outcome.ERROR, str(len(foreign)), "none", reason)
    return (
        made_check(plan.fleet, "fleet", "work_planned", work),
        made_check(plan.fleet, "fleet", "unplanned_results", nothing),
    )


def judge_host(
    host: str, results: tuple[Result, ...], *, there: bool, issued_at: datetime, valid: timedelta
) -> tuple[CheckResult, ...]:
    """Was the host checked in this validation, do its jobs agree on what computed, and is it as fast as its cards are?

    Args:
        host: its name.
        results: this host's.
        there: True when the provider has it.
        issued_at: now.
        valid: how long a PASS holds from its oldest job on.
    """
    runs = tuple(run for result in results if not result.carried for run in result.runs)
    fresh = sum(-FRESH <= issued_at - ended_at(run) <= FRESH for run in runs)
    now = Finding(Outcome.PASSED, f"jobs: {fresh}", "at least 1")
    if not there:
        now = replace(now, outcome=Outcome.ERROR, reason="the host was planned and is not there")
    elif not runs:
        now = replace(now, outcome=Outcome.ERROR, reason="nothing was checked on this host now")
    elif not fresh:
        last = max(map(ended_at, runs))
        reason = f"nothing was checked on this host now: its last job ended {last:%Y-%m-%d %H:%M} UTC"
        now = replace(now, outcome=Outcome.ERROR, reason=reason)
    elif later := max(
        (ended_at(run) for run in all_runs(results) if ended_at(run) - issued_at > FRESH), default=None
    ):
        reason = f"a job is said to end in the future, at {later:%Y-%m-%d %H:%M} UTC"
        now = replace(now, outcome=Outcome.ERROR, reason=reason)
    elif (oldest := min(map(ended_at, all_runs(results)))) + valid < issued_at:
        reason = f"its oldest job ended {oldest:%Y-%m-%d %H:%M} UTC, longer ago than the {valid.days} days that a PASS holds"
        now = replace(now, outcome=Outcome.ERROR, reason=reason)
    used = sorted(
        {run.device_used for run in all_runs(results) if run.request.device == "auto" and run.device_used}
    )
    same = Finding(Outcome.PASSED, ", ".join(used) or "as asked for", "one kind")
    if len(used) > 1:
        same = replace(same, outcome=Outcome.ERROR, reason="its jobs computed on different kinds of device")
    drivers = sorted({name for run in runs for name in _drivers(run)})
    if len(drivers) > 1:
        reason = f"its jobs ran under different drivers: {', '.join(drivers)}"
        same = replace(same, outcome=Outcome.ERROR, reason=reason)
    speed = confirm_speed(all_runs(results))
    return (
        made_check(host, "host", "checked_now", now),
        made_check(host, "host", "same_device", same),
        made_check(host, "host", "speed_confirmed", speed),
    )


def _drivers(run: WorkloadRun) -> set[str]:
    """Versions of the driver that a job on a card was run under."""
    after = run.evidence.gpus_after if run.evidence and run.device_used == "GPU" else None
    return {after.driver} if after and after.driver else set()


def judge_result(result: Result) -> Iterator[CheckResult]:
    """Every check that the planned job owes; an error stands for each that it did not bring."""
    workload = result.request.workload
    expected = owed_checks().get(workload, ("known_workload",))
    if result.request.memory_limit_mib is not None:
        expected = (*expected, "memory_limit")
    made_here = confirmations(workload)
    here = (*made_here, *READINGS, "cards_confirmed")
    if not result.runs:
        nothing = Finding(Outcome.ERROR, "nothing", "a result", "no result with the planned settings")
        names = (*expected, *here)
        yield from (made_check(result.host, workload, name, nothing) for name in names)
    for run in result.runs:
        if run.job is None:
            yield from _without_result(run, (*expected, *here))
            continue
        reported = {check.name for check in run.checks}
        silent = Finding(Outcome.ERROR, "nothing", "a known check", "the job did not report this check")
        yield from (_readable(check, run) for check in run.checks)
        often = Counter(check.name for check in run.checks)
        yield from (
            made_check(
                run.host,
                workload,
                name,
                Finding(
                    Outcome.ERROR,
                    f"{count} times",
                    "once",
                    "the job reported this check more than once: another job's result may be in it",
                ),
            )
            for name, count in often.items()
            if count > 1
        )
        yield from (made_check(run.host, workload, name, silent) for name in expected if name not in reported)
        yield from (made_check(run.host, workload, name, make(run)) for name, make in made_here.items())
        telemetry = telemetry_of(run)
        yield from (
            made_check(run.host, workload, name, make(run, telemetry)) for name, make in READINGS.items()
        )
        yield made_check(run.host, workload, "cards_confirmed", confirm_cards(run, result.promised))


def _without_result(run: WorkloadRun, names: tuple[str, ...]) -> Iterator[CheckResult]:
    """One cause for everything that a job owes which brought no readable result: how it ended, or else why it is unreadable."""
    workload = run.request.workload
    ended = CONFIRMATIONS["exit_code_confirmed"](run)
    why = next(
        (check.reason for check in run.checks if check.outcome is not Outcome.PASSED), "it brought none"
    )
    broke_off = run.exit_code is None
    reason = ended.reason if broke_off else f"the result cannot be read: {why}"
    nothing = Finding(Outcome.ERROR, "nothing", "a result", reason)
    yield made_check(run.host, workload, "exit_code_confirmed", ended if broke_off else nothing)
    yield from (
        made_check(run.host, workload, name, nothing) for name in names if name != "exit_code_confirmed"
    )


def _readable(check: CheckResult, run: WorkloadRun) -> CheckResult:
    """The job's own check, or an error in its place when it uses unknown words or speaks of another job."""
    if check.outcome not in _OUTCOMES:
        reason = f"the outcome {check.outcome!r} is unknown"
    elif (check.host, check.workload) != (run.host, run.request.workload):
        reason = f"the check says that it was made by {check.workload} on {check.host}"
    else:
        passed = check.outcome is Outcome.PASSED
        return check if passed else replace(check, action=action_for(check.name, check.reason))
    seen = Finding(Outcome.ERROR, check.seen, check.expected, reason)
    return made_check(run.host, run.request.workload, check.name, seen)


def made_check(host: str, workload: str, name: str, finding: Finding) -> CheckResult:
    """A check of what was found, with what to do about it where it does not hold."""
    return CheckResult(
        host=host,
        workload=workload,
        name=name,
        outcome=finding.outcome,
        seen=finding.seen,
        expected=finding.expected,
        reason=finding.reason,
        action="" if finding.outcome is Outcome.PASSED else action_for(name, finding.reason),
    )
