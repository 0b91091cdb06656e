"""Train on every host and bring back what came of it. The jobs outlive us: a dropped line or Ctrl-C loses nothing.

An attempt is written down before its first job starts. While it is unfinished, the next `validate` takes it up: jobs that
ran on are followed, jobs that ended are read, jobs that never began are started.
"""

import secrets
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain

from orchestrator.computer.content import packages_dir
from orchestrator.computer.zipapp import build_zipapp
from orchestrator.errors import UnreachableError
from orchestrator.journal import Journal
from orchestrator.models import Host, Plan, WorkloadRequest, WorkloadRun
from orchestrator.progress import Progress
from orchestrator.remote import Shell, shell_of
from orchestrator.stages.validate.jobs import (
    HostCapabilities,
    Job,
    JobState,
    fetch,
    read_facts,
    read_state,
    remove,
    start,
)
from orchestrator.stages.validate.progress_lines import topic_of
from orchestrator.stages.validate.results import MOST_BYTES, ResultContext, read_result
from orchestrator.waiting import DeadlineError, NotYet, for_each, wait_for

FOLLOW_INTERVAL_S = 0.5
RECONNECT_TIMEOUT_S = 60.0
_STOPPING_S = 30.0
_PROGRAM = "workloads.pyz"
_LOG_BYTES = 2**19
"""Of each log, so much from its beginning and so much from its end is kept."""
FRESH_S = 600.0
"""A job that ended longer ago is not taken up: it is run again."""


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
    """Run the workloads on every host, hosts side by side and workloads one after another.

    A job that fails, hangs or brings nothing back is a result, not an error.

    Raises:
        UnreachableError: a host was away for more than 60 s. Its job goes on; repeat the call to take it up.
        ConvergeError: a host has no systemd or no passwordless sudo.
    """
    attempt = _resume_or_start(workloads, hosts, journal, progress)
    program = build_zipapp(
        packages_dir(), "workloads/**/*.py", main="workloads.__main__", libraries=("pynvml",), packed=True
    )
    python = f"{plan.role_vars.get('ml_env_root', '/opt/ml/envs')}/default/bin/python"
    key = journal.private_key

    def run_on(host: Host) -> tuple[WorkloadRun, ...]:
        with closing(shell_of(host, key=key)) as shell:
            facts = read_facts(shell)
            runs = _HostRuns(host, shell, facts, journal, progress)
            return tuple(runs.run(_job(attempt, request, python, program), request) for request in workloads)

    results = tuple(chain.from_iterable(for_each(hosts, run_on)))
    journal.discard("attempt")
    return results


class _HostRuns:
    """The jobs of one host, one after another."""

    def __init__(
        self, host: Host, shell: Shell, facts: HostCapabilities, journal: Journal, progress: Progress
    ) -> None:
        self._host = host
        self._shell = shell
        self._facts = facts
        self._journal = journal
        self._progress = progress

    def run(self, job: Job, request: WorkloadRequest) -> WorkloadRun:
        began = datetime.now(UTC)
        self._progress.host(self._host.name, request.workload, "starting")
        if not self._resumed(job):
            self._journal.record("job", {"host": self._host.name, "job": job.id})
            start(self._shell, job, self._facts)
        state = self._follow(job, request)
        text = self._fetch(job, "result.json", head=MOST_BYTES, tail=1)
        self._keep_log(job, request)
        remove(self._shell, job)
        cards = self._facts.nvidia_cards
        asked = ResultContext(
            host=self._host.name,
            request=request,
            gpu_expected=request.device == "gpu" or (request.device == "auto" and cards > 0),
            began=began,
            read_at=datetime.now(UTC),
            attempt=job.attempt,
            cards_seen=cards,
        )
        return read_result(asked, text, state)

    def _resumed(self, job: Job) -> bool:
        """True when the job runs, or ended a moment ago. One that ended long before proves nothing of now: it makes room."""
        state = read_state(self._shell, job, offset=0)
        if not state.exists:
            return False
        age_s = state.clock.age_s if state.clock else None
        if state.running or (age_s is not None and 0 <= age_s <= FRESH_S):
            return True
        when = "before the host was restarted" if age_s is None else f"{age_s / 60:.0f} minutes ago"
        self._progress.note(f"{self._host.name}: {job.id} ended {when}: it is run again")
        remove(self._shell, job)
        return False

    def _follow(self, job: Job, request: WorkloadRequest) -> JobState:
        """Tell what the job prints until it is over; past its time limit, report it as it is."""
        offset, rest, state = 0, b"", JobState(exists=True, running=True, ended="", printed=b"")

        def probe() -> JobState | NotYet:
            nonlocal offset, rest, state
            state = self._read_state_with_retries(job, offset)
            offset = state.offset
            *lines, rest = (rest + state.printed).split(b"\n")
            for line in lines:
                self._progress.host(self._host.name, *topic_of(request.workload, line))
            return state if not state.running else NotYet("still running")

        try:
            return wait_for(
                job.id, probe, timeout_s=job.timeout_s + _STOPPING_S, interval_s=FOLLOW_INTERVAL_S
            )
        except DeadlineError:
            return state

    def _read_state_with_retries(self, job: Job, offset: int) -> JobState:
        def probe() -> JobState | NotYet:
            try:
                return read_state(self._shell, job, offset=offset)
            except UnreachableError as error:
                return NotYet(error.cause)

        try:
            return wait_for(self._host.name, probe, timeout_s=RECONNECT_TIMEOUT_S)
        except DeadlineError as error:
            raise UnreachableError(
                f"{self._host.name} went away during the training: {error.seen}",
                "the job goes on there: `orchestrate validate` takes it up",
            ) from error

    def _fetch(self, job: Job, name: str, *, head: int, tail: int) -> bytes | None:
        """A file of the job; None when there is none, or it cannot be read though the host answers: it must not stop us for good.

        Raises UnreachableError when the host is away: the job stays, to be taken up.
        """
        for _ in range(2):
            try:
                return fetch(self._shell, job, name, head=head, tail=tail)
            except UnreachableError as error:
                self._read_state_with_retries(job, 0)
                cause = error.cause
        self._progress.note(f"{self._host.name}: {name} of {job.id} cannot be read: {cause}")
        return None

    def _keep_log(self, job: Job, request: WorkloadRequest) -> None:
        parts = (
            self._fetch(job, name, head=_LOG_BYTES, tail=_LOG_BYTES)
            for name in ("progress.jsonl", "stderr.log")
        )
        self._journal.write_file(
            f"{self._host.name}-{request.workload}.log", b"".join(part or b"" for part in parts)
        )


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
    options: dict[str, object] = {
        "device": request.device,
        "memory-limit-mib": request.memory_limit_mib,
        "attempt": attempt.id,
    }
    if request.workload != "smoke":
        options |= {
            "backend": request.backend,
            "epochs": request.epochs,
            "batch-size": request.batch_size,
            "min-accuracy": request.min_accuracy,
        }
    given = [(f"--{name}", str(value)) for name, value in options.items() if value is not None]
    return Job(
        id=f"{attempt.id}-{request.workload}",
        attempt=attempt.id,
        argv=(python, _PROGRAM, request.workload, *chain(*given), "--result", "result.json"),
        files={_PROGRAM: program},
        timeout_s=request.timeout_s,
    )
