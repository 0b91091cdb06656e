"""GPU memory that is held for nothing on a host, as the host tells of it; and its end, where the host agrees that nobody loses anything."""

from dataclasses import dataclass
from typing import Any

from orchestrator.errors import GarbledAnswerError
from orchestrator.jobs.leased.service import PROGRAM, LeaseRefusedError
from orchestrator.remote import Shell
from orchestrator.sanitize import DocumentError, sanitized_json, sanitized_line

IN_USE = "in use"
_MOST = 1000
"""Processes of a host that are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A process that holds a card's memory."""

    host: str
    pid: int
    token: str
    """What names it to the host, and no later process of its number."""
    user: str
    command: str
    gpus: tuple[str, ...]
    memory_bytes: int
    kind: str
    """IN_USE, or what is wrong with it in a word or two."""
    explanation: str
    action: str
    may_be_ended: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a host found."""

    holders: tuple[Holder, ...]
    unexplained: tuple[str, ...]
    """Memory that no process holds, in words, a line each."""


def held(shell: Shell, host: str) -> Held:
    """Ask a host; it takes two seconds.

    Raises:
        LeaseRefusedError: it has no such program.
        GarbledAnswerError: it says what cannot be read.
        UnreachableError: no connection, or it broke.
    """
    answer = shell.run((PROGRAM, "reap", "--json"))
    if answer.exit_code != 0:
        said = sanitized_line(answer.stderr, limit=200) or f"exit code {answer.exit_code}"
        raise LeaseRefusedError(
            f"{host} cannot tell who holds its GPUs' memory: {said}", "orchestrate up --full"
        )
    try:
        return _parsed(host, answer.stdout)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        said = sanitized_line(answer.stdout, limit=80)
        raise GarbledAnswerError(
            f"{host} tells of its GPUs' memory in a way that cannot be read: {said!r}",
            "orchestrate up --full",
        ) from error


def end(shell: Shell, holder: Holder) -> str:
    """End it, where the host still finds what it found; what came of it, in words. Raises UnreachableError."""
    answer = shell.run((PROGRAM, "reap", "--end", holder.token))
    return sanitized_line(answer.stdout or answer.stderr, limit=300)


def _parsed(host: str, text: str) -> Held:
    told = sanitized_json(text)
    if not isinstance(told, dict):
        raise DocumentError("it is no object")
    return Held(
        holders=tuple(_holder(host, each) for each in told["findings"][:_MOST]),
        unexplained=tuple(
            sanitized_line(line, limit=300) for each in told["unexplained"] for line in str(each).splitlines()
        ),
    )


def _holder(host: str, told: dict[str, Any]) -> Holder:
    return Holder(
        host=host,
        pid=int(told["pid"]),
        token=_line(told["token"]),
        user=_line(told["user"]),
        command=_line(told["command"]),
        gpus=tuple(_line(each) for each in told["labels"]),
        memory_bytes=int(told["memory_bytes"]),
        kind=_line(told["kind"]),
        explanation=_line(told["explanation"]),
        action=_line(told["action"]),
        may_be_ended=told["may_be_ended"] is True,
    )


def _line(said: object) -> str:
    return sanitized_line(str(said), limit=300)
