"""What the service does at each look and for each message: the cards, the units and the scheduler brought together."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gpuhost import systemd
from gpuhost.files import text, write
from gpuhost.leases import records
from gpuhost.leases.containers.start import scopes
from gpuhost.leases.daemon import host, requests
from gpuhost.leases.daemon.jobs import WAITING, Job
from gpuhost.leases.daemon.scheduler import FAILED, Scheduler
from gpuhost.leases.daemon.units import Units
from gpuhost.leases.devices import enforcement, layouts, leasable, nodes
from gpuhost.leases.devices.cards import Cards
from gpuhost.leases.places import CONFIG, TOLD, folder
from gpuhost.leases.policy.values import MPS
from gpuhost.lifetime.terminals import say
from gpuhost.telemetry.snapshot import Snapshot

AGAIN_S = 1.0
"""Between two looks at the units while jobs wait."""
RECONCILE_S = 10.0
_CLEAN_S = 3600.0
_SERVED_S = 5.0


class Service:
    """The service's parts, and the time of what is done now and then."""

    def __init__(self) -> None:
        units = Units()
        units.prepare()
        self._host = host.LocalHost(units)
        book, complaint = records.read_book(host.BOOK)
        self._complaints: list[str] = []
        if complaint:
            self._complain(complaint)
        self._settings = records.Settings()
        self._scheduler = Scheduler(self._host, book, self._settings.limits, boot())
        self._cards = Cards()
        self._found: tuple[leasable.Found, ...] = ()
        self._known = False
        self._tried: tuple[str, ...] | None = None
        self._layouts = layouts.Layouts()
        self._servers: tuple[str, ...] = ()
        self._reconciled_at = self._served_at = self._cleaned_at = 0.0
        self._published = ""

    def look(self) -> None:
        """At the settings, the cards and the units, and do what is due."""
        now = time.time()
        try:
            self._settings = records.read_settings(CONFIG)
        except ValueError as error:
            self._complain(str(error))
        snapshot = self._cards.latest(now)
        if snapshot is not None:
            self._found = leasable.known_before(snapshot, self._found) or self._divided(snapshot, now)
            self._known = True
            cards = tuple(node for node in nodes.of_cards(snapshot.cards) if Path(node).exists())
            if cards != self._tried:
                self._tried = cards
                self._host.enforcement = enforcement.check(cards, now)
        self._scheduler.see(self._found, self._settings.limits)
        self._due(now)

    def answer(self, uid: int, gid: int, line: bytes) -> dict[str, Any]:
        """The answer to a message of that user."""
        try:
            asked = json.loads(line)
            return self._done(requests.peer(uid, gid), str(asked["do"]), asked)
        except requests.RefusedError as error:
            return {"error": str(error)}
        except (*FAILED, KeyError, TypeError, ValueError, OverflowError) as error:
            return {"error": f"that cannot be done: {type(error).__name__}: {error}"}

    def job(self, number: int) -> Job | None:
        """One on record."""
        return self._scheduler.job(number)

    def publish(self) -> None:
        """Write down what everybody may know, where it has changed."""
        told = json.dumps(self._public())
        if told != self._published:
            self._published = told
            with suppress(OSError):
                write(TOLD, told)

    def _done(self, who: requests.Peer, what: str, asked: dict[str, Any]) -> dict[str, Any]:
        now, scheduler = time.time(), self._scheduler
        if what == "run":
            return {"job": self._run(who, asked, now)}
        if what == "reserve":
            return {"reservation": asdict(requests.reserve(scheduler, who, asked))}
        if what == "watch":
            return {"watch": int(asked["id"])}
        if what == "cancel":
            requests.cancel(scheduler, who, int(asked["id"]))
            self._due(now)
            return {"canceled": int(asked["id"])}
        if what == "ended" and who.uid == 0:
            job = scheduler.job(int(asked["id"]))
            end = self._host.end(job) if job else None
            if job and end:
                scheduler.ended(job.id, *end, now=now)
                self._due(now)
            return {"freed": job is not None}
        raise requests.RefusedError(f"{what} is nothing that this service does")

    def _run(self, who: requests.Peer, asked: dict[str, Any], now: float) -> dict[str, Any] | None:
        if not self._known and int(asked.get("gpus", 1)):
            raise requests.RefusedError("the cards of this host are not known yet: try again in a moment")
        number = requests.run(self._scheduler, who, asked).id
        self._due(now)
        job = self._scheduler.job(number)
        if job and job.state == WAITING and asked.get("wait") is False:
            self._scheduler.ended(number, "not waited for", None, now=now)
            raise requests.RefusedError(f"nothing is free: {job.why}\n  try: the same without --no-wait")
        return job.as_dict() if job else None

    def _due(self, now: float) -> None:
        waiting = any(job.state == WAITING for job in self._scheduler.book.jobs)
        for job in self._scheduler.book.jobs:
            if job.holds and (end := self._host.end(job)):
                self._scheduler.ended(job.id, *end, now=now)
        try:
            if now - self._reconciled_at >= (AGAIN_S if waiting else RECONCILE_S):
                self._reconciled_at = now
                self._scheduler.reconcile(now)
            self._scheduler.tick(now)
        except FAILED as error:
            self._complain(f"systemd does not do what it is asked for: {error}")
        if now - self._cleaned_at > _CLEAN_S:
            self._cleaned_at = now
            host.forget(self._scheduler.forget(now - self._settings.keep_days * 86400))

    def _divided(self, snapshot: Snapshot, now: float) -> tuple[leasable.Found, ...]:
        """The devices, of which those of cards that are not as declared yet are held back."""
        whys, shares = {}, {}
        leased = {found.device.card for found in self._found if found.device.id in self._units()}
        for card in snapshot.cards:
            if profiles := layouts.declared(card, self._settings.mig):
                whys[card.uuid] = self._layouts.cut(card, profiles, in_use=card.uuid in leased, now=now)
            elif count := layouts.declared(card, self._settings.mps):
                shares[card.uuid] = count
                whys[card.uuid] = self._layouts.share(card.uuid, running=self._servers, now=now)
        # One whose card is not declared to be shared any more is looked for as well.
        if (shares or self._servers or not self._served_at) and now - self._served_at > _SERVED_S:
            self._served_at = now
            with suppress(*FAILED):
                self._servers = layouts.serving_alone(shares)
        found = leasable.found(snapshot, shares, self._units())
        return leasable.held_back(found, whys)

    def _units(self) -> dict[str, frozenset[str]]:
        """Device -> the units that may compute there."""
        units: dict[str, frozenset[str]] = {}
        for job in self._scheduler.book.jobs:
            for device in job.devices if job.holds else ():
                own = {job.unit} | (scopes(folder(job.id)) if job.image else frozenset())
                units[device] = units.get(device, frozenset()) | own
        for found in self._found:
            if found.device.kind == MPS:
                server = layouts.mps_unit(found.device.card)
                units[found.device.id] = units.get(found.device.id, frozenset()) | {server}
        return units

    def _public(self) -> dict[str, Any]:
        """What `leases.json` says. No environment, no arguments beyond the words by which `ps` shows them too."""
        book, found = self._scheduler.book, self._host.enforcement
        return {
            "schema": 1,
            "enforcement": {**asdict(found), "statement": found.statement()},
            "limits": asdict(self._settings.limits),
            "devices": [asdict(each.device) for each in self._found],
            "jobs": [job.as_dict() for job in book.jobs],
            "reservations": [asdict(each) for each in book.reservations],
        }

    def _complain(self, complaint: str) -> None:
        """Once."""
        if complaint not in self._complaints:
            self._complaints = [*self._complaints[-20:], complaint]
            say(complaint)


def boot() -> str:
    """This run of the machine, or of the container."""
    ticks, _ = systemd.started()
    return f"{text(Path('/proc/sys/kernel/random/boot_id'))}/{ticks}"
