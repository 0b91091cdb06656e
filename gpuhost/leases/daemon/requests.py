"""What users ask the service for, checked. Who asks is told by the kernel, never by the message."""

from __future__ import annotations

import pwd
import shlex
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gpuhost.leases.containers.engines import NoContainerError, chosen
from gpuhost.leases.daemon.host import prepare
from gpuhost.leases.daemon.jobs import ENDED, WAITING, Job
from gpuhost.leases.daemon.scheduler import Scheduler
from gpuhost.leases.policy.values import CARD, Reservation
from gpuhost.leases.policy.words import length

MOST_WAITING = 1000
_COMMAND_LENGTH = 200
_NOT_PASSED_ON = ("NOTIFY_SOCKET", "INVOCATION_ID", "JOURNAL_STREAM", "LISTEN_FDS", "LISTEN_PID", "MAINPID")
"""Variables that systemd means for one unit alone."""
_SOON_S = 60.0


class RefusedError(Exception):
    """It is not done; the text says why, and in a second line what to type."""


@dataclass(frozen=True)
class Peer:
    """Who asks."""

    uid: int
    gid: int
    user: str


def peer(uid: int, gid: int) -> Peer:
    """The user of that number. Raises RefusedError where there is none."""
    try:
        return Peer(uid=uid, gid=gid, user=pwd.getpwuid(uid).pw_name)
    except KeyError:
        raise RefusedError(f"uid {uid} is no user of this host") from None


def run(scheduler: Scheduler, who: Peer, asked: Mapping[str, Any]) -> Job:
    """Put a job on record; it may start at once. Raises RefusedError, KeyError, TypeError or ValueError."""
    now = time.time()
    argv = [str(word) for word in asked["argv"]]
    variables = {str(name): str(value) for name, value in dict(asked["environment"]).items()}
    if not argv:
        raise RefusedError("which command?\n  try: gpuhost run -- python train.py")
    if sum(job.state == WAITING for job in scheduler.book.jobs) >= MOST_WAITING:
        raise RefusedError(f"{MOST_WAITING} jobs wait already")
    starts_at, seconds = _time(scheduler, asked, now)
    image = str(asked.get("image") or "")
    engine = _engine(image, asked) if image else ""
    number = scheduler.number()
    job = Job(
        id=number,
        uid=who.uid,
        gid=who.gid,
        user=who.user,
        command=shlex.join(argv)[:_COMMAND_LENGTH],
        folder=str(asked["folder"]),
        gpus=_count(asked),
        seconds=seconds,
        submitted_at=now,
        kind=str(asked.get("kind") or CARD),
        fraction=_fraction(asked),
        name=str(asked.get("name") or "")[:_COMMAND_LENGTH],
        image=image,
        engine=engine,
        reservation=number if starts_at else None,
    )
    kept = _reservation(number, who, job, starts_at) if starts_at else None
    for wanted in (job, kept):
        if wanted and (why := scheduler.refused(wanted, now)):
            raise RefusedError(f"{why}\n  try: gpuhost leases")
    prepare(job, argv, {name: value for name, value in variables.items() if name not in _NOT_PASSED_ON})
    scheduler.add(job, *([kept] if kept else []))
    return job


def reserve(scheduler: Scheduler, who: Peer, asked: Mapping[str, Any]) -> Reservation:
    """Keep devices for the user's own jobs. Raises as `run`."""
    now = time.time()
    starts_at, seconds = _time(scheduler, asked, now)
    if not starts_at or _count(asked) < 1:
        raise RefusedError("a reservation needs GPUs and a time\n  try: gpuhost run --from 14:00 --for 2h")
    kept = Reservation(
        id=scheduler.number(),
        uid=who.uid,
        user=who.user,
        gpus=_count(asked),
        starts_at=starts_at,
        ends_at=starts_at + seconds,
        kind=str(asked.get("kind") or CARD),
    )
    if why := scheduler.refused(kept, now):
        raise RefusedError(f"{why}\n  try: gpuhost leases")
    scheduler.add(kept)
    return kept


def cancel(scheduler: Scheduler, who: Peer, number: int) -> None:
    """End a job or a reservation. Raises RefusedError."""
    job = scheduler.job(number)
    kept = next((each for each in scheduler.book.reservations if each.id == number), None)
    owner = job or kept
    if owner is None:
        raise RefusedError(f"there is no job {number}\n  try: gpuhost jobs")
    if who.uid not in (0, owner.uid):
        raise RefusedError(f"job {number} is {owner.user}'s: only {owner.user} and root may end it")
    if job is not None and job.state == ENDED:
        raise RefusedError(f"job {number} has ended: {job.result}")
    if job is not None:
        scheduler.end(job, f"canceled by {who.user}", time.time())
    if kept is not None:
        scheduler.withdraw(number)


def _reservation(number: int, who: Peer, job: Job, starts_at: float) -> Reservation | None:
    """For a job that is to start at a time; None for one without devices."""
    return Reservation(
        id=number,
        uid=who.uid,
        user=who.user,
        gpus=job.gpus,
        starts_at=starts_at,
        ends_at=starts_at + job.seconds,
        kind=job.kind,
    )


def _time(scheduler: Scheduler, asked: Mapping[str, Any], now: float) -> tuple[float, float]:
    """When it starts, 0 where at no certain time, and how many seconds it may run."""
    limits = scheduler.limits
    seconds = float(asked.get("seconds") or limits.default_hours * 3600)
    if not 1 <= seconds <= limits.max_hours * 3600:
        raise RefusedError(
            f"{length(seconds)} is not within what a job may run here, {length(limits.max_hours * 3600)}\n"
            f"  try: --time {limits.max_hours:g}h"
        )
    starts_at = float(asked.get("starts_at") or 0.0)
    if starts_at and starts_at < now - _SOON_S:
        raise RefusedError("that time is over")
    return starts_at, seconds


def _engine(image: str, asked: Mapping[str, Any]) -> str:
    try:
        return chosen(image, str(asked.get("engine") or ""), cards=_count(asked) > 0)
    except NoContainerError as error:
        raise RefusedError(str(error)) from error


def _count(asked: Mapping[str, Any]) -> int:
    count = int(asked.get("gpus", 1))
    if not 0 <= count <= 1000:
        raise RefusedError(f"{count} is no number of GPUs")
    return count


def _fraction(asked: Mapping[str, Any]) -> float:
    fraction = float(asked.get("fraction") or 0.0)
    if not fraction:
        return 0.0
    if not 0.01 <= fraction <= 1 or _count(asked) != 1 or asked.get("kind"):
        raise RefusedError("a fraction is from 0.01 to 1, and of the memory of one whole card")
    return fraction
