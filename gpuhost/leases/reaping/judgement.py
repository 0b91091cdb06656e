"""What holds a card's memory, and whether it may be ended. Pure: it judges what was seen at two looks, never a name."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

DEAD, ZOMBIE, STUCK, ORPHAN, WORKING, IN_USE, UNSEEN = (
    *("dead", "zombie", "stuck", "orphan", "working orphan", "in use", "not to be seen"),
)
"""Kinds of holders. Only an ORPHAN may be ended."""

WORKS_PERCENT = 2.0
"""Of one processor's time between two looks, from which a process works."""
BUSY_PERCENT = 5
"""Of a card's time, from which whoever is alone on it works."""


@dataclass(frozen=True)
class Seen:
    """A process that holds a card's memory, at two looks a moment apart."""

    pid: int
    started: int
    """In the kernel's ticks since the boot: with the number it is nobody else."""
    uid: int
    user: str
    command: str
    state: str
    """The kernel's letter at the second look."""
    was_stuck: bool
    """It did not react (D) at both."""
    cpu_percent: float
    """Of one processor, between them."""
    parent: int
    parent_command: str
    """Of a zombie's parent: who has to take it away."""
    reasons: tuple[str, ...] = ()
    """Why nobody waits for what it does any more."""


@dataclass(frozen=True)
class Held:
    """What a process holds on a card."""

    label: str
    """`GPU 0`."""
    pid: int
    memory_bytes: int | None
    utilization_percent: int | None
    alone: bool
    """No other process is on that card."""


@dataclass(frozen=True)
class Finding:
    """A holder, explained."""

    pid: int
    started: int
    uid: int | None
    user: str
    command: str
    labels: tuple[str, ...]
    memory_bytes: int
    kind: str
    explanation: str
    """A sentence."""
    action: str
    """What to do where this program does nothing; empty where it may end it, or there is nothing to do."""

    @property
    def may_be_ended(self) -> bool:
        """Whether nobody loses anything by its end."""
        return self.kind == ORPHAN

    @property
    def token(self) -> str:
        """What names the process and no later one of its number."""
        return f"{self.pid}@{self.started}"


def judged(pid: int, held: Collection[Held], seen: Seen | None, *, local: bool) -> Finding:
    """What the process is.

    Args:
        pid: of the process.
        held: what it holds.
        seen: what /proc says of it; None where it says nothing.
        local: the process ids that the driver tells are those of this system: not so in a container that is told its computer's.
    """
    kind, explanation, action = _kind(seen, held, local=local)
    return Finding(
        pid=pid,
        started=seen.started if seen else 0,
        uid=seen.uid if seen else None,
        user=seen.user if seen else "",
        command=seen.command if seen else "",
        labels=tuple(each.label for each in held),
        memory_bytes=sum(each.memory_bytes or 0 for each in held),
        kind=kind,
        explanation=explanation,
        action=action,
    )


def _kind(seen: Seen | None, held: Collection[Held], *, local: bool) -> tuple[str, str, str]:
    if seen is None:
        return _gone(held, local=local)
    if seen.state == "Z":
        parent = f"process {seen.parent} ({seen.parent_command})"
        return ZOMBIE, f"it has ended, and {parent} has not taken notice", f"end or mend {parent}"
    if seen.was_stuck:
        return STUCK, "it waits in the kernel and can be ended by nobody", "restart the host"
    if not seen.reasons:
        return IN_USE, "somebody waits for it", ""
    return _left_alone(seen, held)


def _gone(held: Collection[Held], *, local: bool) -> tuple[str, str, str]:
    if not local:
        return UNSEEN, "it runs outside of this container", "look on the computer that runs the container"
    where = ", ".join(each.label for each in held)
    return (
        DEAD,
        "the process is gone, and the driver has not given its memory back",
        f"end what else uses {where}, then `sudo nvidia-smi --gpu-reset`, or restart the host",
    )


def _left_alone(seen: Seen, held: Collection[Held]) -> tuple[str, str, str]:
    why = " and ".join(seen.reasons)
    if seen.cpu_percent >= WORKS_PERCENT:
        return WORKING, f"{why}, but it works: {seen.cpu_percent:.0f} % of a processor", ""
    busy = [each for each in held if each.alone and (each.utilization_percent or 0) > BUSY_PERCENT]
    if busy:
        return WORKING, f"{why}, but it works: {busy[0].label} computes for it", ""
    return ORPHAN, f"{why}, and it does nothing", ""
