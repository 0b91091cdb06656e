"""Have all hosts of a cluster do a workload at once, as a job of its Slurm, and bring back what came of it.

The job outlives us: it is found again by its name. A job that Slurm does not start is a result, not an error.
"""

import math
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime

from orchestrator.errors import UnreachableError
from orchestrator.jobs.leased.service import RUNS
from orchestrator.jobs.program import PROGRAM, RESULT, training_python, workload_argv, workloads_program
from orchestrator.jobs.progress_lines import topic_of
from orchestrator.jobs.results import MOST_BYTES, ResultContext, read_result
from orchestrator.jobs.slurm import service
from orchestrator.jobs.slurm.streams import shared_folder
from orchestrator.jobs.slurm.values import BatchJob, SlurmJob
from orchestrator.jobs.unit import JobState, clock_of, read_facts
from orchestrator.journal import Journal
from orchestrator.models import NOT_STARTED, Cluster, Host, HostClock, Plan, WorkloadRequest, WorkloadRun
from orchestrator.progress import Progress
from orchestrator.remote import Shell, shell_of
from orchestrator.stages.validate.programs import NOW, TASK
from orchestrator.stages.validate.slurm_states import ending, hosts_away
from orchestrator.waiting import DeadlineError, NotYet, wait_for

FOLLOW_INTERVAL_S = 2.0
_STOPPING_S = 120.0
_PRINTED_LIMIT = 2**16
_LOG_BYTES = 2**20
_WITH_CHECKPOINTS = frozenset({"distributed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Queue:
    """The cluster's, from its controller."""

    plan: Plan
    cluster: Cluster
    hosts: tuple[Host, ...]
    controller: Host
    controlling: Shell
    """The controller's."""
    folder: str
    """That all hosts see, of the login user."""
    attempt: str
    journal: Journal
    progress: Progress


def validate_across(
    plan: Plan, hosts: tuple[Host, ...], attempt: str, journal: Journal, progress: Progress
) -> tuple[WorkloadRun, ...]:
    """Do each workload of the cluster on all of its hosts that compute, one after another.

    Args:
        plan: of the fleet.
        hosts: as the provider has them.
        attempt: the validation's id, which the results have to carry.
        journal: the fleet's.
        progress: told what the jobs print.

    Returns:
        A run for each, whose host is the fleet; none where the fleet is no cluster.

    Raises:
        UnreachableError: the controller, or the host of the first task, is away. The job goes on; repeat the call to take it up.
        SlurmError: Slurm does not answer, or is not there.
    """
    cluster = plan.cluster
    if cluster is None or not cluster.workloads:
        return ()
    controller = next((host for host in hosts if host.name == cluster.controller), None)
    if controller is None:
        return tuple(
            _not_started(plan, request, attempt, f"{cluster.controller} is not there")
            for request in cluster.workloads
        )
    with closing(shell_of(controller, key=journal.private_key)) as shell:
        queue = _Queue(
            plan=plan,
            cluster=cluster,
            hosts=hosts,
            controller=controller,
            controlling=shell,
            folder=f"{shared_folder(shell, controller)}/{read_facts(shell).user}/{RUNS}",
            attempt=attempt,
            journal=journal,
            progress=progress,
        )
        return tuple(_run(queue, request) for request in cluster.workloads)


def _run(queue: _Queue, request: WorkloadRequest) -> WorkloadRun:
    began = datetime.now(UTC)
    there = service.hosts(queue.controlling, queue.controller)
    away = hosts_away(queue.cluster.compute, there)
    if away:
        return _not_started(queue.plan, request, queue.attempt, away)
    own = [host for host in there if host.name in queue.cluster.compute]
    gpus = 0 if request.device == "cpu" else min(host.gpus for host in own)
    folder = f"{queue.folder}/validate-{queue.attempt}-{request.workload}"
    queue.progress.host(queue.plan.fleet, request.workload, "starting")
    job = _found(queue, request) or _submitted(
        queue, _share(queue, request, folder, gpus=gpus, cpus=min(host.cpus for host in own))
    )
    job = _followed(queue, request, job)
    if job.started_at is None or job.state == "pending":
        service.cancel(queue.controlling, queue.controller, job.number)
        return _not_started(queue.plan, request, queue.attempt, f"it waited too long: {job.reason}")
    if not job.has_ended:
        service.cancel(queue.controlling, queue.controller, job.number)
    state = _state(queue, job, folder)
    text = _text(queue.controlling, f"{folder}/{RESULT}", MOST_BYTES + 1)
    queue.journal.write_file(
        f"{queue.plan.fleet}-{request.workload}.log", _text(queue.controlling, job.output, _LOG_BYTES) or b""
    )
    queue.controlling.run(("rm", "-rf", "--", folder))
    asked = ResultContext(
        host=queue.plan.fleet,
        request=request,
        gpu_expected=request.device == "gpu" or gpus > 0,
        began=began,
        read_at=datetime.now(UTC),
        attempt=queue.attempt,
        cards_seen=gpus,
    )
    return read_result(asked, text, state)


def _found(queue: _Queue, request: WorkloadRequest) -> SlurmJob | None:
    """One of this attempt that an interrupted call left."""
    name = _name(queue, request)
    return next((job for job in service.jobs(queue.controlling, queue.controller) if job.name == name), None)


def _share(queue: _Queue, request: WorkloadRequest, folder: str, *, gpus: int, cpus: int) -> BatchJob:
    """All that each of the hosts has: what is proved is the hosts."""
    argv = workload_argv(request, training_python(queue.plan), f"{folder}/{PROGRAM}")
    kept = ("--checkpoints", f"{folder}/checkpoints") if request.workload in _WITH_CHECKPOINTS else ()
    command = (*argv, *kept, "--attempt", queue.attempt, "--result", f"{folder}/{RESULT}")
    return BatchJob(
        command=("sh", "-c", TASK, "sh", folder, *command),
        folder=folder,
        hosts=len(queue.cluster.compute),
        gpus=gpus,
        cpus=cpus or None,
        time=f"{math.ceil(request.timeout_s / 60)}m",
        name=_name(queue, request),
    )


def _submitted(queue: _Queue, batch: BatchJob) -> SlurmJob:
    queue.controlling.run(("sh", "-c", 'umask 077 && mkdir -p -- "$1"', "sh", batch.folder))
    queue.controlling.put(workloads_program(), f"{batch.folder}/{PROGRAM}")
    job = service.submit(queue.controlling, queue.controller, batch)
    queue.journal.record("job", {"host": queue.plan.fleet, "job": job.reference})
    return job


def _followed(queue: _Queue, request: WorkloadRequest, job: SlurmJob) -> SlurmJob:
    """Tell what it prints until it is over; as it is where it waits or runs for too long: Slurm ends it itself at its limit."""
    printed, seen = b"", job

    def probe() -> SlurmJob | NotYet:
        nonlocal printed, seen
        seen = service.job(queue.controlling, queue.controller, job.number)
        printed = _tell(queue, request, seen, printed)
        if seen.has_ended:
            return seen
        return NotYet(f"{seen.state} {seen.reason}".strip())

    try:
        return wait_for(
            job.reference, probe, timeout_s=2 * request.timeout_s + _STOPPING_S, interval_s=FOLLOW_INTERVAL_S
        )
    except DeadlineError:
        return seen


def _tell(queue: _Queue, request: WorkloadRequest, job: SlurmJob, before: bytes) -> bytes:
    fleet = queue.plan.fleet
    if job.state == "pending":
        queue.progress.host(fleet, request.workload, f"waits: {job.reason or 'its turn comes'}")
        return before
    printed = _text(queue.controlling, job.output, _LOG_BYTES) or b""
    fresh = printed[len(before) :] if printed.startswith(before) else printed
    for line in fresh[-_PRINTED_LIMIT:].split(b"\n"):
        if line.startswith(b"{") and line.endswith(b"}"):
            queue.progress.host(fleet, *topic_of(request.workload, line))
    return printed


def _state(queue: _Queue, job: SlurmJob, folder: str) -> JobState:
    """How the job ended, and by the clock of the first task's host when."""
    words = (_text(queue.controlling, f"{folder}/ended", 200) or b"").decode(errors="replace").split()
    told = int(words[0]) if len(words) == 4 and words[0].isascii() and words[0].isdigit() else None
    clock = _clock(queue, words[3], words[1:3]) if told is not None else None
    return JobState(exists=True, running=False, ended=ending(job, told), printed=b"", clock=clock)


def _clock(queue: _Queue, name: str, then: list[str]) -> HostClock | None:
    host = next((host for host in queue.hosts if host.name == name), None)
    if host is None:
        return None
    try:
        with closing(shell_of(host, key=queue.journal.private_key)) as shell:
            return clock_of(shell.run(("sh", "-c", NOW)).stdout.split(), then)
    except UnreachableError:
        return None


def _text(shell: Shell, path: str, most: int) -> bytes | None:
    answer = shell.run(("head", "-c", str(most), "--", path))
    return answer.stdout.encode() if answer.exit_code == 0 else None


def _name(queue: _Queue, request: WorkloadRequest) -> str:
    return f"validate-{queue.attempt}-{request.workload}"


def _not_started(plan: Plan, request: WorkloadRequest, attempt: str, why: str) -> WorkloadRun:
    now = datetime.now(UTC)
    asked = ResultContext(
        host=plan.fleet,
        request=request,
        gpu_expected=request.device == "gpu",
        began=now,
        read_at=now,
        attempt=attempt,
    )
    return read_result(
        asked, None, JobState(exists=False, running=False, ended=f"{NOT_STARTED}{why}", printed=b"")
    )
