"""The instances of a fleet as EC2 describes them now, found by tags alone. Changes nothing.

What carries another owner's mark, or none, is nobody's business here.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from orchestrator.errors import ProviderError
from orchestrator.models import Connection, Host, HostState, Market
from orchestrator.providers.aws import tags
from orchestrator.providers.aws.clients import Aws, aws_errors
from orchestrator.providers.aws.placement import Placement, place
from orchestrator.providers.aws.regions import in_each

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import InstanceTypeDef

SSH_PORT = 22
_CONSOLE_LINES = 6

_STATES = {
    "pending": HostState.PENDING,
    "running": HostState.RUNNING,
    "stopping": HostState.STOPPED,
    "stopped": HostState.STOPPED,
}
"""EC2's words. With the others (`shutting-down`, `terminated`) the host is not there any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetInstance:
    """One host's instance as EC2 describes it, dead ones included: they are shown for about an hour."""

    host: Host
    """Meaningless in its state where the instance is dead."""
    alive: bool
    owner: str
    launch: str
    """`tags.LAUNCH`."""
    batch: int
    """`tags.BATCH`; 0 when the tag is missing."""
    key: str
    """Of the offer that it was launched from."""
    region: str
    state: str
    """EC2's own word: `stopping` and `stopped` are one to the contract."""
    reason: str
    """EC2's code of why it is in that state, `Server.SpotInstanceTermination`; empty when it does not say."""
    said: str
    """EC2's sentence to that."""
    profile: str = ""
    """ARN of its instance profile; empty for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceQuery:
    """Whose hosts are looked for, and where."""

    regions: tuple[str, ...]
    fleet: str
    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceSnapshot:
    """What was seen of a fleet, and when by the monotonic clock."""

    fleet: str
    seen: tuple[FleetInstance, ...]
    at: float
    left_out: Mapping[str, ProviderError]
    """Regions that did not answer."""


def find_instances(aws: Aws, wanted: InstanceQuery, *, private: bool) -> tuple[FleetInstance, ...]:
    """Every instance that is tagged as a host of an owner's fleet, in all of the regions at the same time, the oldest first.

    Args:
        aws: the account.
        wanted: whose, and where to look.
        private: whether hosts are reached by their private addresses.

    Raises:
        ProviderError: AWS refused.
    """
    return search_instances(aws, wanted, private=private)[0]


def search_instances(
    aws: Aws, wanted: InstanceQuery, *, private: bool
) -> tuple[tuple[FleetInstance, ...], Mapping[str, ProviderError]]:
    """As `find_instances`, and the regions that were left out, with their reasons."""

    def within(region: str) -> tuple[FleetInstance, ...]:
        found = describe_instances(aws, region, {tags.FLEET: wanted.fleet, tags.OWNER: wanted.owner})
        return tuple(
            seen for each in found if (seen := parse_instance(each, region, private=private)) is not None
        )

    answers = in_each(aws, wanted.regions, within)
    return tuple(sorted((seen for found in answers.all for seen in found), key=_age)), answers.left_out


def describe_instances(aws: Aws, region: str, tagged_with: dict[str, str]) -> "tuple[InstanceTypeDef, ...]":
    """Every instance with all of those tags in a region, whoever's and in whatever state. Raises ProviderError."""
    with aws_errors(f"a look at the hosts in {region}"):
        pages = (
            aws.ec2(region)
            .get_paginator("describe_instances")
            .paginate(
                Filters=[{"Name": f"tag:{key}", "Values": [value]} for key, value in tagged_with.items()]
            )
        )
        return tuple(
            instance
            for page in pages
            for reservation in page["Reservations"]
            for instance in reservation.get("Instances", [])
        )


def tags_of(instance: "InstanceTypeDef") -> dict[str, str]:
    """The instance's tags."""
    return {tag.get("Key", ""): tag.get("Value", "") for tag in instance.get("Tags", [])}


def parse_instance(instance: "InstanceTypeDef", region: str, *, private: bool) -> FleetInstance | None:
    """What an instance is to a fleet; None for one that is tagged as a fleet's and as no host of it."""
    marks = tags_of(instance)
    if tags.HOST not in marks:
        return None
    host = host_of(instance, private=private)
    reason = instance.get("StateReason", {})
    state = str(instance.get("State", {}).get("Name", ""))
    where = Placement(
        region=region,
        zone=_zone(instance),
        instance_type=host.instance_type,
        market=market_of(instance),
    )
    return FleetInstance(
        host=host,
        alive=state in _STATES,
        owner=marks.get(tags.OWNER, ""),
        launch=marks.get(tags.LAUNCH, ""),
        batch=int(marks.get(tags.BATCH, "0")),
        key=where.key,
        region=region,
        state=state,
        reason=reason.get("Code", ""),
        said=reason.get("Message", ""),
        profile=instance.get("IamInstanceProfile", {}).get("Arn", ""),
    )


def host_of(instance: "InstanceTypeDef", *, private: bool) -> Host:
    """The host that an instance of ours is."""
    marks = tags_of(instance)
    state = state_of(instance)
    address = instance.get("PrivateIpAddress", "") if private else instance.get("PublicIpAddress", "")
    launched, ends_at = instance.get("LaunchTime"), marks.get(tags.ENDS_AT, "")
    return Host(
        name=tags.host_name(marks[tags.HOST], instance.get("AmiLaunchIndex", 0)),
        fleet=marks.get(tags.FLEET, ""),
        provider_id=instance.get("InstanceId", ""),
        distribution=marks.get(tags.DISTRIBUTION, ""),
        state=state,
        connection=Connection.SSH,
        # A stopped host keeps its private address, and nobody answers there; a public one is not settled before it runs.
        address=(address or "") if state is HostState.RUNNING else "",
        port=SSH_PORT,
        user=marks.get(tags.USER, ""),
        host_key=marks.get(tags.HOST_KEY, ""),
        instance_type=str(instance.get("InstanceType", "")),
        place=place(_zone(instance), market_of(instance)),
        market=market_of(instance),
        price_usd_per_hour=float(marks.get(tags.PRICE, "0")),
        started_at=launched.astimezone(UTC) if launched else None,
        ends_at=datetime.fromisoformat(ends_at) if ends_at else None,
        private_address=instance.get("PrivateIpAddress", ""),
    )


def state_of(instance: "InstanceTypeDef") -> HostState:
    """EC2's state in the contract's words. Without its key on record nobody can tell a host from an impostor."""
    if not tags_of(instance).get(tags.HOST_KEY):
        return HostState.BROKEN
    return _STATES.get(str(instance.get("State", {}).get("Name", "")), HostState.BROKEN)


def own_instances(instances: Iterable[FleetInstance], owner: str) -> dict[str, FleetInstance]:
    """The hosts that are there and ours, by name. Of two with one name the older is it: the other is somebody's copy."""
    found: dict[str, FleetInstance] = {}
    for seen in sorted(instances, key=_age):
        if seen.alive and seen.owner == owner:
            found.setdefault(seen.host.name, seen)
    return dict(sorted(found.items()))


def console_output(aws: Aws, seen: FleetInstance) -> str:
    """The end of what the host wrote on its console, in a line; empty when EC2 does not have it.

    Types of the Nitro system show it as it is now, the older ones some minutes late.
    """
    for latest in (True, False):
        with suppress(ProviderError), aws_errors(f"the console of {seen.host.name}"):
            answer = aws.ec2(seen.region).get_console_output(InstanceId=seen.host.provider_id, Latest=latest)
            lines = [line.strip() for line in answer.get("Output", "").splitlines() if line.strip()]
            return " / ".join(lines[-_CONSOLE_LINES:])
    return ""


def _age(seen: FleetInstance) -> tuple[str, str]:
    started = seen.host.started_at
    return (started.isoformat() if started else "", seen.host.provider_id)


def _zone(instance: "InstanceTypeDef") -> str:
    return instance.get("Placement", {}).get("AvailabilityZone", "")


def market_of(instance: "InstanceTypeDef") -> Market:
    """How it is paid for, by EC2's word for that."""
    known = {"spot": Market.SPOT, "capacity-block": Market.CAPACITY_BLOCK}
    return known.get(str(instance.get("InstanceLifecycle", "")), Market.ON_DEMAND)
