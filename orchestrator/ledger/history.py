"""The runs of each instance, from all that was ever said of it. What was not seen is bounded, never guessed."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from orchestrator.models import Extra, InstanceStatus, Run

NOT_FOUND = "not found"
BILLED = frozenset({"pending", "running"})
ENDED = frozenset({"shutting-down", "terminated", NOT_FOUND})
_SHUTDOWN = timedelta(minutes=2)
"""A host that its own timer ends takes a moment to shut down."""
_LATE = timedelta(minutes=10)
"""A provider may not show an instance at once that it has just launched."""
_CONSOLE = timedelta(minutes=5)
"""By then the console of a start has been posted."""
_SAME = timedelta(minutes=1)
"""A disk is attached within a minute of the launch: when it is older, the instance has run before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """One instance."""

    last: InstanceStatus
    """The newest word on it, with whatever an earlier one knew better."""
    runs: tuple[Run, ...]
    """In their order."""
    unseen: Run | None = None
    """Before the first run that is known it may have run, and nobody looked."""
    gone: tuple[datetime, datetime] | None = None
    """Between which moments it was terminated, and its disk went with it; None while it exists."""

    @property
    def created_at(self) -> datetime | None:
        """When it began to exist, as far as anybody knows."""
        first = self.runs[0].started_at if self.runs else self.last.started_at
        return min((each for each in (self.last.created_at, first) if each is not None), default=None)


def histories(statuses: Iterable[InstanceStatus], at: datetime) -> tuple[History, ...]:
    """The history of each instance, in the order in which they began.

    Args:
        statuses: in the order in which they were heard.
        at: the present time, for what still runs.
    """
    by_id: dict[str, list[InstanceStatus]] = {}
    for each in statuses:
        by_id.setdefault(each.id, []).append(each)
    made = [_history(heard, at) for heard in by_id.values()]
    return tuple(sorted(made, key=lambda each: (str(each.created_at), each.last.host, each.last.id)))


def news(
    known: Iterable[InstanceStatus], heard: Iterable[InstanceStatus], at: datetime
) -> tuple[InstanceStatus, ...]:
    """What is worth writing down of what a provider says now.

    An instance that runs is written down each time, because it ran until then at least. One that is known and not shown any more
    is `not found`, unless it is so new that the provider may be late.

    Args:
        known: what is on record, in order.
        heard: all that the provider shows now.
        at: when it was asked.
    """
    last: dict[str, InstanceStatus] = {each.id: each for each in known}
    fresh = [each for each in heard if _is_news(last.get(each.id), each)]
    shown = {each.id for each in heard}
    vanished = [
        replace(each, at=at, state=NOT_FOUND, run_ended_at=None, reason="", message="")
        for id_, each in last.items()
        if id_ not in shown and each.state not in {"terminated", NOT_FOUND} and at - each.at > _LATE
    ]
    return (*fresh, *vanished)


def _is_news(before: InstanceStatus | None, now: InstanceStatus) -> bool:
    if before is None or now.state in BILLED:
        return True
    return replace(before, at=now.at) != replace(_completed(before, now), at=now.at)


def _completed(before: InstanceStatus, now: InstanceStatus) -> InstanceStatus:
    """The newer word; what the provider has forgotten by then is as it was."""
    return replace(
        now,
        usd_per_hour=now.usd_per_hour if now.usd_per_hour is not None else before.usd_per_hour,
        started_at=now.started_at or before.started_at,
        created_at=min((each for each in (now.created_at, before.created_at) if each), default=None),
        run_ended_at=now.run_ended_at
        or (before.run_ended_at if now.started_at in {None, before.started_at} else None),
        reason=now.reason or before.reason,
        message=now.message or before.message,
        ends_at=max((each for each in (now.ends_at, before.ends_at) if each), default=None),
        interrupted_at=now.interrupted_at
        or (before.interrupted_at if now.started_at in {None, before.started_at} else None),
        capacity_reservation=now.capacity_reservation or before.capacity_reservation,
        extras=_extras(before.extras, now.extras),
        token=now.token or before.token,
    )


def _extras(before: tuple[Extra, ...], now: tuple[Extra, ...]) -> tuple[Extra, ...]:
    """What there is, and what there was only while it ran."""
    names = {each.what for each in now}
    kept = (each for each in before if each.what not in names and (not now or not each.while_stopped))
    return (*now, *kept)


def _history(heard: list[InstanceStatus], at: datetime) -> History:
    last = heard[0]
    groups: dict[datetime, list[InstanceStatus]] = {}
    for each in heard:
        last = _completed(last, each)
        if each.started_at is not None:
            groups.setdefault(each.started_at, []).append(each)
    starts = sorted(groups)
    allowance = last.ends_at - min(starts) if last.ends_at and starts else None
    runs: list[Run] = []
    for index, start in enumerate(starts):
        following = starts[index + 1] if index + 1 < len(starts) else None
        run = _run(groups[start], at if following is None else following, last=following is None)
        if allowance is not None:
            run = _within_deadline(run, allowance - _ran(runs))
        if following is None and last.interrupted_at is not None:
            run = _within_deadline(run, last.interrupted_at - start)
        runs.append(run)
    return History(last=last, runs=tuple(runs), unseen=_unseen(last, runs), gone=_gone(heard, runs))


def _run(heard: list[InstanceStatus], until: datetime, *, last: bool) -> Run:
    """One run, from all that was heard of it; it was over by `until` at the latest."""
    start = heard[0].started_at or heard[0].at
    ran = [each.at for each in heard if each.state in BILLED]
    ended_after = max(start, max(ran, default=start))
    dated = [each.run_ended_at for each in heard if each.run_ended_at and _holds(each, start, ended_after)]
    if dated:
        end = max(start, min(dated))
        return Run(started_at=start, ended_after=end, ended_before=end, open=False)
    over = [each.at for each in heard if each.state not in BILLED and each.at >= ended_after]
    if last and (not over or heard[-1].state in BILLED):
        now = max(ended_after, until)
        return Run(started_at=start, ended_after=now, ended_before=now, open=True)
    ended_before = max(ended_after, min((*over, until)))
    return Run(started_at=start, ended_after=ended_after, ended_before=ended_before, open=False)


def _holds(status: InstanceStatus, start: datetime, seen_running: datetime) -> bool:
    """A console is posted at a start as well: only what is clearly later dates an end."""
    if not status.dated_by_console or status.run_ended_at is None:
        return True
    posted = status.run_ended_at
    return posted >= seen_running and (posted - start > _CONSOLE or seen_running - start > _CONSOLE)


def _within_deadline(run: Run, left: timedelta) -> Run:
    """A run whose end nobody saw lasted no longer than its deadline let it."""
    if run.open or run.ended_after == run.ended_before:
        return run
    deadline = run.started_at + max(left, timedelta()) + _SHUTDOWN
    return replace(run, ended_before=max(run.ended_after, min(run.ended_before, deadline)))


def _ran(runs: Iterable[Run]) -> timedelta:
    return sum((each.ended_after - each.started_at for each in runs), timedelta())


def _gone(heard: list[InstanceStatus], runs: list[Run]) -> tuple[datetime, datetime] | None:
    if heard[-1].state not in ENDED:
        return None
    ended = [each for each in heard if each.state in ENDED]
    dated = [each.run_ended_at for each in ended if each.run_ended_at and not each.dated_by_console]
    if dated:
        return (max(dated), max(dated))
    still_there = [each.at for each in heard if each.state not in ENDED]
    if heard[-1].state != NOT_FOUND and runs and not any(each.state == "stopped" for each in heard):
        return (runs[-1].ended_after, runs[-1].ended_before)
    return (max(still_there, default=ended[0].at), ended[0].at)


def _unseen(last: InstanceStatus, runs: list[Run]) -> Run | None:
    if last.created_at is None or not runs or runs[0].started_at - last.created_at <= _SAME:
        return None
    return Run(
        started_at=last.created_at,
        ended_after=last.created_at,
        ended_before=runs[0].started_at,
        open=False,
    )
