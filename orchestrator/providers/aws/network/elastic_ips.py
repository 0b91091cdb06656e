"""Elastic IPs: one for each host, which stays the same through stop and start. Releases none."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from orchestrator.providers.aws import tags
from orchestrator.providers.aws.clients import aws_errors
from orchestrator.providers.aws.network.context import NetworkContext, call_until_consistent
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


def give_addresses(context: NetworkContext, hosts: Mapping[str, str]) -> dict[str, str]:
    """Give each host an Elastic IP; return them by the host's name. Twice is once.

    Args:
        context: whose hosts they are, and in which region.
        hosts: instance id by the host's name.

    Raises:
        QuotaError: the account may not have that many; five are usual.
        ProviderError: AWS refused.
    """
    with aws_errors(f"a look at the addresses in {context.region}"):
        there = context.ec2.describe_addresses(Filters=context.filters)["Addresses"]
    by_host = {_host(each): each for each in sorted(there, key=lambda each: each.get("AllocationId", ""))}
    kept = {name: by_host[name] if name in by_host else _allocate(context, name) for name in hosts}

    def associate(name: str) -> None:
        if kept[name].get("InstanceId") != hosts[name]:
            _associate(context, kept[name], hosts[name])

    for_each(tuple(hosts), associate)
    return {name: address.get("PublicIp", "") for name, address in kept.items()}


def _host(address: "AddressTypeDef") -> str:
    return {tag.get("Key"): tag.get("Value", "") for tag in address.get("Tags", [])}.get(tags.HOST, "")


def _allocate(context: NetworkContext, host: str) -> "AddressTypeDef":
    context.intend("elastic-ip", host)
    with aws_errors(f"an Elastic IP for {host} in {context.region}"):
        # Once: a lost answer that is asked for again makes a second one.
        made = context.aws.launcher(context.region).allocate_address(
            Domain="vpc", TagSpecifications=context.marks("elastic-ip", {tags.HOST: host})
        )
    return {"AllocationId": made["AllocationId"], "PublicIp": made["PublicIp"]}


def _associate(context: NetworkContext, address: "AddressTypeDef", instance: str) -> None:
    id_ = address.get("AllocationId", "")

    def attempt() -> None:
        with aws_errors(f"to give {address.get('PublicIp', id_)} to {instance} in {context.region}"):
            context.ec2.associate_address(AllocationId=id_, InstanceId=instance, AllowReassociation=True)

    call_until_consistent(f"address {id_}", attempt, *_NOT_READY, timeout_s=_PENDING_S)
