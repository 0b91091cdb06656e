"""What RunInstances is asked for a batch, and what a launch makes, in words. Pure: the same order is the same request."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from orchestrator.models import LaunchRequest, Market, Offer
from orchestrator.providers.aws import tags
from orchestrator.providers.aws.cluster.placement_group import planned_group
from orchestrator.providers.aws.launch.batches import Batch, client_token
from orchestrator.providers.aws.launch.user_data import user_data
from orchestrator.providers.aws.market.images import Image
from orchestrator.providers.aws.network.context import shared_name
from orchestrator.providers.aws.network.dns_records import Naming
from orchestrator.providers.aws.placement import Placement, placement_of
from orchestrator.providers.settings import AwsSettings

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import (
        RunInstancesRequestTypeDef,
        TagSpecificationTypeDef,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchNetwork:
    """What the hosts are launched behind: as `network.prerequisites` made or found it."""

    group_id: str
    key_name: str
    subnet_id: str = ""
    """Empty for the default subnet of the zone."""
    placement_group: str = ""
    """Empty for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchOrder:
    """One batch in one placement."""

    request: LaunchRequest
    batch: Batch
    placement: Placement
    usd_per_hour: float
    image: Image
    network: LaunchNetwork
    settings: AwsSettings
    at: datetime
    """When it is ordered: the deadline counts from here."""
    generation: int = 0
    """How many earlier launches of this batch in this place came to an end."""
    until: datetime | None = None
    """When EC2 takes its hosts back; None where it does not."""

    @property
    def token(self) -> str:
        """The client token."""
        whose = f"{self.request.owner}/{self.request.token}"
        return client_token(whose, self.placement, self.batch.names, self.generation)

    @property
    def hours(self) -> float:
        """After which a host ends itself: what the limits allow, and never longer than EC2 lets it run; 0 for never."""
        hours = self.request.limits.hours_at(self.usd_per_hour)
        if self.until is None:
            return hours
        left = max((self.until - self.at).total_seconds() / 3600, 0.001)
        return min(hours, left) if hours else left


def parameters(order: LaunchOrder) -> "RunInstancesRequestTypeDef":
    """The parameters of RunInstances.

    Raises:
        ProviderError: the user-data is larger than EC2 takes.
    """
    settings, placement, count = order.settings, order.placement, len(order.batch.names)
    hours = order.hours
    asked: RunInstancesRequestTypeDef = {
        "ClientToken": order.token,
        "MinCount": count,
        "MaxCount": count,
        "ImageId": order.image.id,
        "InstanceType": placement.instance_type,  # type: ignore[typeddict-item]  # any that EC2 has by now
        "Placement": {
            "AvailabilityZone": placement.zone,
            **({"GroupName": order.network.placement_group} if order.network.placement_group else {}),
        },
        "KeyName": order.network.key_name,
        "UserData": user_data(order.request, order.batch.identity, hours),
        "InstanceInitiatedShutdownBehavior": order.request.limits.at_end.value,
        "MetadataOptions": {
            "HttpEndpoint": "enabled",
            "HttpTokens": "required",
            "HttpPutResponseHopLimit": 1,
            "HttpProtocolIpv6": "disabled",
            "InstanceMetadataTags": "disabled",
        },
        "BlockDeviceMappings": [
            {
                "DeviceName": order.image.root_device,
                "Ebs": {
                    "VolumeType": "gp3",
                    "VolumeSize": settings.disk_gib,
                    "Encrypted": True,
                    **({"KmsKeyId": settings.kms_key} if settings.kms_key else {}),
                    "DeleteOnTermination": True,
                },
            }
        ],
        "NetworkInterfaces": [
            {
                "DeviceIndex": 0,
                # Always said: whether a default subnet gives addresses by itself is the account's choice.
                "AssociatePublicIpAddress": not settings.private,
                "DeleteOnTermination": True,
                "Groups": [order.network.group_id],
                **({"InterfaceType": "efa"} if settings.efa else {}),
                **({"SubnetId": order.network.subnet_id} if order.network.subnet_id else {}),
            }
        ],
        "TagSpecifications": _tag_specifications(order, hours),
    }
    if placement.market is Market.SPOT:
        asked["InstanceMarketOptions"] = {
            "MarketType": "spot",
            "SpotOptions": {"SpotInstanceType": "one-time", "InstanceInterruptionBehavior": "terminate"},
        }
    if placement.market is Market.CAPACITY_BLOCK:
        asked["InstanceMarketOptions"] = {"MarketType": "capacity-block"}
    if settings.capacity_reservation == "none":
        asked["CapacityReservationSpecification"] = {"CapacityReservationPreference": "none"}
    elif settings.capacity_reservation:
        target = settings.capacity_reservation
        asked["CapacityReservationSpecification"] = {
            "CapacityReservationTarget": {"CapacityReservationId": target}
        }
    if settings.instance_profile:
        profile = settings.instance_profile
        asked["IamInstanceProfile"] = {"Arn": profile} if profile.startswith("arn:") else {"Name": profile}
    return asked


def instance_tags(order: LaunchOrder, hours: float) -> dict[str, str]:
    """Our own tags of everything that the call makes. `config` counts them: what EC2 takes besides is the user's."""
    request, batch = order.request, order.batch
    ends_at = {}
    if hours:
        ends = order.at + timedelta(hours=hours)
        ends_at = {tags.ENDS_AT: ends.isoformat(timespec="seconds")}
    return {
        "Name": batch.label,
        tags.FLEET: request.fleet,
        tags.OWNER: request.owner,
        tags.TOKEN: request.token,
        tags.LAUNCH: order.token,
        tags.BATCH: str(len(batch.names)),
        tags.HOST: batch.first,
        tags.DISTRIBUTION: batch.distribution,
        tags.USER: request.user,
        tags.HOST_KEY: batch.identity.public_key,
        tags.PRICE: str(order.usd_per_hour),
        tags.MARKET: order.placement.market.value,
        **ends_at,
    }


def offers_for(request: LaunchRequest, distribution: str) -> tuple[Offer, ...]:
    """What was agreed to for hosts of a distribution, in the order of trying."""
    return tuple(
        offer
        for offer in request.offers
        if offer.available and offer.key and offer.kind in {"", distribution}
    )


def planned_resources(
    settings: AwsSettings, request: LaunchRequest, missing: Collection[str], *, new: bool
) -> tuple[str, ...]:
    """What a launch would make, a line for each thing that can be counted on the bill or in the console.

    Args:
        settings: what the fleet file says.
        request: with the offers; the first for each host is shown.
        missing: names of the hosts that have to be launched.
        new: whether the fleet has nothing yet.
    """
    hosts = [host for host in request.hosts if host.name in missing]
    firsts = {host.name: next(iter(offers_for(request, host.distribution)), None) for host in hosts}
    placements = {name: placement_of(offer.key) if offer else None for name, offer in firsts.items()}
    region = next((each.region for each in placements.values() if each), settings.regions[0])
    shared: list[str] = []
    if new and hosts:
        name, sources = (
            shared_name(request.owner, request.fleet),
            ", ".join(settings.ssh_from) or "this computer's address alone",
        )
        if settings.vpc == "own" and not settings.subnets:
            shared.append(
                f"VPC {name} in {region}: with a subnet in each zone, an internet gateway and a route table"
            )
        web = f", the web (80, 443) from {', '.join(settings.web_from)}" if settings.web_from else ""
        hosts_talk = ", and its own hosts to each other" if settings.efa or settings.cluster else ""
        shared.append(f"security group {name} in {region}: lets SSH in from {sources}{web}{hosts_talk}")
        shared.append(f"key pair {name} in {region}")
        types = dict.fromkeys(each.instance_type for each in placements.values() if each)
        groups = (planned_group(settings, each, name) for each in types or settings.instance_types[:1])
        shared += dict.fromkeys(each for each in groups if each)
    encrypted = f"encrypted with {settings.kms_key}" if settings.kms_key else "encrypted"
    lines = []
    for name, placement in placements.items():
        what = str(placement) if placement else " or ".join(settings.instance_types)
        within = (
            f", in {settings.capacity_reservation}" if settings.capacity_reservation.startswith("cr-") else ""
        )
        lines.append(
            f"instance {name}: {what}{within}, with a network interface{' (EFA)' if settings.efa else ''}"
        )
        lines.append(f"volume of {name}: {settings.disk_gib} GiB, gp3, {encrypted}")
        if settings.elastic_ip:
            lines.append(f"Elastic IP of {name}")
    naming = Naming(dns_name=settings.dns_name, fleet=request.fleet, owner=request.owner)
    names = naming.names(tuple(host.name for host in request.hosts)) if settings.dns_name else {}
    users = ", ".join(f"{key}={value}" for key, value in settings.tags)
    return (
        *shared,
        *lines,
        *((f"tags on each of these: {users}",) if users and lines else ()),
        *(f"A record {names[name]}, and a TXT record that marks it" for name in placements if names),
    )


def _tag_specifications(order: LaunchOrder, hours: float) -> "list[TagSpecificationTypeDef]":
    """At creation, so that nothing of ours is ever there without a mark."""
    made = tags.with_users(instance_tags(order, hours), order.settings.tags)
    asked: list[TagSpecificationTypeDef] = [
        {"ResourceType": "instance", "Tags": made},
        {"ResourceType": "volume", "Tags": made},
        {"ResourceType": "network-interface", "Tags": made},
    ]
    if order.placement.market is Market.SPOT:
        asked.append({"ResourceType": "spot-instances-request", "Tags": made})
    return asked
