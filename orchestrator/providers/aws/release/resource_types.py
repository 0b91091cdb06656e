"""Every kind of thing that a fleet may have in EC2, and how EC2 is asked for it. Changes nothing, decides nothing."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.models import Resource
from orchestrator.providers.aws import tags

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ec2.type_defs import FilterTypeDef, TagTypeDef

INSTANCE = "instance"
VOLUME = "volume"
INTERFACE = "network-interface"
SPOT_REQUEST = "spot-instances-request"
ADDRESS = "elastic-ip"
GROUP = "security-group"
KEY_PAIR = "key-pair"
GATEWAY = "internet-gateway"
SUBNET = "subnet"
ROUTE_TABLE = "route-table"
VPC = "vpc"
PLACEMENT_GROUP = "placement-group"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggedResource:
    """One thing of a fleet, as EC2 describes it."""

    kind: str
    id: str
    state: str
    marks: Mapping[str, str]
    """Its tags."""
    called: str = ""
    """What it is called beside its id: a key pair's name, an address. Empty for what has only an id."""
    tied_to: tuple[str, ...] = ()
    """VPCs that a gateway is attached to; associations of a route table with subnets."""
    attached: tuple[str, ...] = ()
    """An instance's volumes and interfaces, which go with it."""
    launch_index: int = 0
    spot: bool = False

    @property
    def name(self) -> str:
        """The host's name, or what the thing is called, or its id."""
        if self.kind == INSTANCE and tags.HOST in self.marks:
            return tags.host_name(self.marks[tags.HOST], self.launch_index)
        return self.called or self.id

    @property
    def resource(self) -> Resource:
        """As receipts and listings have it."""
        return Resource(kind=self.kind, id=self.id, name=self.name, state=self.state)


_Look = Callable[["EC2Client", "list[FilterTypeDef]"], list[TaggedResource]]


def _instances(ec2: "EC2Client", wanted: "list[FilterTypeDef]") -> list[TaggedResource]:
    pages = ec2.get_paginator("describe_instances").paginate(Filters=wanted)
    return [
        TaggedResource(
            kind=INSTANCE,
            id=each.get("InstanceId", ""),
            state=str(each.get("State", {}).get("Name", "")),
            marks=_marks(each.get("Tags", [])),
            attached=tuple(
                id_
                for id_ in (
                    *(disk.get("Ebs", {}).get("VolumeId") for disk in each.get("BlockDeviceMappings", [])),
                    *(nic.get("NetworkInterfaceId") for nic in each.get("NetworkInterfaces", [])),
                )
                if id_
            ),
            launch_index=each.get("AmiLaunchIndex", 0),
            spot=each.get("InstanceLifecycle") == "spot",
        )
        for page in pages
        for reservation in page["Reservations"]
        for each in reservation.get("Instances", [])
    ]


def _volumes(ec2: "EC2Client", wanted: "list[FilterTypeDef]") -> list[TaggedResource]:
    pages = ec2.get_paginator("describe_volumes").paginate(Filters=wanted)
    return [
        TaggedResource(
            kind=VOLUME,
            id=each.get("VolumeId", ""),
            state=str(each.get("State", "")),
            marks=_marks(each.get("Tags", [])),
        )
        for page in pages
        for each in page["Volumes"]
    ]


def _interfaces(ec2: "EC2Client", wanted: "list[FilterTypeDef]") -> list[TaggedResource]:
    pages = ec2.get_paginator("describe_network_interfaces").paginate(Filters=wanted)
    return [
        TaggedResource(
            kind=INTERFACE,
            id=each.get("NetworkInterfaceId", ""),
            state=str(each.get("Status", "")),
            marks=_marks(each.get("TagSet", [])),
        )
        for page in pages
        for each in page["NetworkInterfaces"]
    ]


def _spot_requests(ec2: "EC2Client", wanted: "list[FilterTypeDef]") -> list[TaggedResource]:
    pages = ec2.get_paginator("describe_spot_instance_requests").paginate(Filters=wanted)
    return [
        TaggedResource(
            kind=SPOT_REQUEST,
            id=each.get("SpotInstanceRequestId", ""),
            state=str(each.get("State", "")),
            marks=_marks(each.get("Tags", [])),
        )
        for page in pages
        for each in page["SpotInstanceRequests"]
    ]


def _addresses(ec2: "EC2Client", wanted: "list[FilterTypeDef]") -> list[TaggedResource]:
    return [
        TaggedResource(
            kind=ADDRESS,
            id=each.get("AllocationId", ""),
            state="associated" if each.get("AssociationId") else "allocated",
            marks=_marks(each.get("Tags", [])),
            called=each.get("PublicIp", ""),
        )
        for each in ec2.describe_addresses(Filters=wanted)["Addresses"]
    ]


def _groups(ec2: "EC2Client", wanted: "list[FilterTypeDef]") -> list[TaggedResource]:
    pages = ec2.get_paginator("describe_security_groups").paginate(Filters=wanted)
    return [
        _standing(GROUP, each.get("GroupId", ""), each.get("Tags", []), each.get("GroupName", ""))
        for page in pages
        for each in page["SecurityGroups"]
    ]


def _key_pairs(ec2: "EC2Client", wanted: "list[FilterTypeDef]") -> list[TaggedResource]:
    return [
        _standing(KEY_PAIR, each.get("KeyPairId", ""), each.get("Tags", []), each.get("KeyName", ""))
        for each in ec2.describe_key_pairs(Filters=wanted)["KeyPairs"]
    ]


def _placement_groups(ec2: "EC2Client", wanted: "list[FilterTypeDef]") -> list[TaggedResource]:
    return [
        TaggedResource(
            kind=PLACEMENT_GROUP,
            id=each.get("GroupId", ""),
            state=str(each.get("State", "")),
            marks=_marks(each.get("Tags", [])),
            called=each.get("GroupName", ""),
        )
        for each in ec2.describe_placement_groups(Filters=wanted)["PlacementGroups"]
    ]


def _gateways(ec2: "EC2Client", wanted: "list[FilterTypeDef]") -> list[TaggedResource]:
    pages = ec2.get_paginator("describe_internet_gateways").paginate(Filters=wanted)
    return [
        TaggedResource(
            kind=GATEWAY,
            id=each.get("InternetGatewayId", ""),
            state="there",
            marks=_marks(each.get("Tags", [])),
            tied_to=tuple(tie.get("VpcId", "") for tie in each.get("Attachments", [])),
        )
        for page in pages
        for each in page["InternetGateways"]
    ]


def _subnets(ec2: "EC2Client", wanted: "list[FilterTypeDef]") -> list[TaggedResource]:
    pages = ec2.get_paginator("describe_subnets").paginate(Filters=wanted)
    return [
        _standing(SUBNET, each.get("SubnetId", ""), each.get("Tags", []))
        for page in pages
        for each in page["Subnets"]
    ]


def _route_tables(ec2: "EC2Client", wanted: "list[FilterTypeDef]") -> list[TaggedResource]:
    pages = ec2.get_paginator("describe_route_tables").paginate(Filters=wanted)
    return [
        TaggedResource(
            kind=ROUTE_TABLE,
            id=each.get("RouteTableId", ""),
            state="there",
            marks=_marks(each.get("Tags", [])),
            tied_to=tuple(tie.get("RouteTableAssociationId", "") for tie in each.get("Associations", [])),
        )
        for page in pages
        for each in page["RouteTables"]
    ]


def _vpcs(ec2: "EC2Client", wanted: "list[FilterTypeDef]") -> list[TaggedResource]:
    pages = ec2.get_paginator("describe_vpcs").paginate(Filters=wanted)
    return [
        _standing(VPC, each.get("VpcId", ""), each.get("Tags", [])) for page in pages for each in page["Vpcs"]
    ]


def _standing(kind: str, id_: str, marks: "Iterable[TagTypeDef]", called: str = "") -> TaggedResource:
    """What has no states: it is there or not."""
    return TaggedResource(kind=kind, id=id_, state="there", marks=_marks(marks), called=called)


def _marks(found: "Iterable[TagTypeDef]") -> dict[str, str]:
    return {tag.get("Key", ""): tag.get("Value", "") for tag in found}


DESCRIBERS: dict[str, _Look] = {
    INSTANCE: _instances,
    VOLUME: _volumes,
    INTERFACE: _interfaces,
    SPOT_REQUEST: _spot_requests,
    ADDRESS: _addresses,
    GROUP: _groups,
    KEY_PAIR: _key_pairs,
    PLACEMENT_GROUP: _placement_groups,
    GATEWAY: _gateways,
    ROUTE_TABLE: _route_tables,
    SUBNET: _subnets,
    VPC: _vpcs,
}
KINDS = tuple(DESCRIBERS)
"""In the order in which they can be removed."""
