"""Elastic IPs: one for each host, which stays the same through stop and start. Releases none."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from orchestrator.providers.aws import tags
from orchestrator.providers.aws.cloud import asked
from orchestrator.providers.aws.network.making import Making, settled
from orchestrator.waiting import for_each

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import AddressTypeDef

_PENDING_S = 120.0
"""An address cannot be given to an instance that is still pending, which takes EC2 up to a minute."""
_NOT_READY = (
    "IncorrectInstanceState",
    "InvalidInstanceID",
    "InvalidInstanceID.NotFound",
    "InvalidAllocationID.NotFound",
)


def give_addresses(maker: Making, hosts: Mapping[str, str]) -> dict[str, str]:
    """Give each host an Elastic IP; return them by the host's name. Twice is once.

    Args:
        maker: whose hosts they are, and in which region.
        hosts: instance id by the host's name.

    Raises:
        QuotaError: the account may not have that many; five are usual.
        ProviderError: AWS refused.
    """
    with asked(f"a look at the addresses in {maker.region}"):
        there = maker.ec2.describe_addresses(Filters=maker.filters)["Addresses"]
    by_host = {_host(each): each for each in sorted(there, key=lambda each: each.get("AllocationId", ""))}
    kept = {name: by_host[name] if name in by_host else _allocate(maker, name) for name in hosts}

    def associate(name: str) -> None:
        if kept[name].get("InstanceId") != hosts[name]:
            _associate(maker, kept[name], hosts[name])

    for_each(tuple(hosts), associate)
    return {name: address.get("PublicIp", "") for name, address in kept.items()}


def _host(address: "AddressTypeDef") -> str:
    return {tag.get("Key"): tag.get("Value", "") for tag in address.get("Tags", [])}.get(tags.HOST, "")


def _allocate(maker: Making, host: str) -> "AddressTypeDef":
    maker.intend("elastic-ip", host)
    with asked(f"an Elastic IP for {host} in {maker.region}"):
        # Once: a lost answer that is asked for again makes a second one.
        made = maker.aws.launcher(maker.region).allocate_address(
            Domain="vpc", TagSpecifications=maker.marks("elastic-ip", {tags.HOST: host})
        )
    return {"AllocationId": made["AllocationId"], "PublicIp": made["PublicIp"]}


def _associate(maker: Making, address: "AddressTypeDef", instance: str) -> None:
    id_ = address.get("AllocationId", "")

    def attempt() -> None:
        with asked(f"to give {address.get('PublicIp', id_)} to {instance} in {maker.region}"):
            maker.ec2.associate_address(AllocationId=id_, InstanceId=instance, AllowReassociation=True)

    settled(f"address {id_}", attempt, *_NOT_READY, timeout_s=_PENDING_S)
