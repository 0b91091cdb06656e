"""The rules of a security group whose hosts work together: all traffic from the group itself, and to it for EFA. Idempotent."""

from typing import TYPE_CHECKING

from orchestrator.errors import ProviderError
from orchestrator.providers.aws.clients import aws_errors
from orchestrator.providers.aws.error_translation import code_of

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import IpPermissionTypeDef

    from orchestrator.providers.aws.network.context import NetworkContext

_THERE = "InvalidPermission.Duplicate"


def authorize_own_traffic(context: "NetworkContext", group_id: str, *, both_ways: bool) -> None:
    """Let the hosts behind a group reach each other, on every port: Slurm's steps and what they run listen on any.

    A call, or two.

    Args:
        context: which fleet, and where.
        group_id: its security group.
        both_ways: the way out is named as well: to everywhere, as it is open anyhow, is not enough for EFA.

    Raises:
        ProviderError: AWS refused.
    """
    from orchestrator.providers.aws.network.context import (
        call_until_consistent,  # its package imports this one
    )

    itself: list[IpPermissionTypeDef] = [
        {
            "IpProtocol": "-1",
            "UserIdGroupPairs": [{"GroupId": group_id, "Description": "own hosts for orchestrate"}],
        }
    ]

    def ingress() -> None:
        with aws_errors(f"{group_id} in {context.region} to be reached by its own hosts"):
            context.ec2.authorize_security_group_ingress(GroupId=group_id, IpPermissions=itself)

    def egress() -> None:
        with aws_errors(f"{group_id} in {context.region} to reach its own hosts"):
            context.ec2.authorize_security_group_egress(GroupId=group_id, IpPermissions=itself)

    for authorize in (ingress, egress) if both_ways else (ingress,):
        try:
            call_until_consistent(f"the security group {group_id}", authorize, "InvalidGroup.NotFound")
        except ProviderError as error:
            if code_of(error) != _THERE:
                raise
