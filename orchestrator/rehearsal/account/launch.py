"""RunInstances as EC2 does it: client tokens, counts, checks that moto leaves out, the default subnet, tags on everything.

Pure where it says so; else it changes moto's records. The caller holds the cloud's lock.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from moto.ec2.models.instance_types import INSTANCE_TYPE_OFFERINGS, INSTANCE_TYPES
from moto.ec2.models.instances import Reservation

from orchestrator.rehearsal.account import spot
from orchestrator.rehearsal.account.addresses import address_here
from orchestrator.rehearsal.account.images import SizedAmi
from orchestrator.rehearsal.account.regions import Region
from orchestrator.rehearsal.api.replies import Refused
from orchestrator.rehearsal.api.request import listed, tags_for

ZONE = "Placement.AvailabilityZone"
_MAX_TOKEN = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Launched:
    """What a client token stands for."""

    digest: str
    """Of the parameters."""
    reservation: str
    """Its id."""
    instance_ids: tuple[str, ...]


class Tokens:
    """Client tokens by region. Kept as long as the account; EC2 keeps them for as long as the instances and a while longer."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Launched] = {}

    def seen(self, region: str, parameters: Mapping[str, str]) -> Launched | None:
        """What this token launched before; None for a new one.

        Raises:
            Refused: it was used with other parameters.
        """
        token = parameters.get("ClientToken", "")
        if len(token) > _MAX_TOKEN:
            raise Refused("InvalidParameterValue", f"ClientToken may have {_MAX_TOKEN} characters at most")
        known = self._known.get((region, token)) if token else None
        if known is not None and known.digest != _digest(parameters):
            raise Refused(
                "IdempotentParameterMismatch",
                "The provided client token was already used with different parameters",
            )
        return known

    def keep(self, region: str, parameters: Mapping[str, str], held: Reservation) -> Launched:
        """Remember what a token launched."""
        launched = Launched(
            digest=_digest(parameters),
            reservation=held.id,
            instance_ids=tuple(each.id for each in held.instances),
        )
        if parameters.get("ClientToken"):
            self._known[region, parameters["ClientToken"]] = launched
        return launched


def with_zone(region: Region, parameters: Mapping[str, str]) -> dict[str, str]:
    """The parameters with the zone that they amount to."""
    subnet = _subnet(parameters)
    zone = parameters.get(ZONE, "")
    if subnet:
        known = (each for zones in region.subnets.values() for each in zones.values())
        zone = next((each.availability_zone for each in known if each.id == subnet), zone)
    if not zone:
        wanted = parameters.get("InstanceType", "")
        zone = next(iter(sorted(_zones_offering(region.region_name, wanted))), f"{region.region_name}a")
    return {**parameters, ZONE: zone}


def check_request(region: Region, parameters: Mapping[str, str]) -> int:
    """How many instances to make.

    Args:
        region: where.
        parameters: `with_zone`.

    Raises:
        Refused: EC2 would refuse, and moto would not.
    """
    count = _count(parameters)
    kind, zone = parameters.get("InstanceType", ""), parameters[ZONE]
    offering = _zones_offering(region.region_name, kind)
    known = {each.name for each in region.describe_availability_zones()}
    if offering and zone in known - offering:  # moto refuses the types and zones that do not exist
        raise Refused(
            "Unsupported",
            f"Your requested instance type ({kind}) is not supported in your requested Availability Zone ({zone}).",
        )
    if not _subnet(parameters):
        if region.get_default_vpc() is None:
            raise Refused("VPCIdNotSpecified", "No default VPC for this user.")
        if zone not in region.get_default_subnets():
            raise Refused("MissingInput", f"No default subnet for availability zone: '{zone}'.")
    ami = region.amis.get(parameters.get("ImageId", ""))
    if ami is not None and kind in INSTANCE_TYPES:
        able = INSTANCE_TYPES[kind].get("ProcessorInfo", {}).get("SupportedArchitectures", [])
        if ami.architecture not in able:
            raise Refused(
                "InvalidParameterValue",
                f"The architecture '{','.join(able)}' of the specified instance type does not match the architecture"
                f" '{ami.architecture}' of the specified AMI.",
            )
    if isinstance(ami, SizedAmi):
        for number, device in enumerate(listed_devices(parameters), start=1):
            size = parameters.get(f"BlockDeviceMapping.{number}.Ebs.VolumeSize")
            if device == ami.root_device_name and size and int(size) < ami.size_gib:
                raise Refused(
                    "InvalidBlockDeviceMapping",
                    f"Volume of size {size}GB is smaller than snapshot '{ami.ebs_snapshot.id}', expect size >= {ami.size_gib}GB",
                )
    return count


def for_moto(region: Region, parameters: Mapping[str, str], count: int) -> dict[str, str]:
    """The request as moto understands it: a subnet, the root disk, the number where moto looks for it."""
    known = {**parameters, "MinCount": str(count), "MaxCount": str(count)}
    subnets = region.get_default_subnets()
    if "SubnetId" not in known and "NetworkInterface.1.SubnetId" not in known and known[ZONE] in subnets:
        inside = any(key.startswith("NetworkInterface.1.") for key in known)
        known["NetworkInterface.1.SubnetId" if inside else "SubnetId"] = subnets[known[ZONE]].id
    ami = region.amis.get(known.get("ImageId", ""))
    devices = listed_devices(known)
    if ami is not None and ami.root_device_name not in devices:
        prefix = f"BlockDeviceMapping.{len(devices) + 1}"
        size = ami.size_gib if isinstance(ami, SizedAmi) else 8
        known[f"{prefix}.DeviceName"] = str(ami.root_device_name)
        known |= {f"{prefix}.Ebs.VolumeSize": str(size), f"{prefix}.Ebs.VolumeType": "gp2"}
        devices = (*devices, str(ami.root_device_name))
    for number, device in enumerate(devices, start=1):
        if ami is not None and device == ami.root_device_name:
            known.setdefault(f"BlockDeviceMapping.{number}.Ebs.DeleteOnTermination", "true")
            if isinstance(ami, SizedAmi):
                known.setdefault(f"BlockDeviceMapping.{number}.Ebs.VolumeSize", str(ami.size_gib))
    return known


def complete_instances(region: Region, held: Reservation, parameters: Mapping[str, str]) -> None:
    """What moto leaves undone: interfaces that go with their instance, their tags, addresses here, the spot request."""
    on_interfaces = tags_for(parameters, "network-interface")
    kept = parameters.get("NetworkInterface.1.DeleteOnTermination") == "false"
    for instance in held.instances:
        for nic in instance.nics.values():
            nic.delete_on_termination = not kept
            nic.add_tags(on_interfaces)
        address_here(instance)
        if parameters.get("InstanceMarketOptions.MarketType") == "spot":
            spot.buy(region, instance, tags_for(parameters, "spot-instances-request"))


def listed_devices(parameters: Mapping[str, str]) -> tuple[str, ...]:
    """The names of the disks that are asked for, in their order."""
    renamed = {
        re.sub(r"^BlockDeviceMapping\.(\d+)\.DeviceName$", r"Device.\1", key): value
        for key, value in parameters.items()
    }
    return listed(renamed, "Device")


def _subnet(parameters: Mapping[str, str]) -> str:
    return parameters.get("SubnetId") or parameters.get("NetworkInterface.1.SubnetId", "")


def _count(parameters: Mapping[str, str]) -> int:
    for name in ("MinCount", "MaxCount"):
        if not parameters.get(name, "").isdigit():
            raise Refused("MissingParameter", f"The request must contain the parameter {name}")
    least, most = int(parameters["MinCount"]), int(parameters["MaxCount"])
    if least < 1 or least > most:
        raise Refused(
            "InvalidParameterCombination",
            f"MinCount ({least}) has to be between 1 and MaxCount ({most})",
        )
    return most


def _zones_offering(region: str, kind: str) -> set[str]:
    offered = INSTANCE_TYPE_OFFERINGS["availability-zone"].get(region, [])
    return {each["Location"] for each in offered if each["InstanceType"] == kind}


def _digest(parameters: Mapping[str, str]) -> str:
    """Of everything but the token itself."""
    pairs = sorted((key, value) for key, value in parameters.items() if key != "ClientToken")
    return hashlib.sha256(repr(pairs).encode()).hexdigest()
