"""Do the jobs of one host one after another: start or take up, follow to the end, bring back what is left. Decides no verdict."""

from dataclasses import dataclass
from datetime import UTC, datetime

from orchestrator.errors import UnreachableError
from orchestrator.jobs.outputs import fetch_outputs, outputs_folder
from orchestrator.jobs.program import RESULT
from orchestrator.jobs.progress_lines import topic_of
from orchestrator.jobs.results import MOST_BYTES, parsed
from orchestrator.jobs.unit import HostCapabilities, Job, JobState, fetch, read_state, remove, start
from orchestrator.journal import Journal
from orchestrator.models import Host, OutputFile
from orchestrator.progress import Progress
from orchestrator.remote import Shell
from orchestrator.waiting import DeadlineError, NotYet, wait_for

FOLLOW_INTERVAL_S = 0.5
RECONNECT_TIMEOUT_S = 60.0
FRESH_S = 600.0
"""A job that ended longer ago is not taken up: it is run again."""
_STOPPING_S = 30.0
_LOG_BYTES = 2**19
"""Of each log, so much from its beginning and so much from its end is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedJob:
    """How a job ended, and what it left."""

    began: datetime
    """When we asked for it, or took it up."""
    state: JobState
    result: bytes | None
    """Its result file, sanitized; None when there is none."""
    files: tuple[OutputFile, ...] = ()
    """What it made, and lies in the run folder now."""


class HostJobs:
    """The jobs of one host, one after another."""

    def __init__(
        self, host: Host, shell: Shell, facts: HostCapabilities, journal: Journal, progress: Progress
    ) -> None:
        self._host = host
        self._shell = shell
        self._facts = facts
        self._journal = journal
        self._progress = progress

    def run(self, job: Job) -> EndedJob:
        """Do it, or take it up where it runs already; its log is kept in the run folder, its folder on the host removed.

        Raises:
            UnreachableError: the host was away for more than 60 s. The job goes on; repeat the call to take it up.
            ConvergeError: the host has no systemd or no passwordless sudo.
        """
        began = datetime.now(UTC)
        self._progress.host(self._host.name, job.name, "starting")
        if not self._resumed(job):
            self._journal.record("job", {"host": self._host.name, "job": job.id})
            start(self._shell, job, self._facts)
        state = self._follow(job)
        result = self._fetch(job, RESULT, head=MOST_BYTES, tail=1)
        files = self._fetch_outputs(job, result)
        self._keep_log(job)
        remove(self._shell, job)
        return EndedJob(began=began, state=state, result=result, files=files)

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

    def _follow(self, job: Job) -> JobState:
        """Tell what the job prints until it is over; past its time limit, report it as it is."""
        offset, rest, state = 0, b"", JobState(exists=True, running=True, ended="", printed=b"")

        def probe() -> JobState | NotYet:
            nonlocal offset, rest, state
            state = self._read_state_with_retries(job, offset)
            offset = state.offset
            *lines, rest = (rest + state.printed).split(b"\n")
            for line in lines:
                self._progress.host(self._host.name, *topic_of(job.name, line))
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
                f"{self._host.name} went away while {job.name} ran: {error.seen}",
                job.when_away,
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

    def _fetch_outputs(self, job: Job, result: bytes | None) -> tuple[OutputFile, ...]:
        _, told = parsed(job.name, result)
        folder = self._journal.folder / outputs_folder(self._host.name, job.name, job.keeps)
        brought, left_out = fetch_outputs(self._shell, job, told.files if told else (), folder)
        for each in left_out:
            self._progress.note(f"{self._host.name}: not brought here: {each}")
        return brought

    def _keep_log(self, job: Job) -> None:
        parts = (
            self._fetch(job, name, head=_LOG_BYTES, tail=_LOG_BYTES)
            for name in ("progress.jsonl", "stderr.log")
        )
        self._journal.write_file(f"{self._host.name}-{job.name}.log", b"".join(part or b"" for part in parts))
