"""A capacity reservation as EC2 describes it, and why no host could be launched in it. Pure: values and decisions.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/capacity-reservations-concepts.html and capacity-blocks-how.html: a reservation is
paid for whether instances run in it or not; a block is paid for in advance, and its instances are ended before it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from orchestrator.errors import CapacityError, InputRefusedError, ProviderError
from orchestrator.models import Market
from orchestrator.providers.settings import AwsSettings

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import CapacityReservationTypeDef

RECLAIM = timedelta(minutes=30)
"""So long before the end of a block EC2 begins to terminate its instances."""
RECLAIM_ULTRASERVER = timedelta(minutes=60)
_ULTRASERVER = "p6e-"

_LINUX = "Linux/UNIX"
_BLOCK = "capacity-block"
_LEAVE_OUT = "leave `capacity_reservation:` out"
_STATES: Mapping[str, tuple[str, str]] = {
    "expired": ("has expired", f"name another one, or {_LEAVE_OUT}"),
    "cancelled": ("was cancelled", f"name another one, or {_LEAVE_OUT}"),
    "cancelling": ("is being cancelled", f"name another one, or {_LEAVE_OUT}"),
    "pending": ("is not ready yet", "wait some minutes, then run the command again"),
    "failed": ("could not be made by EC2", f"make another one, or {_LEAVE_OUT}"),
    "payment-pending": (
        "is not paid for yet",
        "wait until its payment went through, then run the command again",
    ),
    "payment-failed": ("was never paid for: its payment failed", f"buy another one, or {_LEAVE_OUT}"),
    "assessing": (
        "is still being assessed by EC2",
        "wait until EC2 has accepted it, then run the command again",
    ),
    "delayed": ("is late: EC2 does not have its capacity yet", "wait, then run the command again"),
    "unsupported": ("was refused by EC2", f"make another one, or {_LEAVE_OUT}"),
    "unavailable": ("has no capacity at present", "wait, then run the command again; AWS Support knows more"),
}
"""By EC2's word: what it means, and what to do. `active` and `scheduled` are not among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """One capacity reservation."""

    id: str
    region: str
    zone: str
    instance_type: str
    platform: str
    tenancy: str
    state: str
    available: int
    """Instances that it has room for."""
    is_block: bool
    """A Capacity Block for ML: bought beforehand for some days."""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    """None for one that lasts until it is cancelled."""

    @property
    def until(self) -> datetime | None:
        """When EC2 begins to take back what runs in it; None where it does not: what runs in an ordinary one runs on."""
        if not self.is_block or self.ends_at is None:
            return None
        early = RECLAIM_ULTRASERVER if self.instance_type.startswith(_ULTRASERVER) else RECLAIM
        return self.ends_at - early

    @property
    def market(self) -> Market:
        """How a host in it is paid for."""
        return Market.CAPACITY_BLOCK if self.is_block else Market.ON_DEMAND

    @property
    def kind(self) -> str:
        """What it is called."""
        return "Capacity Block" if self.is_block else "capacity reservation"

    @property
    def said(self) -> str:
        """What the price of a host in it leaves out."""
        if self.is_block:
            back = f"; EC2 takes hosts back from {_when(self.until)} on" if self.until else ""
            return f"in {self.id}, which was paid for in advance{back}"
        return f"in {self.id}, which is paid for also while no host runs in it, until it is cancelled"


def reservation_of(described: "CapacityReservationTypeDef", region: str) -> Reservation:
    """From EC2's description."""
    return Reservation(
        id=described.get("CapacityReservationId", ""),
        region=region,
        zone=described.get("AvailabilityZone", ""),
        instance_type=described.get("InstanceType", ""),
        platform=str(described.get("InstancePlatform", _LINUX)),
        tenancy=str(described.get("Tenancy", "default")),
        state=str(described.get("State", "")),
        available=described.get("AvailableInstanceCount", 0),
        is_block=described.get("ReservationType", "default") == _BLOCK,
        starts_at=_utc(described.get("StartDate")),
        ends_at=_utc(described.get("EndDate")),
    )


def refuse_unfit(found: Reservation, settings: AwsSettings, now: datetime) -> None:
    """Raise where the fleet file asks for what the reservation is not, or EC2 lets nothing run in it now.

    Raises:
        InputRefusedError: another type, zone, platform or tenancy; or it has ended.
        CapacityError: it has not begun, or has no capacity at present.
    """
    name = f"{found.kind} {found.id}"
    if found.instance_type not in settings.instance_types:
        raise InputRefusedError(
            f"{name} is for {found.instance_type}, and {_listed(settings.instance_types)} is asked for",
            f"instance_type: {found.instance_type} under `aws:`",
        )
    if settings.zones and found.zone not in settings.zones:
        raise InputRefusedError(
            f"{name} is in {found.zone}, and {_listed(settings.zones)} is asked for",
            f"zones: {found.zone} under `aws:`, or none",
        )
    if found.platform != _LINUX or found.tenancy != "default":
        raise InputRefusedError(
            f"{name} is for {found.platform} with {found.tenancy} tenancy; hosts here are {_LINUX} with the default one",
            f"name one for {_LINUX}, or {_LEAVE_OUT}",
        )
    _refuse_state(found, name, now)


def refuse_too_many(found: Reservation | None, missing: int) -> None:
    """Raise CapacityError where fewer hosts fit than have to be launched; those that run in it already are not counted."""
    if found is None or missing <= found.available:
        return
    larger = (
        "blocks are extended in time, not in size"
        if found.is_block
        else f"a larger one: aws ec2 modify-capacity-reservation --capacity-reservation-id {found.id} --region {found.region}"
        " --instance-count <in all>"
    )
    raise CapacityError(
        f"{found.kind} {found.id} has room for {found.available} instances, and {missing} are needed",
        f"`hosts:` with no more than {found.available} that are new, or {larger}; or {_LEAVE_OUT}",
    )


def _refuse_state(found: Reservation, name: str, now: datetime) -> None:
    if found.state == "scheduled" or (
        found.starts_at is not None and found.is_block and now < found.starts_at
    ):
        raise CapacityError(
            f"{name} begins at {_when(found.starts_at)}; nothing can be launched in it before",
            f"`orchestrate up` from then on, or {_LEAVE_OUT}",
        )
    if found.state != "active":
        unknown = (f"is {found.state!r} at EC2", f"name another one, or {_LEAVE_OUT}")
        means, hint = _STATES.get(found.state, unknown)
        ended = f" (it ended at {_when(found.ends_at)})" if found.state == "expired" and found.ends_at else ""
        raise CapacityError(f"{name} {means}{ended}", hint)
    if found.until is not None and now >= found.until:
        raise CapacityError(
            f"{name} ends at {_when(found.ends_at)}, and since {_when(found.until)} EC2 takes back what runs in it",
            f"name another one, or {_LEAVE_OUT}",
        )


def not_there(settings: AwsSettings) -> ProviderError:
    """No region that may be used has it."""
    regions = settings.regions
    return InputRefusedError(
        f"{_listed(regions)} has no capacity reservation {settings.capacity_reservation} of this account's or shared with it",
        f"aws ec2 describe-capacity-reservations --region {regions[0]} shows which there are; `regions:` under `aws:` names where to look",
    )


def _listed(names: tuple[str, ...]) -> str:
    return " or ".join(names)


def _utc(at: datetime | None) -> datetime | None:
    return at.astimezone(UTC) if at else None


def _when(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else "a time that EC2 does not say"
