"""Capacity reservations and Capacity Blocks, which moto has not: made, bought, described, cancelled, and launched into.

The caller holds the cloud's lock. A block's offering is sold as asked for, in the region's first zone that has the type.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from secrets import token_hex

from moto.ec2.models.instance_types import INSTANCE_TYPE_OFFERINGS
from moto.ec2.models.instances import Reservation as Held

from orchestrator.rehearsal.account.instance_states import InstanceStates
from orchestrator.rehearsal.api.replies import EC2_NAMESPACE, Refused, Reply, ec2, element
from orchestrator.rehearsal.api.request import ApiRequest, listed

TARGET = "CapacityReservationSpecification.CapacityReservationTarget.CapacityReservationId"
_MARKET = "InstanceMarketOptions.MarketType"
_BLOCK = "capacity-block"
_ID = re.compile(r"cr-[0-9a-f]{17}")
_XMLNS = f"{{{EC2_NAMESPACE}}}"
_RECLAIM = timedelta(minutes=30)
_OVER = ("Server.CapacityBlockEnded", "the Capacity Block ends")
"""AWS does not document how the end of a block is told: this one is the rehearsal's own."""
_FULL = (
    "The requested reservation does not have sufficient compatible and available capacity for this request."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One reservation."""

    id: str
    region: str
    zone: str
    instance_type: str
    platform: str
    total: int
    is_block: bool
    starts_at: datetime
    ends_at: datetime | None
    cancelled: bool = False


class Reservations:
    """All reservations of an account.

    Args:
        states: the instances, which use them up.
        now: the account's time.
    """

    def __init__(self, states: InstanceStates, now: Callable[[], datetime]) -> None:
        self._lives = states
        self._now = now
        self._kept: dict[str, Kept] = {}
        self._of_instance: dict[str, str] = {}

    def answer(self, request: ApiRequest) -> Reply | None:
        """What an action about them is answered; None for any other action.

        Raises:
            Refused: EC2 would.
        """
        acts: Mapping[str, Callable[[ApiRequest], Reply]] = {
            "CancelCapacityReservation": self._cancel,
            "CreateCapacityReservation": self._create,
            "DescribeCapacityBlockOfferings": self._offerings,
            "DescribeCapacityReservations": self._describe,
            "PurchaseCapacityBlock": self._purchase,
        }
        return acts[request.action](request) if request.action in acts else None

    def check(self, region: str, parameters: Mapping[str, str], count: int) -> bool:
        """Whether a launch goes into a reservation, and so counts against no quota. Raises Refused where it has no room for it."""
        target, market = parameters.get(TARGET, ""), parameters.get(_MARKET, "")
        if not target:
            if market == _BLOCK:
                raise Refused("MissingParameter", f"{_BLOCK} needs the id of a Capacity Reservation")
            return False
        kept = self._known(region, target)
        if kept.is_block is not (market == _BLOCK):
            raise Refused("InvalidParameterValue", f"{target} does not fit the market type '{market}'")
        compatible = (kept.instance_type, kept.zone, kept.platform) == (
            parameters.get("InstanceType"),
            parameters.get("Placement.AvailabilityZone"),
            "Linux/UNIX",
        )
        closing = kept.is_block and kept.ends_at is not None and self._now() >= kept.ends_at - _RECLAIM
        if not compatible or self._state(kept) != "active" or closing or self._available(kept) < count:
            raise Refused("ReservationCapacityExceeded", _FULL)
        return True

    def launched(self, parameters: Mapping[str, str], held: Held) -> None:
        """Instances were made: those that named a reservation are in it."""
        for instance in held.instances if parameters.get(TARGET) else ():
            kept = self._kept[parameters[TARGET]]
            self._of_instance[instance.id] = kept.id
            if kept.is_block and kept.ends_at:
                instance.lifecycle = _BLOCK  # moto takes every market for spot
                left = (kept.ends_at - _RECLAIM - self._now()).total_seconds()
                self._lives.schedule(
                    left,
                    self._lives.by_id[instance.id],
                    lambda tracked: self._lives.terminate(tracked, _OVER),
                )

    def shown(self, reply: Reply) -> Reply:
        """DescribeInstances' or RunInstances' answer, with the reservation of each instance that is in one."""
        if not self._of_instance or reply.status != 200:
            return reply
        ET.register_namespace("", EC2_NAMESPACE)
        answer = ET.fromstring(reply.body)  # noqa: S314  moto's own
        for item in answer.iter(f"{_XMLNS}item"):
            target = self._of_instance.get(item.findtext(f"{_XMLNS}instanceId", ""))
            if target and item.find(f"{_XMLNS}imageId") is not None:
                ET.SubElement(item, f"{_XMLNS}capacityReservationId").text = target
        return Reply(status=200, body=ET.tostring(answer))

    def _create(self, request: ApiRequest) -> Reply:
        given = request.parameters
        kept = self._keep(
            Kept(
                id=f"cr-{token_hex(9)[:17]}",
                region=request.region,
                zone=given.get("AvailabilityZone", ""),
                instance_type=given.get("InstanceType", ""),
                platform=given.get("InstancePlatform", ""),
                total=int(given.get("InstanceCount", "1")),
                is_block=False,
                starts_at=self._now(),
                ends_at=_time(given.get("EndDate", "")),
            )
        )
        return ec2(request.action, f"<capacityReservation>{self._xml(kept)}</capacityReservation>")

    def _offerings(self, request: ApiRequest) -> Reply:
        given = request.parameters
        kind, hours = given.get("InstanceType", ""), int(given.get("CapacityDurationHours", "24"))
        begins = _time(given.get("StartDateRange", "")) or self._now()
        offered = INSTANCE_TYPE_OFFERINGS["availability-zone"].get(request.region, [])
        zones = sorted(each["Location"] for each in offered if each["InstanceType"] == kind)
        parts = (kind, given.get("InstanceCount", "1"), str(hours), f"{begins:%Y%m%d%H%M}", *zones[:1])
        item = element("capacityBlockOfferingId", "/".join(("cb", *parts))) + element("instanceType", kind)
        return ec2(
            request.action,
            f"<capacityBlockOfferingSet>{f'<item>{item}</item>' if zones else ''}</capacityBlockOfferingSet>",
        )

    def _purchase(self, request: ApiRequest) -> Reply:
        parts = request.parameters.get("CapacityBlockOfferingId", "").split("/")
        if len(parts) != 6:
            raise Refused("InvalidParameterValue", "no such Capacity Block offering")
        begins = datetime.strptime(parts[4], "%Y%m%d%H%M").replace(tzinfo=UTC)
        kept = self._keep(
            Kept(
                id=f"cr-{token_hex(9)[:17]}",
                region=request.region,
                zone=parts[5],
                instance_type=parts[1],
                platform=request.parameters.get("InstancePlatform", ""),
                total=int(parts[2]),
                is_block=True,
                starts_at=begins,
                ends_at=begins + timedelta(hours=int(parts[3])),
            )
        )
        return ec2(request.action, f"<capacityReservation>{self._xml(kept)}</capacityReservation>")

    def _describe(self, request: ApiRequest) -> Reply:
        ids = listed(request.parameters, "CapacityReservationId")
        found = [self._known(request.region, each) for each in ids] or [
            each for each in self._kept.values() if each.region == request.region
        ]
        items = "".join(f"<item>{self._xml(each)}</item>" for each in found)
        return ec2(request.action, f"<capacityReservationSet>{items}</capacityReservationSet>")

    def _cancel(self, request: ApiRequest) -> Reply:
        kept = self._known(request.region, request.parameters.get("CapacityReservationId", ""))
        self._keep(replace(kept, cancelled=True))
        return ec2(request.action, element("return", "true"))

    def _keep(self, kept: Kept) -> Kept:
        self._kept[kept.id] = kept
        return kept

    def _known(self, region: str, id_: str) -> Kept:
        if not _ID.fullmatch(id_):
            raise Refused("InvalidCapacityReservationId.Malformed", f"The ID '{id_}' is malformed")
        kept = self._kept.get(id_)
        if kept is None or kept.region != region:
            raise Refused(
                "InvalidCapacityReservationId.NotFound", f"The capacity reservation ID '{id_}' does not exist"
            )
        return kept

    def _state(self, kept: Kept) -> str:
        if kept.cancelled:
            return "cancelled"
        if self._now() < kept.starts_at:
            return "scheduled"
        return "expired" if kept.ends_at and self._now() >= kept.ends_at else "active"

    def _available(self, kept: Kept) -> int:
        """It takes a stopped or terminated instance out of the count; one that is on the way there is still in."""
        using = (id_ for id_, target in self._of_instance.items() if target == kept.id)
        gone = {"stopped", "terminated"}
        return kept.total - sum(self._lives.by_id[id_].instance.state not in gone for id_ in using)

    def _xml(self, kept: Kept) -> str:
        ends = element("endDate", _stamp(kept.ends_at)) if kept.ends_at else ""
        state = self._state(kept)
        return ends + "".join(
            element(name, text)
            for name, text in (
                ("capacityReservationId", kept.id),
                ("instanceType", kept.instance_type),
                ("instancePlatform", kept.platform),
                ("availabilityZone", kept.zone),
                ("tenancy", "default"),
                ("totalInstanceCount", str(kept.total)),
                ("availableInstanceCount", str(self._available(kept) if state == "active" else 0)),
                ("state", state),
                ("startDate", _stamp(kept.starts_at)),
                ("endDateType", "limited" if kept.ends_at else "unlimited"),
                ("instanceMatchCriteria", "targeted"),
                ("reservationType", _BLOCK if kept.is_block else "default"),
            )
        )


def _time(text: str) -> datetime | None:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC) if text else None


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.000Z"
