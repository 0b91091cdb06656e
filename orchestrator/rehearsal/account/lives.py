"""The states that instances go through, in their time. Nothing here waits: what is due happens when somebody looks.

The caller holds the cloud's lock.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.models.instances import Instance, InstanceState, Reservation, StateReason

from orchestrator.rehearsal.account import spot
from orchestrator.rehearsal.account.addresses import (
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


class _Ended(Instance):
    """A terminated instance has neither interfaces nor addresses any more; moto goes on showing them."""

    @property
    def network_interfaces(self) -> list[NetworkInterface]:
        """None."""
        return []

    private_ip = private_ip_address = public_ip = public_ip_address = None
    private_dns_name = public_dns_name = ""


class Life:
    """What moto has no field for.

    Args:
        instance: moto's record.
        region: where it is.
    """

    def __init__(self, instance: Instance, region: Region) -> None:
        self.instance = instance
        self.region = region
        self.fault: Fault | None = None
        """What befalls it."""
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
    life: Life
    act: Callable[[Life], None]


class Lives:
    """All instances of an account.

    Args:
        settle_s: how long `pending`, `stopping` and `shutting-down` last.
        clock: the account's time.
    """

    def __init__(self, settle_s: float, clock: Clock) -> None:
        self.by_id: dict[str, Life] = {}
        self.settle_s = settle_s
        """May be changed at any time."""
        self._clock = clock
        self._due: list[_Due] = []
        self._present: float | None = None
        """The clock's seconds of what happens just now; None while nothing does that was due earlier."""
        self._hidden: dict[str, Reservation] = {}

    def settle(self) -> None:
        """Let everything happen that is due."""
        while ready := [each for each in self._due if each.at <= self._clock()]:
            first = min(ready, key=lambda due: due.at)
            self._due.remove(first)
            self._present = first.at
            first.act(first.life)
        self._present = None

    def born(self, region: Region, held: Reservation) -> None:
        """A reservation was made: its instances are pending."""
        for instance in held.instances:
            life = self.by_id[instance.id] = Life(instance, region)
            self._begin(life)
            attached_now(instance)
            self.later(self.settle_s, life, self._runs)

    def befall(self, region: Region, held: Reservation, fault: Fault) -> None:
        """Something goes wrong with the instances that were just made."""
        for instance in held.instances:
            life = self.by_id[instance.id]
            life.fault = fault
            if fault.kind is Kind.DIES:
                self._due = [each for each in self._due if each.life is not life]
                self.later(self.settle_s, life, self._dies)
            if fault.kind is Kind.NO_ADDRESS:
                life.address_at = self._clock() + fault.seconds
                hide_address(life.instance)
                self.later(fault.seconds, life, lambda each: show_address(each.instance))
        if fault.kind is Kind.HIDDEN and held.instances:
            self._hidden[held.id] = region.reservations.pop(held.id)
            first = self.by_id[held.instances[0].id]
            self.later(fault.seconds, first, lambda life: self._unveil(life.region, held.id))

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

    def start(self, life: Life) -> None:
        """Begin to start a stopped instance; one that runs stays as it is."""
        if life.instance.state == "stopped":
            self._begin(life)
            self.later(self.settle_s, life, self._runs)

    def stop(self, life: Life, reason: tuple[str, str] = USER) -> None:
        """Begin to stop an instance that runs."""
        if life.instance.state in {"pending", "running"}:
            self._put(life, "stopping", reason)
            self.later(self.settle_s, life, lambda each: self._stopped(each, reason))

    def terminate(self, life: Life, reason: tuple[str, str] = USER, *, lasts_s: float | None = None) -> None:
        """Begin to end an instance, in `lasts_s` if not in the usual time. Disks, interfaces and the use of its groups go with it."""
        if life.instance.state not in {"shutting-down", "terminated"}:
            self._put(life, "shutting-down", reason)
            seconds = self.settle_s if lasts_s is None else lasts_s
            self.later(seconds, life, lambda each: self._gone(each, reason))

    def shut_itself_down(self, life: Life) -> None:
        """The host powered itself off: what that means was said at launch."""
        if life.instance.state in {"pending", "running"}:
            by_stopping = life.instance.instance_initiated_shutdown_behavior == "stop"
            (self.stop if by_stopping else self.terminate)(life, ITSELF)

    def refuse(self, life: Life, why: str) -> None:
        """End an instance that cannot be played here, and say why."""
        self.terminate(life, ("Client.InternalError", why))

    def _runs(self, life: Life) -> None:
        if life.instance.state != "pending":
            return
        life.instance.start()
        self._put(life, "running")
        show_address(life.instance)
        address_here(life.instance)
        if self._clock() < life.address_at:
            hide_address(life.instance)
        if life.fault and life.fault.kind is Kind.RECLAIMED and life.ends_at is None:
            self.later(life.fault.seconds / 2, life, self._advised)
            self.later(life.fault.seconds, life, self._noticed)

    def _advised(self, life: Life) -> None:
        life.advised_at = self.now()

    def _noticed(self, life: Life) -> None:
        if life.instance.lifecycle != "spot" or life.instance.state != "running":
            return
        life.ends_at = self.now() + timedelta(seconds=NOTICE_S)
        self.later(NOTICE_S, life, lambda each: self.terminate(each, RECLAIMED))

    def _unveil(self, region: Region, reservation: str) -> None:
        region.reservations[reservation] = self._hidden.pop(reservation)

    def later(self, seconds: float, life: Life, act: Callable[[Life], None]) -> None:
        """Let something happen to an instance then."""
        at = self._clock() if self._present is None else self._present
        self._due.append(_Due(at + seconds, life, act))

    def now(self) -> datetime:
        """The present time; of what was due earlier, the time at which it was."""
        late = 0.0 if self._present is None else self._clock() - self._present
        return self._clock.now() - timedelta(seconds=late)

    def _begin(self, life: Life) -> None:
        """A run begins: EC2 counts each from the call that asked for it, in whole seconds."""
        life.instance.launch_time = self.now().replace(tzinfo=None, microsecond=0)
        self._put(life, "pending")

    def _put(self, life: Life, state: str, reason: tuple[str, str] | None = None) -> None:
        """Set the state, and why. EC2 dates what its API was asked for, and nothing else."""
        instance = life.instance
        if state not in {"stopped", "terminated"} or instance.state in {"pending", "running"}:
            life.changed_at = self.now().replace(microsecond=0)
        instance._state = InstanceState(state, CODES[state])  # noqa: SLF001  moto has no intermediate states
        said, why = "", StateReason("pending", "pending") if state == "pending" else None
        if reason is not None:
            said = {USER: f"User initiated ({life.changed_at:%Y-%m-%d %H:%M:%S} GMT)", ITSELF: ""}.get(
                reason, reason[0]
            )
            why = StateReason(f"{reason[0]}: {reason[1]}", reason[0])
        instance._reason = said  # noqa: SLF001  the same
        vars(instance)["state_reason"] = why  # moto shows an empty one where EC2 shows none

    def _stopped(self, life: Life, reason: tuple[str, str]) -> None:
        if life.instance.state == "stopping":
            life.instance.stop()
            let_address_go(life.instance)
            self._put(life, "stopped", reason)

    def _gone(self, life: Life, reason: tuple[str, str]) -> None:
        if life.instance.state == "terminated":
            return
        was = life.instance.state
        for elastic in life.region.addresses:
            if elastic.instance is life.instance or elastic.eni in life.instance.nics.values():
                elastic.instance = elastic.eni = elastic.association_id = None
        life.instance.terminate()
        setattr(life.instance, "__class__", _Ended)  # noqa: B010  moto looks at nothing but the record
        life.instance._state = InstanceState(was, CODES[was])  # noqa: SLF001  `_put` dates the end of a run, once
        self._put(life, "terminated", reason)
        by_aws = reason[0] == RECLAIMED[0]
        why = "instance-terminated-no-capacity" if by_aws else "instance-terminated-by-user"
        spot.close(life.region, life.instance, why, life.changed_at)

    def _dies(self, life: Life) -> None:
        code = life.fault.code if life.fault else ""
        self._gone(life, (code, "the instance could not be started"))
