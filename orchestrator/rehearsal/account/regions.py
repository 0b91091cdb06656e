"""moto's EC2 for one account, with EC2's rules that moto does not keep in its records. Makes no calls and knows no HTTP.

Addresses: each zone's default subnet is a /20 of one network, disjoint between regions, and Elastic IPs come from it too.
"""

from collections.abc import Mapping
from ipaddress import IPv4Network
from itertools import count
from typing import Any
from uuid import uuid4

from moto.core.base_backend import BackendDict
from moto.ec2.exceptions import DependencyViolationError
from moto.ec2.models import EC2Backend, ec2_backends
from moto.ec2.models.amis import Ami
from moto.ec2.models.availability_zones_and_regions import Region as MotoRegion
from moto.ec2.models.elastic_ip_addresses import ElasticAddress
from moto.ec2.models.instances import Instance
from moto.ec2.models.subnets import Subnet
from moto.ec2.models.vpcs import VPC
from moto.ec2.utils import EC2_PREFIX_TO_RESOURCE, get_prefix

from orchestrator.rehearsal.account import images
from orchestrator.rehearsal.faults import Kind

FIRST_BLOCK = {"us-east-1": 0, "us-west-2": 6, "eu-central-1": 10, "eu-west-1": 13}
"""The first /20 of each region's zones. Other regions have moto's own addresses, and no containers."""

_ELASTIC_FROM = 15 * 256
"""Elastic IPs come from the end of the region's first /20."""

_DEAD = "terminated"
_WORLD = "0.0.0.0/0"


class Region(EC2Backend):
    """One region of one account."""

    network: IPv4Network
    """Set by `Account` on the class that it makes for itself."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self._elastic = count(1)
        self._own_gateway = self._connect_default_vpc()
        self._networks: frozenset[Kind] = frozenset()
        self._set_aside: dict[str, dict[str, Subnet]] = {}
        images.publish(self)

    def describe_regions(self, region_names: list[str] | None = None) -> list[MotoRegion]:
        """Those that have containers are enabled, and this one: moto makes each for good when it is first looked into, in seconds."""
        found = super().describe_regions(region_names)
        return [each for each in found if each.name in {*FIRST_BLOCK, self.region_name}]

    def create_default_vpc(self) -> VPC:
        """The default VPC in our network rather than in 172.31.0.0/16, from which Docker takes its own."""
        if self.region_name not in FIRST_BLOCK:
            return super().create_default_vpc()
        vpc = self.create_vpc(cidr_block=str(self.network), is_default=True)
        blocks = list(self.network.subnets(new_prefix=20))[FIRST_BLOCK[self.region_name] :]
        for zone, block in zip(self.describe_availability_zones(), blocks, strict=False):
            self.create_subnet(vpc_id=vpc.id, cidr_block=str(block), availability_zone=zone.name)
        return vpc

    def have_networks(self, networks: frozenset[Kind]) -> None:
        """Have the default network as faults want it, and as it was where none is on.

        Args:
            networks: of `faults.NETWORKS`.
        """
        if networks == self._networks:
            return
        self._networks = networks
        for zone, subnets in self._set_aside.items():
            self.subnets[zone] |= subnets
        self._set_aside = {}
        for vpc in self.vpcs.values():
            if vpc.id == self._default_vpc:
                vpc.is_default = Kind.NO_DEFAULT_VPC not in networks
        ours = self.get_default_subnets()
        for subnet in ours.values():
            subnet.map_public_ip_on_launch = Kind.NO_PUBLIC_ADDRESSES not in networks
        gone = () if not networks & {Kind.NO_DEFAULT_SUBNET, Kind.NO_DEFAULT_VPC} else sorted(ours)
        for zone in gone if Kind.NO_DEFAULT_VPC in networks else gone[:1]:
            self._set_aside[zone] = {ours[zone].id: self.subnets[zone].pop(ours[zone].id)}
        table = self._default_table()
        if Kind.NO_ROUTE in networks:
            self.delete_route(table, _WORLD)
        elif not any(each.destination_cidr_block == _WORLD for each in self.route_tables[table].routes):
            self.create_route(table, _WORLD, gateway_id=self._own_gateway)

    def _connect_default_vpc(self) -> str:
        """Give the default VPC the internet gateway and the route that EC2's has; return the gateway's id."""
        vpc = self.get_default_vpc()
        if vpc is None:
            raise LookupError(f"moto made no default VPC in {self.region_name}")
        self._default_vpc = vpc.id
        gateway = self.create_internet_gateway().id
        self.attach_internet_gateway(gateway, vpc.id)
        self.create_route(self._default_table(), _WORLD, gateway_id=gateway)
        return str(gateway)

    def _default_table(self) -> str:
        return next(
            str(each.id)
            for each in self.route_tables.values()
            if each.vpc_id == self._default_vpc and each.main_association_id is not None
        )

    def allocate_address(
        self, domain: str, address: str | None = None, tags: dict[str, str] | None = None
    ) -> ElasticAddress:
        """An address of our network, so that a container can have it."""
        if address is None and self.region_name in FIRST_BLOCK:
            block = list(self.network.subnets(new_prefix=20))[FIRST_BLOCK[self.region_name]]
            address = str(block[_ELASTIC_FROM + next(self._elastic)])
        return super().allocate_address(domain, address, tags)

    def _create_default_encryption_key(self) -> str:
        """The key of disks for which none is named. Nobody asks for it, and moto's would be one of RSA, slow to make."""
        self.default_kms_key_id = f"arn:aws:kms:{self.region_name}:{self.account_id}:key/{uuid4()}"
        return self.default_kms_key_id

    def describe_tags(self, filters: dict[str, list[str]] | None = None) -> list[dict[str, str]]:
        """As moto's. It looks at every tag of the region for every resource that it shows: minutes for 200 instances."""
        if filters is None or set(filters) != {"resource-id"}:
            return super().describe_tags(filters)
        ids = filters["resource-id"]
        if any("*" in each or "?" in each for each in ids):
            return super().describe_tags(filters)
        return [
            {
                "resource_id": each,
                "key": key,
                "value": value,
                "resource_type": EC2_PREFIX_TO_RESOURCE.get(get_prefix(each), ""),
            }
            for each in ids
            if each in self.tags
            for key, value in self.tags[each].items()
        ]

    def delete_security_group(self, name: str | None = None, group_id: str | None = None) -> None:
        """Refused while an instance or interface uses the group: moto lets go of it."""
        group = self.get_security_group_by_name_or_id(group_id or name or "")
        if group is not None:
            used = any(group in each.group_set for each in self.enis.values())
            if used or any(group in each.security_groups for each in self.living()):
                raise DependencyViolationError(f"resource {group.id} has a dependent object")
        super().delete_security_group(name, group_id)

    def create_image(
        self, instance_id: str, name: str, description: str, tag_specifications: list[dict[str, Any]]
    ) -> Ami:
        """As moto's, of the instance's own disk, and with the snapshot's tags, which moto refuses."""
        ofimage = [each for each in tag_specifications if each["ResourceType"] != "snapshot"]
        tags = {
            tag["Key"]: tag["Value"]
            for each in tag_specifications
            if each["ResourceType"] == "snapshot"
            for tag in each["Tags"]
        }
        source = self.get_instance(instance_id)
        disks = dict(source.get_block_device_mapping)
        ami = super().create_image(instance_id, name, description, ofimage)
        root = disks.get(source.root_device_name)
        images.complete_image(self, ami.id, root.size if root else 8, tags)
        return ami

    def resource_ids(self) -> tuple[str, ...]:
        """Ids of what was made here and is still there; what a new account has does not count."""
        own = [each for each in self.amis.values() if each.owner_id == self.account_id]
        kept = {each.ebs_snapshot.id for each in self.amis.values()}
        volumes = {volume for each in self.living() for volume in _volumes(each)}
        return (
            *(each.id for each in self.living()),
            *(each for each in self.volumes if each not in volumes),
            *(each for each in self.snapshots if each not in kept),
            *(each.id for each in own),
            *(each.id for each in self.key_pairs.values()),
            *(each.id for held in self.groups.values() for each in held.values() if each.name != "default"),
            *(str(each.allocation_id) for each in self.addresses),
            *(each.id for each in self.vpcs.values() if each.id != self._default_vpc),
            *(each.id for each in self.internet_gateways.values() if each.id != self._own_gateway),
        )

    def living(self) -> list[Instance]:
        """Every instance that is not terminated."""
        return [each for held in self.reservations.values() for each in held.instances if each.state != _DEAD]


def _volumes(instance: Instance) -> tuple[str, ...]:
    return tuple(device.volume_id for _, device in instance.get_block_device_mapping)


class Account:
    """An empty account of moto's, apart from every other one.

    Args:
        number: twelve digits.
        network: a /16.
    """

    def __init__(self, number: str, network: IPv4Network) -> None:
        self.number = number
        self.network = network
        self.networks: frozenset[Kind] = frozenset()
        """How the default network of each region is: of `faults.NETWORKS`."""
        self.placement_groups: dict[tuple[str, str], str] = {}
        """The ids of placement groups by region and name."""
        self._regions = ec2_backends[number]
        self._regions.backend = type("Region", (Region,), {"network": network})

    def region(self, name: str) -> Region:
        """One region; KeyError for one that moto does not know."""
        found = self._regions[name]
        if not isinstance(found, Region):
            raise TypeError(f"{name} was made before the account")
        found.have_networks(self.networks)
        return found

    def regions(self) -> Mapping[str, Region]:
        """Those that were looked into so far, by name."""
        return {name: self.region(name) for name in tuple(self._regions)}

    def close(self) -> None:
        """Forget it in every service."""
        for service in list(vars(BackendDict)["_instances"]):  # moto has no other way to drop one account
            dict.pop(service, self.number, None)
