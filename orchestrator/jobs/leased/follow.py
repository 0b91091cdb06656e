"""Follow a job: what it prints, over one stream, taken up where it broke. The job does not notice."""

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from orchestrator.errors import OrchestrateError, UnreachableError
from orchestrator.jobs.leased.way import Way
from orchestrator.waiting import DeadlineError, NotYet, wait_for

AWAY_S = 600.0
"""A host that does not answer for so long is not waited for; the job goes on."""
AGAIN_S = 1.0
REFUSED = 2
"""Exit code of a stream that shows nothing because it may not; of a job that has ended, it is the job's."""


class Followable(Protocol):
    """A job as it is now."""

    @property
    def reference(self) -> str:
        """What it is called."""
        ...

    @property
    def user(self) -> str:
        """Whose it is."""
        ...

    @property
    def has_ended(self) -> bool:
        """Nothing of it runs any more."""
        ...


SomeJob = TypeVar("SomeJob", bound=Followable)


class NotShownError(OrchestrateError):
    """The job is another person's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed(Generic[SomeJob]):
    """The job that is followed, how it is asked for, and who hears what."""

    way: Way
    ask: Callable[[], SomeJob]
    stream: Callable[[int], tuple[str, ...]]
    """The program that prints what the job prints from a byte on, and ends with the job, or once its input has ended."""
    again: str
    """What is typed to follow it again."""
    listed: str
    """What is typed to see its job beside others."""
    write: Callable[[bytes], object]
    note: Callable[[str], object]


def follow(followed: Followed[SomeJob], offset: int = 0) -> SomeJob:
    """Pass on what the job prints from byte `offset` on, until it has ended; return it then.

    Raises:
        UnreachableError: the host was away for more than AWAY_S.
        NotShownError: the host does not show what it prints.
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
        if code == REFUSED:
            raise NotShownError(
                f"{job.reference} is {job.user}'s, and what it prints is not shown to others", followed.listed
            )
        if not broke:
            followed.note(
                f"{followed.way.host}: the connection broke; {job.reference} runs on and is taken up again"
            )
        broke = True


def _stream(followed: Followed[SomeJob], offset: int) -> tuple[int, int]:
    """How many bytes came, and the exit code."""
    mark, argv = followed.way.marked(*followed.stream(offset))
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


def _asked(followed: Followed[SomeJob], *, pauses: bool) -> SomeJob:
    """How it does, once the host answers."""
    paused = not pauses

    def probe() -> SomeJob | NotYet:
        nonlocal paused
        if not paused:
            paused = True
            return NotYet("it has not been asked again")
        try:
            return followed.ask()
        except UnreachableError as error:
            return NotYet(error.cause)

    try:
        return wait_for(followed.way.host, probe, timeout_s=AWAY_S, interval_s=AGAIN_S, slowest_s=10)
    except DeadlineError as error:
        raise UnreachableError(f"{followed.way.host} went away: {error.seen}", followed.again) from error
