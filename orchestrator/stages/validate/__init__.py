"""Train on every host and bring back what came of it. The jobs outlive us: a dropped line or Ctrl-C loses nothing.

An attempt is written down before its first job starts. While it is unfinished, the next `validate` takes it up: jobs that
ran on are followed, jobs that ended are read, jobs that never began are started.
"""

import secrets
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain

from orchestrator.jobs.follow import HostJobs
from orchestrator.jobs.program import PROGRAM, RESULT, training_python, workload_argv, workloads_program
from orchestrator.jobs.results import ResultContext, read_result
from orchestrator.jobs.unit import HostCapabilities, Job, read_facts
from orchestrator.journal import Journal
from orchestrator.models import Host, Plan, WorkloadRequest, WorkloadRun
from orchestrator.progress import Progress
from orchestrator.remote import shell_of
from orchestrator.stages.validate.across_hosts import validate_across
from orchestrator.waiting import for_each


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One validation of a fleet, from its first job to its last result."""

    id: str
    started_at: datetime
    workloads: tuple[WorkloadRequest, ...]
    host_ids: tuple[str, ...]
    """Provider ids of the hosts it runs on: a host that was replaced has no job to take up."""


def validate(
    plan: Plan,
    hosts: tuple[Host, ...],
    workloads: tuple[WorkloadRequest, ...],
    journal: Journal,
    progress: Progress,
) -> tuple[WorkloadRun, ...]:
    """Run the workloads on every host, hosts side by side and workloads one after another; then those of the cluster on all at once.

    A short validation, which leaves workloads of the plan out, leaves those of the cluster out too.

    A job that fails, hangs or brings nothing back is a result, not an error.

    Raises:
        UnreachableError: a host was away for more than 60 s. Its job goes on; repeat the call to take it up.
        ConvergeError: a host has no systemd or no passwordless sudo.
        SlurmError: the controller of the cluster does not answer.
    """
    attempt = _resume_or_start(workloads, hosts, journal, progress)
    program, python = workloads_program(), training_python(plan)
    key = journal.private_key

    def run_on(host: Host) -> tuple[WorkloadRun, ...]:
        with closing(shell_of(host, key=key)) as shell:
            facts = read_facts(shell)
            jobs = HostJobs(host, shell, facts, journal, progress)
            return tuple(
                _run(jobs, _job(attempt, request, python, program), request, host, facts)
                for request in workloads
            )

    results = tuple(chain.from_iterable(for_each(hosts, run_on)))
    if workloads == plan.workloads:
        results += validate_across(plan, hosts, attempt.id, journal, progress)
    journal.discard("attempt")
    return results


def _run(
    jobs: HostJobs, job: Job, request: WorkloadRequest, host: Host, facts: HostCapabilities
) -> WorkloadRun:
    ended = jobs.run(job)
    cards = facts.nvidia_cards
    asked = ResultContext(
        host=host.name,
        request=request,
        gpu_expected=request.device == "gpu" or (request.device == "auto" and cards > 0),
        began=ended.began,
        read_at=datetime.now(UTC),
        attempt=job.attempt,
        cards_seen=cards,
    )
    return replace(read_result(asked, ended.result, ended.state), files=ended.files)


def _resume_or_start(
    workloads: tuple[WorkloadRequest, ...], hosts: tuple[Host, ...], journal: Journal, progress: Progress
) -> Attempt:
    host_ids = tuple(host.provider_id for host in hosts)
    earlier = journal.load("attempt", Attempt)
    if earlier is not None and (earlier.workloads, earlier.host_ids) == (workloads, host_ids):
        progress.note(f"taking up the validation that began {earlier.started_at:%Y-%m-%d %H:%M:%S} UTC")
        return earlier
    attempt = Attempt(
        id=secrets.token_hex(4), started_at=datetime.now(UTC), workloads=workloads, host_ids=host_ids
    )
    journal.save("attempt", attempt)
    return attempt


def _job(attempt: Attempt, request: WorkloadRequest, python: str, program: bytes) -> Job:
    return Job(
        id=f"{attempt.id}-{request.workload}",
        name=request.workload,
        attempt=attempt.id,
        argv=(*workload_argv(request, python, PROGRAM), "--attempt", attempt.id, "--result", RESULT),
        files={PROGRAM: program},
        timeout_s=request.timeout_s,
        when_away="the job goes on there: `orchestrate validate` takes it up",
    )
