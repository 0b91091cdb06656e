"""What EC2 says of every instance of a fleet, ended ones included: it shows those for about an hour. Changes nothing.

The date of an end stands in different places: of a call of the API in StateTransitionReason, of a spot host in its request, and of
a host that shut itself down in its console alone, which EC2 posts once more then.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from orchestrator.errors import ProviderError
from orchestrator.models import Extra, InstanceStatus, Market
from orchestrator.providers.aws import tags
from orchestrator.providers.aws.billing.extras import address, disk
from orchestrator.providers.aws.clients import Aws, aws_errors
from orchestrator.providers.aws.fleet_instances import market_of, tags_of
from orchestrator.providers.aws.regions import in_each, refuse_skipped_regions
from orchestrator.providers.settings import AwsSettings

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import FilterTypeDef, InstanceTypeDef, VolumeTypeDef

_WHEN = re.compile(r"\((\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (?:GMT|UTC)\)")
_RUNNING = frozenset({"pending", "running"})
_ENDED = frozenset({"shutting-down", "terminated"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scope:
    aws: Aws
    settings: AwsSettings
    region: str
    filters: "list[FilterTypeDef]"


def instance_statuses(aws: Aws, settings: AwsSettings, fleet: str, owner: str) -> tuple[InstanceStatus, ...]:
    """Every instance of the fleet in the regions of the settings, the oldest first.

    Two calls for each region, and one for each instance that ended without a date.

    Raises:
        ProviderError: AWS refused, in every region or in one that the fleet has been in.
    """
    filters: list[FilterTypeDef] = [
        {"Name": f"tag:{tags.FLEET}", "Values": [fleet]},
        {"Name": f"tag:{tags.OWNER}", "Values": [owner]},
    ]

    def within(region: str) -> tuple[InstanceStatus, ...]:
        return _within(_Scope(aws=aws, settings=settings, region=region, filters=filters))

    answers = in_each(aws, settings.regions, within)
    # Silence would be taken for the end of what is there.
    refuse_skipped_regions(settings, fleet, answers.left_out)
    found = (each for in_region in answers.all for each in in_region)
    return tuple(sorted(found, key=lambda each: (str(each.started_at), each.host)))


def _within(scope: _Scope) -> tuple[InstanceStatus, ...]:
    at, instances = _described(scope)
    disks = _disks(scope) if any(_state(each) not in _ENDED for each in instances) else {}
    found = [
        _status(each, at, _extras(scope, each, disks.get(each.get("InstanceId", ""), [])))
        for each in instances
        if tags.HOST in tags_of(each)
    ]
    undated = [each for each in found if each.state not in _RUNNING and each.run_ended_at is None]
    spot = _spot_ends(scope) if any(each.market is Market.SPOT for each in undated) else {}
    return tuple(_dated(scope, each, spot) if each in undated else each for each in found)


def _described(scope: _Scope) -> "tuple[datetime, list[InstanceTypeDef]]":
    """EC2's own time, and the instances."""
    at = datetime.now(UTC)
    found: list[InstanceTypeDef] = []
    with aws_errors(f"a look at the instances in {scope.region}"):
        pages = scope.aws.ec2(scope.region).get_paginator("describe_instances")
        for page in pages.paginate(Filters=scope.filters):
            headers = page["ResponseMetadata"].get("HTTPHeaders", {})
            with suppress(TypeError, ValueError):
                at = parsedate_to_datetime(headers.get("date", "")).astimezone(UTC)
            found += [each for held in page["Reservations"] for each in held.get("Instances", [])]
    return at, found


def _disks(scope: _Scope) -> "dict[str, list[VolumeTypeDef]]":
    """The fleet's volumes by the instance that they are attached to."""
    by_instance: dict[str, list[VolumeTypeDef]] = {}
    with aws_errors(f"a look at volumes in {scope.region}"):
        pages = scope.aws.ec2(scope.region).get_paginator("describe_volumes")
        for page in pages.paginate(Filters=scope.filters):
            for volume in page["Volumes"]:
                for attachment in volume.get("Attachments", []):
                    by_instance.setdefault(attachment.get("InstanceId", ""), []).append(volume)
    return by_instance


def _status(instance: "InstanceTypeDef", at: datetime, extras: tuple[Extra, ...]) -> InstanceStatus:
    marks, reason = tags_of(instance), instance.get("StateReason", {})
    state, launched = _state(instance), instance.get("LaunchTime")
    moved = _WHEN.search(instance.get("StateTransitionReason", "") or "")
    ended_at = (
        datetime.fromisoformat(moved[1]).replace(tzinfo=UTC) if moved and state not in _RUNNING else None
    )
    return InstanceStatus(
        at=at,
        id=instance.get("InstanceId", ""),
        host=tags.host_name(marks[tags.HOST], instance.get("AmiLaunchIndex", 0)),
        token=marks.get(tags.TOKEN, ""),
        instance_type=str(instance.get("InstanceType", "")),
        zone=instance.get("Placement", {}).get("AvailabilityZone", ""),
        market=market_of(instance),
        usd_per_hour=0.0 if market_of(instance) is Market.CAPACITY_BLOCK else _price(marks),
        state=state,
        started_at=launched.astimezone(UTC) if launched else None,
        created_at=_created_at(instance),
        run_ended_at=ended_at,
        reason="" if state in _RUNNING else reason.get("Code", ""),
        message="" if state in _RUNNING else reason.get("Message", ""),
        ends_at=datetime.fromisoformat(marks[tags.ENDS_AT]) if marks.get(tags.ENDS_AT) else None,
        capacity_reservation=instance.get("CapacityReservationId", ""),
        extras=extras,
    )


def _extras(scope: _Scope, instance: "InstanceTypeDef", volumes: "list[VolumeTypeDef]") -> tuple[Extra, ...]:
    if _state(instance) in _ENDED:
        return ()
    disks = [
        disk(
            scope.region,
            each.get("Size", 0),
            iops=each.get("Iops", 0) or 0,
            mibps=each.get("Throughput", 0) or 0,
        )
        for each in volumes
    ]
    # One that is stopped has no other address than an Elastic IP.
    elastic = scope.settings.elastic_ip or _state(instance) not in _RUNNING
    return (*disks, *((address(elastic=elastic),) if instance.get("PublicIpAddress") else ()))


def _created_at(instance: "InstanceTypeDef") -> datetime | None:
    """EC2 changes LaunchTime at each start; disk and interface have been attached since the first."""
    attached = [each.get("Ebs", {}).get("AttachTime") for each in instance.get("BlockDeviceMappings", [])]
    attached += [
        each.get("Attachment", {}).get("AttachTime") for each in instance.get("NetworkInterfaces", [])
    ]
    return min(
        (each.astimezone(UTC) for each in (*attached, instance.get("LaunchTime")) if each), default=None
    )


def _price(marks: Mapping[str, str]) -> float | None:
    try:
        return float(marks.get(tags.PRICE, "")) or None
    except ValueError:
        return None


def _state(instance: "InstanceTypeDef") -> str:
    return str(instance.get("State", {}).get("Name", ""))


def _spot_ends(scope: _Scope) -> dict[str, datetime]:
    """When spot hosts were ended, by their instances; what EC2 has forgotten is not in it."""
    with suppress(ProviderError), aws_errors(f"a look at spot requests in {scope.region}"):
        pages = scope.aws.ec2(scope.region).get_paginator("describe_spot_instance_requests")
        return {
            request.get("InstanceId", ""): request["Status"]["UpdateTime"].astimezone(UTC)
            for page in pages.paginate(Filters=scope.filters)
            for request in page["SpotInstanceRequests"]
            if "UpdateTime" in request.get("Status", {})
            and request["Status"].get("Code", "").startswith("instance-terminated")
        }
    return {}


def _dated(scope: _Scope, status: InstanceStatus, spot: Mapping[str, datetime]) -> InstanceStatus:
    """The same with the date of its end, where EC2 has one somewhere."""
    # The request of a spot host that shut itself down follows a minute later: its console knows better.
    if status.id in spot and status.reason.startswith("Server."):
        return replace(status, run_ended_at=spot[status.id])
    if status.reason == "Client.InstanceInitiatedShutdown":
        with suppress(ProviderError), aws_errors(f"the console of {status.host}"):
            posted = scope.aws.ec2(scope.region).get_console_output(InstanceId=status.id).get("Timestamp")
            if posted is not None and (status.started_at or posted) < posted <= status.at:
                return replace(status, run_ended_at=posted.astimezone(UTC), dated_by_console=True)
    if status.id in spot:
        return replace(status, run_ended_at=spot[status.id])
    return status
