"""The security group of a fleet: tcp 22 from the addresses that were asked for; 80 and 443 where hosts have a web name.

Rules that somebody added by hand for other ports are left alone. Never opens SSH to the world.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from orchestrator.errors import ProviderError, UsageError
from orchestrator.providers.aws.clients import Aws, aws_errors
from orchestrator.providers.aws.error_translation import code_of
from orchestrator.providers.aws.network.caller_address import allowed_cidrs
from orchestrator.providers.aws.network.context import NetworkContext, call_until_consistent, owner_filters
from orchestrator.providers.aws.regions import in_each, refuse_skipped_regions
from orchestrator.providers.base import Say
from orchestrator.providers.settings import AwsSettings
from orchestrator.waiting import NotYet, for_each

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import (
        CreateSecurityGroupRequestTypeDef,
        DescribeSecurityGroupsRequestTypeDef,
        IpPermissionTypeDef,
        IpPermissionUnionTypeDef,
        IpRangeTypeDef,
        Ipv6RangeTypeDef,
        SecurityGroupTypeDef,
    )

SSH = 22
_WEB = (80, 443)
"""HTTP, which the proof of a certificate and a redirect need, and HTTPS."""
_WEB_RULE = "Web for orchestrate"
"""By this description a rule is known to be ours: for the web's ports somebody may have rules of their own."""
_DESCRIPTION = "SSH to the hosts of fleet {}, from where orchestrate was run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A port, and who may reach it."""

    port: int
    cidrs: tuple[str, ...]
    why: str
    """The description of its rules."""


def openings(settings: AwsSettings) -> tuple[Opening, ...]:
    """What is to be open; nobody for a port means that it is shut.

    Raises:
        InputRefusedError: `ssh_from:` cannot be meant.
        ProviderError: the address of this computer cannot be learned.
    """
    web = (Opening(port=port, cidrs=settings.web_from, why=_WEB_RULE) for port in _WEB)
    return (Opening(port=SSH, cidrs=allowed_cidrs(settings), why="SSH for orchestrate"), *web)


def ensure_group(context: NetworkContext, vpc_id: str, wanted_open: tuple[Opening, ...]) -> str:
    """The id of the fleet's group in a VPC (empty: the default one), open for exactly these ranges.

    Raises:
        ProviderError: a group that is not ours has the name, or AWS refused.
    """
    context.intend("security-group", context.name)
    wanted: CreateSecurityGroupRequestTypeDef = {
        "GroupName": context.name,
        "Description": _DESCRIPTION.format(context.fleet),
        "TagSpecifications": context.marks("security-group"),
    }
    if vpc_id:
        wanted["VpcId"] = vpc_id
    try:
        with aws_errors(f"the security group {context.name} in {context.region}"):
            answer = context.ec2.create_security_group(**wanted)
    except ProviderError as error:
        if code_of(error) != "InvalidGroup.Duplicate":
            raise
        group = _found(context, vpc_id)
        settle(context.aws, context.region, group, wanted_open)
        return group["GroupId"]
    _authorize(context.aws, context.region, answer["GroupId"], wanted_open)
    return answer["GroupId"]


def settle(
    aws: Aws, region: str, group: "SecurityGroupTypeDef", wanted_open: tuple[Opening, ...]
) -> tuple[str, ...]:
    """Let these ranges in, then shut out every other one that was let in; return the ranges shut out. Idempotent.

    Raises:
        ProviderError: AWS refused.
    """
    missing, stale = [], []
    for opening in wanted_open:
        there = _there(group, opening)
        missing.append(replace(opening, cidrs=tuple(each for each in opening.cidrs if each not in there)))
        stale.append(replace(opening, cidrs=tuple(sorted(there - set(opening.cidrs)))))
    _authorize(aws, region, group["GroupId"], tuple(missing))
    if permissions := _permissions(tuple(stale), described=False):
        with aws_errors(f"to close {group['GroupId']} in {region}"):
            aws.ec2(region).revoke_security_group_ingress(GroupId=group["GroupId"], IpPermissions=permissions)
    return tuple(dict.fromkeys(cidr for opening in stale for cidr in opening.cidrs))


def refresh_access(
    settings: AwsSettings, fleet: str, owner: str, say: Say = lambda _line: None
) -> tuple[str, ...]:
    """Let in whoever may log in now, and nobody who might before; return what was done, a line for each group.

    Raises:
        UsageError: the fleet has no group of ours in the regions of the settings.
        ProviderError: the address of this computer cannot be learned, or AWS refused.
    """
    aws = Aws(settings.endpoint_url, settings.ask, say)
    wanted_open = openings(settings)
    ssh = wanted_open[0].cidrs

    def groups_in(region: str) -> "list[SecurityGroupTypeDef]":
        with aws_errors(f"a look at the security groups in {region}"):
            pages = aws.ec2(region).get_paginator("describe_security_groups")
            return [
                group
                for page in pages.paginate(Filters=owner_filters(fleet, owner))
                for group in page["SecurityGroups"]
            ]

    answers = in_each(aws, settings.regions, groups_in)

    def within(region: str) -> tuple[str, ...]:
        groups = answers.by_region[region]
        return tuple(_told(region, group, ssh, settle(aws, region, group, wanted_open)) for group in groups)

    lines = tuple(line for told in for_each(tuple(answers.by_region), within) for line in told)
    refuse_skipped_regions(settings, fleet, answers.left_out)
    if not lines:
        raise UsageError(
            f"fleet {fleet} has no security group in {', '.join(settings.regions)}",
            "`orchestrate status`; another region is named under `regions:`",
        )
    return lines


def _told(region: str, group: "SecurityGroupTypeDef", cidrs: tuple[str, ...], stale: tuple[str, ...]) -> str:
    closed = f", closed to {', '.join(stale)}" if stale else ""
    return f"{group['GroupName']} in {region}: SSH is open to {', '.join(cidrs)}{closed}"


def _authorize(aws: Aws, region: str, group_id: str, missing: tuple[Opening, ...]) -> None:
    """One call; one for each port where a rule is there that the group did not show yet, since then EC2 adds none."""
    permissions = _permissions(missing, described=True)
    if not permissions:
        return
    ports = ", ".join(
        f"{opening.port} from {', '.join(opening.cidrs)}" for opening in missing if opening.cidrs
    )

    def authorize() -> None:
        try:
            with aws_errors(f"port {ports} to {group_id} in {region}"):
                aws.ec2(region).authorize_security_group_ingress(GroupId=group_id, IpPermissions=permissions)
        except ProviderError as error:
            if code_of(error) != "InvalidPermission.Duplicate":
                raise
            if len(permissions) > 1:
                for opening in missing:
                    _authorize(aws, region, group_id, (opening,))

    call_until_consistent(f"the security group {group_id}", authorize, "InvalidGroup.NotFound")


def _permissions(openings: tuple[Opening, ...], *, described: bool) -> "list[IpPermissionUnionTypeDef]":
    """One for each port that somebody is named for. A rule is revoked without its description."""
    found: list[IpPermissionUnionTypeDef] = []
    for opening in openings:
        why = opening.why if described else ""
        four: list[IpRangeTypeDef] = [
            {"CidrIp": each, "Description": why} if why else {"CidrIp": each}
            for each in opening.cidrs
            if ":" not in each
        ]
        six: list[Ipv6RangeTypeDef] = [{"CidrIpv6": each} for each in opening.cidrs if ":" in each]
        if four or six:
            permission: IpPermissionTypeDef = {
                "IpProtocol": "tcp",
                "FromPort": opening.port,
                "ToPort": opening.port,
                "IpRanges": four,
                "Ipv6Ranges": six,
            }
            found.append(permission)
    return found


def _there(group: "SecurityGroupTypeDef", opening: Opening) -> set[str]:
    """Who is let in now. For SSH whoever it is; for the web's ports those whom we let in."""
    found = set[str]()
    for rule in group.get("IpPermissions", []):
        if rule.get("IpProtocol") != "tcp" or not rule.get("FromPort") == rule.get("ToPort") == opening.port:
            continue
        ranges = [(each.get("CidrIp", ""), each.get("Description", "")) for each in rule.get("IpRanges", [])]
        ranges += [
            (each.get("CidrIpv6", ""), each.get("Description", "")) for each in rule.get("Ipv6Ranges", [])
        ]
        found |= {cidr for cidr, why in ranges if opening.port == SSH or why == _WEB_RULE}
    return found


def _found(context: NetworkContext, vpc_id: str) -> "SecurityGroupTypeDef":
    """The group that has the name. In the default VPC it is known by that alone."""
    where: DescribeSecurityGroupsRequestTypeDef = {"GroupNames": [context.name]}
    if vpc_id:
        filters = {"group-name": context.name, "vpc-id": vpc_id}
        where = {"Filters": [{"Name": name, "Values": [value]} for name, value in filters.items()]}

    def describe() -> "SecurityGroupTypeDef | NotYet":
        with aws_errors(f"a look at the security group {context.name} in {context.region}"):
            groups = context.ec2.describe_security_groups(**where)["SecurityGroups"]
        return groups[0] if groups else NotYet("EC2 says that it exists, and does not show it")

    found = call_until_consistent(f"the security group {context.name}", describe, "InvalidGroup.NotFound")
    if not context.owns(found.get("Tags", [])):
        raise context.taken("security group", found.get("GroupId", ""))
    return found
