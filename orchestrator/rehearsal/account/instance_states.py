"""The states of instances over time. Nothing here waits: what is due happens when somebody looks.

The caller holds the cloud's lock.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from moto.ec2.models.instances import Instance, InstanceState, Reservation, StateReason

from orchestrator.rehearsal.account import spot
from orchestrator.rehearsal.account.addresses import (
    TerminatedInstance,
    address_here,
    attached_now,
    hide_address,
    let_address_go,
    show_address,
)
from orchestrator.rehearsal.account.regions import Region
from orchestrator.rehearsal.clock import Clock
from orchestrator.rehearsal.faults import Fault, Kind

CODES = {"pending": 0, "running": 16, "shutting-down": 32, "terminated": 48, "stopping": 64, "stopped": 80}
"""EC2's number of each state."""

NOTICE_S = 120.0
"""Between the notice and the end of a spot instance, as AWS documents it."""

USER = ("Client.UserInitiatedShutdown", "User initiated shutdown")
ITSELF = ("Client.InstanceInitiatedShutdown", "Instance initiated shutdown")
RECLAIMED = ("Server.SpotInstanceTermination", "Spot instance termination")


class TrackedInstance:
    """What moto has no field for.

    Args:
        instance: moto's record.
        region: where it is.
    """

    def __init__(self, instance: Instance, region: Region) -> None:
        self.instance = instance
        self.region = region
        self.fault: Fault | None = None
        """The fault that was applied to it."""
        self.ends_at: datetime | None = None
        """What the spot notice says; None while there is none."""
        self.advised_at: datetime | None = None
        """When moving elsewhere was recommended; None while it is not."""
        self.address_at = 0.0
        """From when on its public address is shown."""
        self.changed_at: datetime | None = None
        """When its last state began."""


@dataclass(slots=True)
class _Due:
    at: float
    tracked: TrackedInstance
    act: Callable[[TrackedInstance], None]


class InstanceStates:
    """All instances of an account.

    Args:
        settle_s: how long `pending`, `stopping` and `shutting-down` last.
        clock: the account's time.
    """

    def __init__(self, settle_s: float, clock: Clock) -> None:
        self.by_id: dict[str, TrackedInstance] = {}
        self.settle_s = settle_s
        """May be changed at any time."""
        self._clock = clock
        self._due: list[_Due] = []
        self._present: float | None = None
        """The clock's seconds of what happens just now; None while nothing does that was due earlier."""
        self._hidden: dict[str, Reservation] = {}

    def apply_due(self) -> None:
        """Let everything happen that is due."""
        while ready := [each for each in self._due if each.at <= self._clock()]:
            first = min(ready, key=lambda due: due.at)
            self._due.remove(first)
            self._present = first.at
            first.act(first.tracked)
        self._present = None

    def add_pending(self, region: Region, held: Reservation) -> None:
        """A reservation was made: its instances are pending."""
        for instance in held.instances:
            tracked = self.by_id[instance.id] = TrackedInstance(instance, region)
            self._begin(tracked)
            attached_now(instance)
            self.schedule(self.settle_s, tracked, self._runs)

    def apply_fault(self, region: Region, held: Reservation, fault: Fault) -> None:
        """Something goes wrong with the instances that were just made."""
        for instance in held.instances:
            tracked = self.by_id[instance.id]
            tracked.fault = fault
            if fault.kind is Kind.DIES:
                self._due = [each for each in self._due if each.tracked is not tracked]
                self.schedule(self.settle_s, tracked, self._dies)
            if fault.kind is Kind.NO_ADDRESS:
                tracked.address_at = self._clock() + fault.seconds
                hide_address(tracked.instance)
                self.schedule(fault.seconds, tracked, lambda each: show_address(each.instance))
        if fault.kind is Kind.HIDDEN and held.instances:
            self._hidden[held.id] = region.reservations.pop(held.id)
            first = self.by_id[held.instances[0].id]
            self.schedule(
                fault.seconds, first, lambda tracked: self._show_reservation(tracked.region, held.id)
            )

    @contextmanager
    def visible(self, region: Region, reservation: str) -> Iterator[None]:
        """For the block, a reservation can be seen even while others cannot see it."""
        held = self._hidden.get(reservation)
        if held is not None:
            region.reservations[reservation] = held
        try:
            yield
        finally:
            if held is not None:
                region.reservations.pop(reservation)

    def start(self, tracked: TrackedInstance) -> None:
        """Begin to start a stopped instance; one that runs stays as it is."""
        if tracked.instance.state == "stopped":
            self._begin(tracked)
            self.schedule(self.settle_s, tracked, self._runs)

    def stop(self, tracked: TrackedInstance, reason: tuple[str, str] = USER) -> None:
        """Begin to stop an instance that runs."""
        if tracked.instance.state in {"pending", "running"}:
            self._put(tracked, "stopping", reason)
            self.schedule(self.settle_s, tracked, lambda each: self._stopped(each, reason))

    def terminate(
        self, tracked: TrackedInstance, reason: tuple[str, str] = USER, *, lasts_s: float | None = None
    ) -> None:
        """Begin to end an instance, in `lasts_s` if not in the usual time. Disks, interfaces and the use of its groups go with it."""
        if tracked.instance.state not in {"shutting-down", "terminated"}:
            self._put(tracked, "shutting-down", reason)
            seconds = self.settle_s if lasts_s is None else lasts_s
            self.schedule(seconds, tracked, lambda each: self._gone(each, reason))

    def shut_down_from_inside(self, tracked: TrackedInstance) -> None:
        """The host powered itself off: what that means was said at launch."""
        if tracked.instance.state in {"pending", "running"}:
            by_stopping = tracked.instance.instance_initiated_shutdown_behavior == "stop"
            (self.stop if by_stopping else self.terminate)(tracked, ITSELF)

    def refuse(self, tracked: TrackedInstance, why: str) -> None:
        """End an instance that cannot be played here, and say why."""
        self.terminate(tracked, ("Client.InternalError", why))

    def _runs(self, tracked: TrackedInstance) -> None:
        if tracked.instance.state != "pending":
            return
        tracked.instance.start()
        self._put(tracked, "running")
        show_address(tracked.instance)
        address_here(tracked.instance)
        if self._clock() < tracked.address_at:
            hide_address(tracked.instance)
        if tracked.fault and tracked.fault.kind is Kind.RECLAIMED and tracked.ends_at is None:
            self.schedule(tracked.fault.seconds / 2, tracked, self._advised)
            self.schedule(tracked.fault.seconds, tracked, self._noticed)

    def _advised(self, tracked: TrackedInstance) -> None:
        tracked.advised_at = self.now()

    def _noticed(self, tracked: TrackedInstance) -> None:
        if tracked.instance.lifecycle != "spot" or tracked.instance.state != "running":
            return
        tracked.ends_at = self.now() + timedelta(seconds=NOTICE_S)
        self.schedule(NOTICE_S, tracked, lambda each: self.terminate(each, RECLAIMED))

    def _show_reservation(self, region: Region, reservation: str) -> None:
        region.reservations[reservation] = self._hidden.pop(reservation)

    def schedule(
        self, seconds: float, tracked: TrackedInstance, act: Callable[[TrackedInstance], None]
    ) -> None:
        """Let something happen to an instance then."""
        at = self._clock() if self._present is None else self._present
        self._due.append(_Due(at + seconds, tracked, act))

    def now(self) -> datetime:
        """The present time; of what was due earlier, the time at which it was."""
        late = 0.0 if self._present is None else self._clock() - self._present
        return self._clock.now() - timedelta(seconds=late)

    def _begin(self, tracked: TrackedInstance) -> None:
        """A run begins: EC2 counts each from the call that asked for it, in whole seconds."""
        tracked.instance.launch_time = self.now().replace(tzinfo=None, microsecond=0)
        self._put(tracked, "pending")

    def _put(self, tracked: TrackedInstance, state: str, reason: tuple[str, str] | None = None) -> None:
        """Set the state, and why. EC2 dates what its API was asked for, and nothing else."""
        instance = tracked.instance
        if state not in {"stopped", "terminated"} or instance.state in {"pending", "running"}:
            tracked.changed_at = self.now().replace(microsecond=0)
        instance._state = InstanceState(state, CODES[state])  # noqa: SLF001  moto has no intermediate states
        said, why = "", StateReason("pending", "pending") if state == "pending" else None
        if reason is not None:
            said = {USER: f"User initiated ({tracked.changed_at:%Y-%m-%d %H:%M:%S} GMT)", ITSELF: ""}.get(
                reason, reason[0]
            )
            why = StateReason(f"{reason[0]}: {reason[1]}", reason[0])
        instance._reason = said  # noqa: SLF001  the same
        vars(instance)["state_reason"] = why  # moto shows an empty one where EC2 shows none

    def _stopped(self, tracked: TrackedInstance, reason: tuple[str, str]) -> None:
        if tracked.instance.state == "stopping":
            tracked.instance.stop()
            let_address_go(tracked.instance)
            self._put(tracked, "stopped", reason)

    def _gone(self, tracked: TrackedInstance, reason: tuple[str, str]) -> None:
        if tracked.instance.state == "terminated":
            return
        was = tracked.instance.state
        for elastic in tracked.region.addresses:
            if elastic.instance is tracked.instance or elastic.eni in tracked.instance.nics.values():
                elastic.instance = elastic.eni = elastic.association_id = None
        tracked.instance.terminate()
        setattr(tracked.instance, "__class__", TerminatedInstance)  # noqa: B010  moto looks at nothing but the record
        tracked.instance._state = InstanceState(was, CODES[was])  # noqa: SLF001  `_put` dates the end of a run, once
        self._put(tracked, "terminated", reason)
        by_aws = reason[0] == RECLAIMED[0]
        why = "instance-terminated-no-capacity" if by_aws else "instance-terminated-by-user"
        spot.close(tracked.region, tracked.instance, why, tracked.changed_at)

    def _dies(self, tracked: TrackedInstance) -> None:
        code = tracked.fault.code if tracked.fault else ""
        self._gone(tracked, (code, "the instance could not be started"))
