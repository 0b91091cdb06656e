"""Follow a job on a host: what it prints, over one stream, taken up where it broke. The job does not notice."""

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass

from orchestrator.errors import UnreachableError
from orchestrator.jobs.leased import service
from orchestrator.jobs.leased.service import LeaseRefusedError
from orchestrator.jobs.leased.values import LeasedJob
from orchestrator.jobs.leased.way import Way
from orchestrator.remote import Shell
from orchestrator.waiting import DeadlineError, NotYet, wait_for

AWAY_S = 600.0
"""A host that does not answer for so long is not waited for; the job goes on."""
AGAIN_S = 1.0
_REFUSED = 2
"""Exit code of `gpuhost logs` where it shows nothing; of a job that has ended, it is the job's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """The job that is followed, and who hears what."""

    connection: Shell
    way: Way
    number: int
    write: Callable[[bytes], object]
    note: Callable[[str], object]


def follow(followed: Followed, offset: int = 0) -> LeasedJob:
    """Pass on what the job prints from byte `offset` on, until it has ended; return it then.

    Raises:
        UnreachableError: the host was away for more than AWAY_S.
        LeaseRefusedError: the host does not know the job, or does not show it.
    """
    broke = False
    while True:
        passed, code = _stream(followed, offset)
        offset += passed
        job = _asked(followed, pauses=broke and not passed)
        if job.has_ended:
            # What came between a break and the end.
            _stream(followed, offset)
            return job
        if code == _REFUSED:
            raise LeaseRefusedError(
                f"{job.reference} is {job.user}'s, and what it prints is not shown to others",
                f"orchestrate jobs {job.host}",
            )
        if not broke:
            followed.note(f"{job.host}: the connection broke; {job.reference} runs on and is taken up again")
        broke = True


def _stream(followed: Followed, offset: int) -> tuple[int, int]:
    """How many bytes came, and the exit code."""
    mark, argv = followed.way.marked(
        service.PROGRAM, "logs", "--follow", "--attached", "--from-byte", str(offset), str(followed.number)
    )
    # The host's end sees by the end of its input that nobody follows any more, whatever became of us.
    with subprocess.Popen(
        argv, env=os.environ | followed.way.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None  # noqa: S101 - it was asked for
        passed, before, begun = 0, b"", False
        try:
            while data := os.read(process.stdout.fileno(), 2**16):
                if not begun:
                    before += data
                    _noise, found, data = before.partition(mark.encode())
                    begun = bool(found)
                if begun:
                    passed += len(data)
                    followed.write(data)
        except BaseException:
            process.terminate()
            raise
    return passed, process.returncode


def _asked(followed: Followed, *, pauses: bool) -> LeasedJob:
    """How it does, once the host answers."""
    paused = not pauses

    def probe() -> LeasedJob | NotYet:
        nonlocal paused
        if not paused:
            paused = True
            return NotYet("it has not been asked again")
        try:
            return service.job(followed.connection, followed.way.host, followed.number)
        except UnreachableError as error:
            return NotYet(error.cause)

    try:
        return wait_for(followed.way.host, probe, timeout_s=AWAY_S, interval_s=AGAIN_S, slowest_s=10)
    except DeadlineError as error:
        raise UnreachableError(
            f"{followed.way.host} went away: {error.seen}",
            f"orchestrate logs -f {followed.way.host}/{followed.number}",
        ) from error
