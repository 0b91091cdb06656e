"""Keeps the book of jobs and leases: takes requests, starts what the plan says, ends what has to end. Listens to nobody itself.

What it decides is written down before it is done, so that a service that was killed goes on where it stopped.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from dataclasses import replace

from gpuhost.leases.daemon.jobs import ENDED, RUNNING, STARTING, WAITING, Book, Job
from gpuhost.leases.devices.leasable import Found
from gpuhost.leases.policy import fair_share, idle
from gpuhost.leases.policy.plan import plan, refusal
from gpuhost.leases.policy.values import Grant, Limits, Reservation, State
from gpuhost.leases.port import Host

FAILED = (OSError, subprocess.SubprocessError)
WARN_S = 300.0
"""Before the end of its time a job is warned."""


class Scheduler:
    """The jobs of a host."""

    def __init__(self, host: Host, book: Book, limits: Limits, boot: str) -> None:
        self._host, self._limits, self._boot = host, limits, boot
        self._book = book
        self._found: tuple[Found, ...] = ()

    @property
    def book(self) -> Book:
        """All that is on record."""
        return self._book

    @property
    def limits(self) -> Limits:
        """Those that hold."""
        return self._limits

    def job(self, number: int) -> Job | None:
        """One of the jobs on record."""
        return next((job for job in self._book.jobs if job.id == number), None)

    def number(self) -> int:
        """The next, which nobody else gets."""
        self._keep(replace(self._book, next_id=self._book.next_id + 1))
        return self._book.next_id - 1

    def see(self, found: tuple[Found, ...], limits: Limits) -> None:
        """Know the devices and limits as they are now."""
        self._found, self._limits = found, limits

    def refused(self, wanted: Job | Reservation, now: float) -> str:
        """Why it can never be had; empty where it can."""
        return refusal(self.state(now), wanted.request() if isinstance(wanted, Job) else wanted, now)

    def add(self, *added: Job | Reservation) -> None:
        """Put them on record."""
        jobs = tuple(each for each in added if isinstance(each, Job))
        reservations = tuple(each for each in added if isinstance(each, Reservation))
        book = self._book
        self._keep(replace(book, jobs=(*book.jobs, *jobs), reservations=(*book.reservations, *reservations)))

    def withdraw(self, number: int) -> None:
        """End a reservation; jobs that have its devices keep them."""
        left = tuple(each for each in self._book.reservations if each.id != number)
        self._keep(replace(self._book, reservations=left))

    def forget(self, before: float) -> tuple[int, ...]:
        """Take jobs that ended before that time off the record; return their numbers."""
        old = {job.id for job in self._book.jobs if job.state == ENDED and (job.ends_at or 0.0) < before}
        if old:
            self._keep(replace(self._book, jobs=tuple(job for job in self._book.jobs if job.id not in old)))
        return tuple(sorted(old))

    def state(self, now: float) -> State:
        """What the policy decides over."""
        leases = tuple(job.lease() for job in self._book.jobs if job.holds)
        half_life_s = self._limits.half_life_hours * 3600
        return State(
            devices=tuple(found.device for found in self._found),
            leases=leases,
            reservations=self._book.reservations,
            requests=tuple(job.request() for job in self._book.jobs if job.state == WAITING),
            used=fair_share.used(dict(self._book.usages), leases, now, half_life_s),
            limits=self._limits,
        )

    def reconcile(self, now: float) -> None:
        """Free what is leased to jobs that are no more; one whose start was not carried out waits again. Raises FAILED."""
        running = self._host.running()
        for job in self._book.jobs:
            if not job.holds:
                continue
            if job.unit in running:
                if job.state == STARTING:
                    self._put(replace(job, state=RUNNING))
                continue
            end = self._host.end(job)
            if end is None and job.state == STARTING and job.boot == self._boot:
                self._put(replace(job, state=WAITING, devices=(), labels=(), starts_at=None, ends_at=None))
                continue
            lost = "lost: the host was restarted" if job.boot != self._boot else "lost"
            self.ended(job.id, *(end or (lost, None)), now=now)

    def ended(self, number: int, result: str, exit_code: int | None, *, now: float) -> None:
        """Free its devices. Once is as often."""
        job = self.job(number)
        if job is None or job.state == ENDED:
            return
        usages = dict(self._book.usages)
        if job.holds:
            half_life_s = self._limits.half_life_hours * 3600
            usages[job.uid] = fair_share.charged(usages.get(job.uid), job.lease(), now, half_life_s)
        done = replace(
            job, state=ENDED, result=job.stopping or result, exit_code=exit_code, ends_at=now, why=""
        )
        own = next((one.id for one in self._book.reservations if one.id == job.reservation), None)
        self._book = replace(self._book, usages=tuple(usages.items()))
        self._put(done)
        self._host.clear(job)
        # What was reserved for this job alone is of no more use.
        if own is not None and own == number:
            self.withdraw(own)

    def end(self, job: Job, why: str, now: float) -> None:
        """Have a job end, politely at first; one that waits has ended at once. Raises FAILED."""
        if job.state == WAITING:
            self.ended(job.id, why, None, now=now)
        elif job.holds and not job.stopping:
            self._put(replace(job, stopping=why, stop_at=now + self._limits.stop_seconds))
            self._host.signal(job)

    def tick(self, now: float) -> None:
        """Do what is due: warn, end, start. Raises FAILED."""
        for job in self._book.jobs:
            if job.holds:
                self._look_after(job, now)
        over = tuple(
            each for each in self._book.reservations if each.ends_at <= now or self._is_unused(each, now)
        )
        for each in over:
            self.withdraw(each.id)
            waiting = self.job(each.id)
            if waiting and waiting.state == WAITING:
                self.ended(waiting.id, "its reservation ended before it could start", None, now=now)
        if any(job.state == WAITING for job in self._book.jobs):
            self._schedule(now)

    def _is_unused(self, kept: Reservation, now: float) -> bool:
        """Whether it has been kept for as long as a lease may idle, and nobody has come for it."""
        patience_s = self._limits.idle_free_minutes * 60
        came = any(kept.id in (job.id, job.reservation) for job in self._book.jobs)
        return bool(patience_s) and now - kept.starts_at >= patience_s and not came

    def _schedule(self, now: float) -> None:
        decided = plan(self.state(now), now)
        whys = {wait.request.id: (wait.why, wait.starts_at) for wait in decided.waits}
        jobs = tuple(
            replace(job, why=whys[job.id][0], starts_at=whys[job.id][1]) if job.id in whys else job
            for job in self._book.jobs
        )
        if jobs != self._book.jobs:
            self._book = replace(self._book, jobs=jobs)
        for grant in decided.grants:
            self._begin(grant, now)

    def _begin(self, grant: Grant, now: float) -> None:
        job = self.job(grant.request.id)
        if job is None:
            return
        part = job.fraction or 1.0
        started = replace(
            job,
            state=STARTING,
            why="",
            devices=tuple(device.id for device in grant.devices),
            labels=tuple(device.label for device in grant.devices),
            weight=sum(device.weight for device in grant.devices) * part,
            starts_at=now,
            ends_at=grant.ends_at,
            reservation=grant.reservation,
            boot=self._boot,
        )
        self._put(started)
        try:
            self._host.begin(started, self._of(started.devices), now)
        except FAILED as error:
            self.ended(job.id, f"it could not be started: {error}", None, now=now)
            return
        now_there = self.job(job.id)
        if now_there is not None and now_there.state == STARTING:
            self._put(replace(now_there, state=RUNNING))

    def _look_after(self, job: Job, now: float) -> None:
        if job.stop_at is not None:
            if now >= job.stop_at:
                self._host.stop(job)
            return
        left_s = (job.ends_at or now) - now
        if left_s <= 0:
            self.end(job, "time limit", now)
            return
        if left_s <= WARN_S and not job.warned and job.seconds > 2 * WARN_S:
            job = self._put(replace(job, warned=True))
            self._host.tell(job, f"job {job.id} ends in {left_s / 60:.0f} minutes: its time is over then")
        self._judge_idleness(job, now)

    def _judge_idleness(self, job: Job, now: float) -> None:
        uses = tuple(found.utilization_percent for found in self._of(job.devices))
        active = len(uses) < len(job.devices) or idle.is_active(uses, self._limits)
        judged = idle.judged(job.idle, active=active, now=now, limits=self._limits)
        if judged.idle != job.idle:
            job = self._put(replace(job, idle=judged.idle))
        idled = f"has not computed on {', '.join(job.labels)} for {(now - (judged.idle or idle.Idle(now)).since) / 60:.0f} minutes"
        if judged.action == idle.WARN:
            left = self._limits.idle_free_minutes - self._limits.idle_warn_minutes
            self._host.tell(job, f"job {job.id} {idled}: it is ended if it does not within {left:.0f} more")
        elif judged.action == idle.FREE:
            self._host.tell(job, f"job {job.id} {idled} and is ended")
            self.end(job, "idle", now)

    def _of(self, devices: Iterable[str]) -> tuple[Found, ...]:
        known: dict[str, Found] = {found.device.id: found for found in self._found}
        return tuple(known[device] for device in devices if device in known)

    def _put(self, job: Job) -> Job:
        """Replace the job on record."""
        jobs = tuple(job if each.id == job.id else each for each in self._book.jobs)
        self._keep(replace(self._book, jobs=jobs))
        return job

    def _keep(self, book: Book) -> None:
        self._book = book
        self._host.save(book)
