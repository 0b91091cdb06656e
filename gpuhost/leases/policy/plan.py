"""Which requests get which devices now, and what the others wait for.

Who has used least of late comes first, among equals who came first. One that cannot start holds the devices of its earliest start
for itself, so that whoever comes later is served before it only where that delays it by nothing.
"""

from __future__ import annotations

from dataclasses import replace

from gpuhost.leases.policy import holders
from gpuhost.leases.policy.fair_share import in_order
from gpuhost.leases.policy.timeline import Hold, Timeline
from gpuhost.leases.policy.values import MPS, Device, Grant, Lease, Plan, Request, Reservation, State, Wait

DEPTH = 40
"""Requests that cannot start and are planned ahead for; those behind them wait until these have started."""
OVERDUE_S = 30.0
"""A lease that has reached its end is held for so long more, while its processes are ended."""


def plan(state: State, now: float) -> Plan:
    """Decide over every request."""
    planner = _Planner(state, now)
    grants: list[Grant] = []
    waits: list[Wait] = []
    for request in in_order(state.requests, state.used):
        decision = planner.decide(request)
        if isinstance(decision, Grant):
            grants.append(decision)
        else:
            waits.append(decision)
    return Plan(grants=tuple(grants), waits=tuple(waits))


def refusal(state: State, wanted: Reservation | Request, now: float) -> str:
    """Why it can never be had, or not in that time; empty where it can. Waiting does not count."""
    there = [device for device in state.devices if device.kind == wanted.kind]
    if wanted.gpus > len(there):
        return f"this host has {holders.counted(len(there), wanted.kind)}, and {wanted.gpus} were asked for"
    if isinstance(wanted, Request):
        most = state.limits.max_gpus_per_user
        return (
            f"{wanted.user} may have {most} at once, and {wanted.gpus} were asked for"
            if 0 < most < wanted.gpus
            else ""
        )
    # A process that did not ask may be gone by then.
    open_devices = tuple(replace(device, blocked="") for device in state.devices)
    planner = _Planner(replace(state, devices=open_devices), now)
    window = Hold(starts_at=wanted.starts_at, ends_at=wanted.ends_at)
    if len(planner.free(wanted.kind, window, wanted.uid)) >= wanted.gpus:
        return ""
    return f"not enough is free in that time: {holders.of_kind(state, wanted.kind, now)}"


class _Planner:
    """Takes devices for one request after another."""

    def __init__(self, state: State, now: float) -> None:
        self._state, self._now = state, now
        self._timeline = Timeline(device.id for device in state.devices)
        self._has: dict[int, int] = {}
        """Uid -> devices that the user has."""
        self._users: dict[str, int] = {}
        """Card that is shared by MPS -> uid: its server serves one user at a time."""
        self._deep = 0
        for lease in state.leases:
            self._take_lease(lease)
        self._kept: dict[int, list[Device]] = {}
        """Reservation -> its devices that no lease has yet."""
        for reservation in sorted(state.reservations, key=lambda one: (one.starts_at, one.id)):
            self._keep(reservation)

    def free(self, kind: str, wanted: Hold, uid: int) -> list[Device]:
        """Devices that the user could take, those that serve best first: a fraction beside others rather than on an empty card."""
        found = [
            device
            for device in self._state.devices
            if device.kind == kind and not device.blocked and self._timeline.is_free(device.id, wanted)
        ]
        if kind == MPS:
            found = [device for device in found if self._users.get(device.card, uid) == uid]
        if wanted.fraction:
            found.sort(key=lambda device: -self._timeline.taken(device.id, wanted.starts_at))
        return found

    def decide(self, request: Request) -> Grant | Wait:
        now, limits = self._now, self._state.limits
        if request.gpus == 0:
            return Grant(request=request, devices=(), ends_at=now + request.seconds)
        has = self._has.get(request.uid, 0)
        if limits.max_gpus_per_user and has + request.gpus > limits.max_gpus_per_user:
            return Wait(
                request=request,
                why=f"{request.user} may have {limits.max_gpus_per_user} at once, and has {has}",
            )
        reserved = self._from_reservation(request)
        if reserved is not None:
            return reserved
        if self._deep >= DEPTH:
            return Wait(request=request, why=f"more than {DEPTH} others are before it")
        return self._from_all(request)

    def _from_reservation(self, request: Request) -> Grant | Wait | None:
        """None where the user has none that serves."""
        mine = [
            one
            for one in self._state.reservations
            if one.uid == request.uid
            and one.kind == request.kind
            and one.id in (request.reservation or one.id,)
        ]
        for one in mine:
            if request.reservation and self._now < one.starts_at:
                return Wait(request=request, why="its reservation begins later", starts_at=one.starts_at)
            kept = [device for device in self._kept.get(one.id, []) if not device.blocked]
            if (
                one.starts_at <= self._now < one.ends_at
                and len(kept) >= request.gpus
                and not request.fraction
            ):
                devices = tuple(kept[: request.gpus])
                self._kept[one.id] = [each for each in self._kept[one.id] if each not in devices]
                self._has[request.uid] = self._has.get(request.uid, 0) + request.gpus
                ends_at = min(self._now + request.seconds, one.ends_at)
                return Grant(request=request, devices=devices, ends_at=ends_at, reservation=one.id)
        if request.reservation:
            return Wait(
                request=request,
                why=f"what was reserved for it is in use: {holders.of_kind(self._state, request.kind, self._now)}",
            )
        return None

    def _from_all(self, request: Request) -> Grant | Wait:
        now = self._now
        for starts_at in (now, *self._timeline.ends(now)):
            hold = Hold(starts_at=starts_at, ends_at=starts_at + request.seconds, fraction=request.fraction)
            found = tuple(self.free(request.kind, hold, request.uid)[: request.gpus])
            if len(found) < request.gpus:
                continue
            self._timeline.take((device.id for device in found), hold)
            if starts_at == now:
                self._has[request.uid] = self._has.get(request.uid, 0) + request.gpus
                self._users.update((device.card, request.uid) for device in found if device.kind == MPS)
                return Grant(request=request, devices=found, ends_at=hold.ends_at)
            self._deep += 1
            return Wait(request=request, why=self._why(request), starts_at=starts_at)
        return Wait(request=request, why=self._why(request))

    def _why(self, request: Request) -> str:
        return holders.of_kind(self._state, request.kind, self._now) or "others are before it"

    def _take_lease(self, lease: Lease) -> None:
        ends_at = max(lease.ends_at, self._now + OVERDUE_S)
        hold = Hold(starts_at=lease.starts_at, ends_at=ends_at, fraction=lease.fraction)
        self._timeline.take(lease.devices, hold)
        self._has[lease.uid] = self._has.get(lease.uid, 0) + len(lease.devices)
        shared = (
            device for device in self._state.devices if device.kind == MPS and device.id in lease.devices
        )
        self._users.update((device.card, lease.uid) for device in shared)

    def _keep(self, reservation: Reservation) -> None:
        """Keep devices for it, as many as it has not in leases yet."""
        if reservation.ends_at <= self._now:
            return
        leased = sum(
            len(lease.devices) for lease in self._state.leases if lease.reservation == reservation.id
        )
        window = Hold(starts_at=max(reservation.starts_at, self._now), ends_at=reservation.ends_at)
        found = self.free(reservation.kind, window, reservation.uid)[: max(reservation.gpus - leased, 0)]
        self._timeline.take((device.id for device in found), window)
        self._kept[reservation.id] = found
