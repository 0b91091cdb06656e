"""Does a result belong to the job that was asked for, and to this time? The job's id, its arguments, the host's record. Pure."""

from datetime import datetime, timedelta

from orchestrator.models import (
    TRAINING,
    TRAINING_ARGUMENTS,
    HostClock,
    JobRecord,
    Outcome,
    WorkloadRequest,
    WorkloadRun,
)
from orchestrator.stages.certify.finding import Finding, passed, unknown

CLOCK_TOLERANCE_S = 300.0
"""A host's wall clock may be set while a job runs; by more than this, its dates say nothing."""
LONGEST_S = 10 * 365 * 86400.0
"""No job and no machine runs longer; a larger number is nonsense."""
DURATION_TOLERANCE_S = 5.0
"""Between the job's two clocks, of which one counts sleep."""


def confirm_origin(run: WorkloadRun) -> Finding:
    """The id, the arguments and the status in the result are those of this very job."""
    expected = f"job {run.attempt or 'unknown'}, as asked"
    if run.job is None or not run.attempt:
        return unknown("the result does not say which job it is of", expected)
    if run.job.attempt != run.attempt:
        reason = f"the result is of another job: {run.job.attempt or 'without an id'}, not {run.attempt}"
        return Finding(Outcome.ERROR, run.job.attempt, expected, reason)
    other = _other_arguments(run.request, run.job)
    if other:
        return Finding(Outcome.ERROR, other, expected, f"the job did something else than was asked: {other}")
    good = all(check.outcome is Outcome.PASSED for check in run.checks)
    if (run.job.status == "passed") is not good:
        reason = f"the result says `{run.job.status}`, its checks say {'passed' if good else 'not passed'}"
        return Finding(Outcome.ERROR, run.job.status, expected, reason)
    return passed(f"job {run.attempt}, as asked", expected)


def confirm_time(run: WorkloadRun) -> Finding:
    """When the job ran, by the host's own record, agrees with what the result says."""
    expected = "dates that agree with the host's record"
    if run.job is None:
        return unknown("the result does not say when it was made", expected)
    if run.clock is None or not run.clock.ended_boot_id:
        return unknown("the host has no record of when the job ended", expected)
    wrong = _wrong_time(run, run.job, run.clock)
    seen = f"{run.job.started_at:%Y-%m-%d %H:%M:%S} to {run.job.finished_at:%Y-%m-%d %H:%M:%S} UTC"
    return Finding(Outcome.ERROR, seen, expected, wrong) if wrong else passed(seen, expected)


def _wrong_time(run: WorkloadRun, job: JobRecord, clock: HostClock) -> str:
    if job.boot_id != clock.ended_boot_id:
        return "the result was made in another start of the machine than the one in which the job ended"
    if clock.age_s is None:
        return "the job ended before the host was started last: when, nobody knows"
    if not clock.age_s <= LONGEST_S or not job.duration_s <= LONGEST_S or not abs(run.seconds) <= LONGEST_S:
        return "its times are no times"
    if clock.age_s < 0 or job.finished_at < job.started_at or job.duration_s < 0:
        return "it ended before it began"
    return _wrong_duration(run, job) or _wrong_date(job, clock.utc - timedelta(seconds=clock.age_s))


def _wrong_duration(run: WorkloadRun, job: JobRecord) -> str:
    took, request = f"it says that it took {job.duration_s:,.0f} s", run.request
    by_dates = (job.finished_at - job.started_at).total_seconds()
    if abs(run.seconds - job.duration_s) > DURATION_TOLERANCE_S:
        return f"{took}, and {run.seconds:,.0f} s are on record"
    if abs(by_dates - job.duration_s) > CLOCK_TOLERANCE_S + job.duration_s / 10:
        return f"{took}, and its dates lie {by_dates:,.0f} s apart"
    by_uptime = job.finished_uptime_s - job.started_uptime_s
    if not -DURATION_TOLERANCE_S <= by_uptime - job.duration_s <= DURATION_TOLERANCE_S + job.duration_s / 10:
        return f"{took}, and the machine's uptime grew by {by_uptime:,.0f} s"
    if job.duration_s > request.timeout_s + CLOCK_TOLERANCE_S:
        return f"{took}, and jobs are ended after {request.timeout_s} s"
    return ""


def _wrong_date(job: JobRecord, ended_at: datetime) -> str:
    """`ended_at` is when the host saw the job end, by its wall clock now."""
    if abs((ended_at - job.finished_at).total_seconds()) > CLOCK_TOLERANCE_S:
        return (
            f"it is dated {job.finished_at:%Y-%m-%d %H:%M} UTC, and the host saw the job end at "
            f"{ended_at:%Y-%m-%d %H:%M} UTC: its clock was set meanwhile, or it is an old result"
        )
    return ""


def _other_arguments(request: WorkloadRequest, job: JobRecord) -> str:
    """What the job understood differently, `epochs 1 instead of 3`."""
    wanted: dict[str, str | int | float | None] = {
        "workload": request.workload,
        "device": request.device,
        "backend": request.backend,
        "memory_limit_mib": request.memory_limit_mib,
    }
    if request.workload == TRAINING:
        wanted |= {name: getattr(request, name) for name in TRAINING_ARGUMENTS}
    wanted |= dict(request.options)
    nothing = object()
    return ", ".join(
        f"{name} {job.arguments.get(name)} instead of {value}"
        for name, value in wanted.items()
        if job.arguments.get(name, nothing) != value
    )
