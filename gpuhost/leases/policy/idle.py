"""When a lease that does not compute is warned, and when it is freed. What cannot be told counts as computing."""

from __future__ import annotations

from dataclasses import dataclass

from gpuhost.leases.policy.values import Limits

WARN, FREE = "warn", "free"


@dataclass(frozen=True)
class Idle:
    """How long a lease has not computed."""

    since: float
    warned: bool = False


@dataclass(frozen=True)
class Judgement:
    """What follows from the last look."""

    idle: Idle | None
    """None while it computes."""
    action: str = ""
    """WARN, FREE or nothing."""


def is_active(utilizations: tuple[int | None, ...], limits: Limits) -> bool:
    """Whether one of a lease's devices computes, by percent of its time; a lease without devices is not judged."""
    return not utilizations or any(each is None or each > limits.idle_percent for each in utilizations)


def judged(idle: Idle | None, *, active: bool, now: float, limits: Limits) -> Judgement:
    """What to do about a lease that is active or not at this look. Between a warning and the end lies the time that was promised."""
    if active or limits.idle_free_minutes <= 0:
        return Judgement(idle=None)
    idle = idle or Idle(since=now)
    minutes = (now - idle.since) / 60
    if idle.warned and minutes >= limits.idle_free_minutes:
        return Judgement(idle=idle, action=FREE)
    if not idle.warned and minutes >= min(limits.idle_warn_minutes, limits.idle_free_minutes):
        return Judgement(idle=Idle(since=idle.since, warned=True), action=WARN)
    return Judgement(idle=idle)
