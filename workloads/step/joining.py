"""Bring the tasks of a step together: all connect to the first, which counts them. A task that is missing is an error, not a smaller step."""

import contextlib
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from workloads.result import CannotRunError
from workloads.step.frames import FrameError, Message, encode, receive
from workloads.step.hosts import address_of
from workloads.step.slurm import Step, StepError

CANDIDATES = 8
"""Ports behind each other that are tried: one of them may be in use."""
_PAUSE_S = 0.2
_CONNECT_S = 3.0


class TasksMissingError(CannotRunError):
    """Not all tasks that were asked for came together in time; `came` did, this one among them."""

    def __init__(self, message: str, came: int) -> None:
        super().__init__(message)
        self.came = came


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """A connection to another task."""

    rank: int
    connection: socket.socket
    facts: Message
    """What it said of itself."""


def gather_tasks(step: Step, limit_s: float) -> tuple[Joined, ...]:
    """On the first task: wait until every other one has come, by rank.

    Raises:
        TasksMissingError: some did not come in time.
        StepError: no port is free.
    """
    listener = _listener(step)
    deadline = time.monotonic() + limit_s
    joined: dict[int, Joined] = {}
    with listener:
        while len(joined) < step.tasks - 1:
            listener.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                break
            came = _welcomed(step, connection)
            if came is not None and came.rank not in joined:
                joined[came.rank] = came
            else:
                connection.close()
            if time.monotonic() >= deadline:
                break
    missing = [rank for rank in range(1, step.tasks) if rank not in joined]
    if missing:
        for each in joined.values():
            each.connection.close()
        raise TasksMissingError(
            f"{len(joined) + 1} of {step.tasks} tasks came within {limit_s:g} s; missing: {_words(missing)}",
            len(joined) + 1,
        )
    return tuple(joined[rank] for rank in sorted(joined))


def join_first(step: Step, hello: Message, limit_s: float) -> Joined:
    """On every other task: find the first one.

    Raises:
        TasksMissingError: it is not to be found in time.
    """
    deadline = time.monotonic() + limit_s
    seen = "nobody tried yet"
    while time.monotonic() < deadline:
        found, seen = _tried(step, hello)
        if found is not None:
            return found
        threading.Event().wait(_PAUSE_S)
    raise TasksMissingError(f"the first task was not found within {limit_s:g} s: {seen}", 1)


def prepared(connection: socket.socket) -> None:
    """Small messages go at once, and a host that vanished is noticed by the kernel too."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)


def _welcomed(step: Step, connection: socket.socket) -> Joined | None:
    """A task of this very step; None for anything else that connects."""
    connection.settimeout(_CONNECT_S)
    try:
        hello = receive(connection)
        rank = hello.facts.get("rank")
        if hello.facts.get("step") != step.identity or hello.facts.get("tasks") != step.tasks:
            return None
        if not isinstance(rank, int) or not 0 < rank < step.tasks:
            return None
        connection.sendall(encode(Message(facts={"step": step.identity, "rank": 0})))
    except (OSError, EOFError, FrameError):
        return None
    prepared(connection)
    return Joined(rank=rank, connection=connection, facts=hello)


def _tried(step: Step, hello: Message) -> tuple[Joined | None, str]:
    """Each port once: the first task, or what was seen in its place."""
    seen = ""
    try:
        address = address_of(step.hosts[0])
    except OSError as cause:
        return None, f"{step.hosts[0]}: {cause}"
    for port in _ports(step):
        where = f"{step.hosts[0]} ({address}), port {port}"
        found, why = _asked(step, hello, (address, port))
        if found is not None:
            return found, ""
        seen = f"{where}: {why}"
    return None, seen


def _asked(step: Step, hello: Message, place: tuple[str, int]) -> tuple[Joined | None, str]:
    facts = {**hello.facts, "rank": step.rank, "tasks": step.tasks, "step": step.identity}
    with contextlib.ExitStack() as unfinished:
        try:
            connection = socket.create_connection(place, _CONNECT_S)
            unfinished.callback(connection.close)
            connection.sendall(encode(Message(facts=facts, data=hello.data)))
            answer = receive(connection)
        except (OSError, EOFError, FrameError) as cause:
            return None, str(cause) or "it does not answer as a task of this step does"
        if answer.facts.get("step") != step.identity:
            return None, f"step {answer.facts.get('step')} answers"
        unfinished.pop_all()
    prepared(connection)
    return Joined(rank=0, connection=connection, facts=answer), ""


def _listener(step: Step) -> socket.socket:
    seen: OSError | None = None
    for port in _ports(step):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("", port))
            listener.listen(step.tasks)
        except OSError as cause:
            listener.close()
            seen = cause
            continue
        return listener
    raise StepError(f"none of the ports {_ports(step)[0]} to {_ports(step)[-1]} is free: {seen}")


def _ports(step: Step) -> Sequence[int]:
    return range(step.port, step.port + CANDIDATES)


def _words(ranks: Sequence[int]) -> str:
    shown = ", ".join(f"task {rank}" for rank in ranks[:8])
    return shown if len(ranks) <= 8 else f"{shown} and {len(ranks) - 8} more"
