"""Talk between the tasks of a step beside the framework: who is there, what each found, and that one is lost.

The first task is the hub. Each side sends a sign of life every second; who is silent for too long, closes without a word or says that
it broke off is lost, and the whole step with it: `lost` is called from a thread, so that nobody waits in the framework for ever.
"""

import contextlib
import queue
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from workloads.result import CannotRunError
from workloads.step.frames import FrameError, Message, encode, receive
from workloads.step.joining import Joined, gather_tasks, join_first
from workloads.step.slurm import Step

_BEAT_S = 1.0
_FAREWELL_S = 10.0
_NOTICE_S = 3.0
_BEAT, _BYE, _LOST = "beat", "bye", "lost"


class TaskLostError(CannotRunError):
    """Another task of the step is gone, or broke off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long a task waits, in seconds."""

    join_s: float
    """For all tasks to come together."""
    silence_s: float
    """For a sign of life."""


class Channel:
    """Connections to the other tasks. Each call is made by all tasks, in the same order. With one task nothing is sent."""

    def __init__(self, step: Step, limits: Limits, lost: Callable[[str], object]) -> None:
        self.step = step
        self._limits = limits
        self._lost = lost
        self._links: dict[int, _Link] = {}
        self._over = threading.Event()
        self._count = 0

    def join(self, hello: Message) -> tuple[Message, ...]:
        """Meet all others; on the first task what each said of itself, by rank, its own first; elsewhere nothing.

        Raises TasksMissingError, StepError.
        """
        if self.step.tasks == 1:
            return (hello,)
        if self.step.is_first:
            joined: Sequence[Joined] = gather_tasks(self.step, self._limits.join_s)
        else:
            joined = (join_first(self.step, hello, self._limits.join_s),)
        self._links = {each.rank: _Link(each, self._limits.silence_s) for each in joined}
        for link in self._links.values():
            threading.Thread(target=self._hear, args=(link,), daemon=True).start()
        threading.Thread(target=self._live, daemon=True).start()
        return (hello, *(each.facts for each in joined)) if self.step.is_first else ()

    @property
    def first_address(self) -> str:
        """The first task's address, as others reach it."""
        link = next(iter(self._links.values()))
        name = link.connection.getsockname() if self.step.is_first else link.connection.getpeername()
        return str(name[0])

    def addresses(self) -> tuple[str, ...]:
        """On the first task: every task's address, by rank."""
        others = (str(link.connection.getpeername()[0]) for _, link in sorted(self._links.items()))
        return (self.first_address, *others)

    def gather(self, message: Message) -> tuple[Message, ...]:
        """On the first task what every task brought, by rank; elsewhere nothing."""
        self._count += 1
        if not self.step.is_first:
            self._links[0].send(self._numbered(message))
            return ()
        return (message, *(self._next(link) for _, link in sorted(self._links.items())))

    def broadcast(self, message: Message) -> Message:
        """What the first task brought, on every task."""
        self._count += 1
        if not self.step.is_first:
            return self._next(self._links[0])
        for link in self._links.values():
            link.send(self._numbered(message))
        return message

    def barrier(self) -> None:
        """Nobody goes on before all are here."""
        self.gather(Message())
        self.broadcast(Message())

    def break_off(self, reason: str) -> None:
        """Tell all others that this task ends, and why."""
        self._over.set()
        self._tell_all(_LOST, f"{self._own_name()}: {reason}")

    def wait_for_loss(self) -> None:
        """Give the threads the time to notice that another task is gone: they end the process then. Returns where none is."""
        if self._links and not self._over.is_set():
            threading.Event().wait(_NOTICE_S)

    def close(self) -> None:
        """All is done: nobody is lost who goes now."""
        self._over.set()
        self._tell_all(_BYE, "")
        for link in self._links.values():
            link.ended.wait(_FAREWELL_S)
            with contextlib.suppress(OSError):
                link.connection.close()

    def _next(self, link: "_Link") -> Message:
        message = link.messages.get()
        if message.facts.get("count") != self._count:
            raise TaskLostError(
                f"{link.name} is at message {message.facts.get('count')}, this task at {self._count}: "
                "they do not run the same program"
            )
        return message

    def _numbered(self, message: Message) -> Message:
        return Message(facts={**message.facts, "count": self._count}, data=message.data)

    def _tell_all(self, kind: str, reason: str) -> None:
        for link in self._links.values():
            with contextlib.suppress(OSError):
                link.send(Message(facts={"kind": kind, "reason": reason}))

    def _own_name(self) -> str:
        return _name(self.step.rank, {"host": self.step.host or socket.gethostname()})

    def _live(self) -> None:
        while not self._over.wait(_BEAT_S):
            self._tell_all(_BEAT, "")

    def _hear(self, link: "_Link") -> None:
        try:
            reason = self._last_word(link)
        except TimeoutError:
            reason = f"{link.name} has been silent for {self._limits.silence_s:g} s"
        except (OSError, EOFError, FrameError) as cause:
            reason = f"{link.name} is gone: {str(cause) or 'it closed its connection'}"
        link.ended.set()
        if reason and not self._over.is_set():
            self._over.set()
            self._tell_all(_LOST, reason)
            self._lost(reason)

    def _last_word(self, link: "_Link") -> str:
        """Why the other end breaks off; empty where it is done. Everything before is kept for who waits for it."""
        while True:
            message = receive(link.connection)
            kind = message.facts.get("kind")
            if kind == _BYE:
                return ""
            if kind == _LOST:
                return str(message.facts.get("reason"))
            if kind != _BEAT:
                link.messages.put(message)


class _Link:
    """The connection to one other task."""

    def __init__(self, joined: Joined, silence_s: float) -> None:
        self.connection = joined.connection
        self.connection.settimeout(silence_s)
        self.name = _name(joined.rank, joined.facts.facts)
        self.messages: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self.ended = threading.Event()
        self._sending = threading.Lock()

    def send(self, message: Message) -> None:
        """Raises OSError where the other end is gone."""
        with self._sending:
            self.connection.sendall(encode(message))


def _name(rank: int, facts: dict[str, Any]) -> str:
    host = facts.get("host")
    return f"task {rank} on {host}" if host else f"task {rank}"
