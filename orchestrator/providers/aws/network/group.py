"""The security group of a fleet: tcp 22 from the addresses that were asked for, and nothing else of ours.

Rules for other ports, which somebody added by hand, are left alone. Never opens anything to the world.
"""

from typing import TYPE_CHECKING

from orchestrator.errors import ProviderError, UsageError
from orchestrator.providers.aws.cloud import Aws, asked
from orchestrator.providers.aws.network.caller import allowed
from orchestrator.providers.aws.network.making import Making, own, settled
from orchestrator.providers.aws.refusals import code_of
from orchestrator.providers.settings import AwsSettings
from orchestrator.waiting import NotYet, for_each

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import (
        CreateSecurityGroupRequestTypeDef,
        DescribeSecurityGroupsRequestTypeDef,
        IpPermissionOutputTypeDef,
        IpPermissionUnionTypeDef,
        SecurityGroupTypeDef,
    )

SSH = 22
_DESCRIPTION = "SSH to the hosts of fleet {}, from where orchestrate was run"


def ensure_group(making: Making, vpc_id: str, cidrs: tuple[str, ...]) -> str:
    """The id of the fleet's group in a VPC (empty: the default one), open for exactly these ranges.

    Raises:
        ProviderError: a group that is not ours has the name, or AWS refused.
    """
    making.intend("security-group", making.name)
    wanted: CreateSecurityGroupRequestTypeDef = {
        "GroupName": making.name,
        "Description": _DESCRIPTION.format(making.fleet),
        "TagSpecifications": making.marks("security-group"),
    }
    if vpc_id:
        wanted["VpcId"] = vpc_id
    try:
        with asked(f"the security group {making.name} in {making.region}"):
            answer = making.ec2.create_security_group(**wanted)
    except ProviderError as error:
        if code_of(error) != "InvalidGroup.Duplicate":
            raise
        group = _found(making, vpc_id)
        settle(making.aws, making.region, group, cidrs)
        return group["GroupId"]
    _authorize(making.aws, making.region, answer["GroupId"], cidrs)
    return answer["GroupId"]


def settle(aws: Aws, region: str, group: "SecurityGroupTypeDef", cidrs: tuple[str, ...]) -> tuple[str, ...]:
    """Let these ranges in, then shut out every other one that had SSH; return the ranges shut out. Idempotent.

    Raises:
        ProviderError: AWS refused.
    """
    rules = [rule for rule in group.get("IpPermissions", []) if _is_ssh(rule)]
    there = {each.get("CidrIp", "") for rule in rules for each in rule.get("IpRanges", [])}
    if missing := tuple(each for each in cidrs if each not in there):
        _authorize(aws, region, group["GroupId"], missing)
    stale = tuple(sorted(there - set(cidrs)))
    stale6 = tuple(
        sorted({each.get("CidrIpv6", "") for rule in rules for each in rule.get("Ipv6Ranges", [])})
    )
    if stale or stale6:
        permission: IpPermissionUnionTypeDef = {
            "IpProtocol": "tcp",
            "FromPort": SSH,
            "ToPort": SSH,
            "IpRanges": [{"CidrIp": each} for each in stale],
            "Ipv6Ranges": [{"CidrIpv6": each} for each in stale6],
        }
        with asked(f"to close {group['GroupId']} in {region}"):
            aws.ec2(region).revoke_security_group_ingress(
                GroupId=group["GroupId"], IpPermissions=[permission]
            )
    return stale + stale6


def refresh_access(settings: AwsSettings, fleet: str, owner: str) -> tuple[str, ...]:
    """Let in whoever may log in now, and nobody who might before; return what was done, a line for each group.

    Raises:
        UsageError: the fleet has no group of ours in the regions of the settings.
        ProviderError: the address of this computer cannot be learned, or AWS refused.
    """
    aws = Aws(settings.endpoint_url)
    cidrs = allowed(settings)

    def within(region: str) -> tuple[str, ...]:
        with asked(f"a look at the security groups in {region}"):
            pages = aws.ec2(region).get_paginator("describe_security_groups")
            groups = [
                group
                for page in pages.paginate(Filters=own(fleet, owner))
                for group in page["SecurityGroups"]
            ]
        return tuple(_told(region, group, cidrs, settle(aws, region, group, cidrs)) for group in groups)

    lines = tuple(line for told in for_each(settings.regions, within) for line in told)
    if not lines:
        raise UsageError(
            f"fleet {fleet} has no security group in {', '.join(settings.regions)}",
            "orchestrate status; another region is named under `regions:`",
        )
    return lines


def _told(region: str, group: "SecurityGroupTypeDef", cidrs: tuple[str, ...], stale: tuple[str, ...]) -> str:
    closed = f", closed to {', '.join(stale)}" if stale else ""
    return f"{group['GroupName']} in {region}: SSH is open to {', '.join(cidrs)}{closed}"


def _authorize(aws: Aws, region: str, group_id: str, cidrs: tuple[str, ...]) -> None:
    permission: IpPermissionUnionTypeDef = {
        "IpProtocol": "tcp",
        "FromPort": SSH,
        "ToPort": SSH,
        "IpRanges": [{"CidrIp": each, "Description": "SSH for orchestrate"} for each in cidrs],
    }

    def authorize() -> None:
        try:
            with asked(f"SSH from {', '.join(cidrs)} to {group_id} in {region}"):
                aws.ec2(region).authorize_security_group_ingress(GroupId=group_id, IpPermissions=[permission])
        except ProviderError as error:
            if code_of(error) != "InvalidPermission.Duplicate":
                raise

    settled(f"the security group {group_id}", authorize, "InvalidGroup.NotFound")


def _found(making: Making, vpc_id: str) -> "SecurityGroupTypeDef":
    """The group that has the name. In the default VPC it is known by that alone."""
    where: DescribeSecurityGroupsRequestTypeDef = {"GroupNames": [making.name]}
    if vpc_id:
        filters = {"group-name": making.name, "vpc-id": vpc_id}
        where = {"Filters": [{"Name": name, "Values": [value]} for name, value in filters.items()]}

    def look() -> "SecurityGroupTypeDef | NotYet":
        with asked(f"a look at the security group {making.name} in {making.region}"):
            groups = making.ec2.describe_security_groups(**where)["SecurityGroups"]
        return groups[0] if groups else NotYet("EC2 says that it exists, and does not show it")

    found = settled(f"the security group {making.name}", look, "InvalidGroup.NotFound")
    if not making.owns(found.get("Tags", [])):
        raise making.taken("security group", found.get("GroupId", ""))
    return found


def _is_ssh(rule: "IpPermissionOutputTypeDef") -> bool:
    return rule.get("IpProtocol") == "tcp" and rule.get("FromPort") == rule.get("ToPort") == SSH
