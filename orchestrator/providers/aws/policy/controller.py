"""What the controller of an elastic cluster may do, and what making its role takes. Pure: values, no call."""

from collections.abc import Iterable

from orchestrator.providers.aws import tags
from orchestrator.providers.aws.policy.encryption import use_of_key
from orchestrator.providers.aws.policy.statement import Condition, Statement, allow, partition
from orchestrator.providers.settings import AwsSettings

_NAMES = ("orchestrate/orchestrate-*", "orchestrate-*")
"""With its path, and without: IAM knows no path of what is not there, and is asked for what is to be gone."""
_ROLE = (
    "CreateRole",
    "DeleteRole",
    "DeleteRolePolicy",
    "PutRolePolicy",
    "TagRole",
)
_PROFILE = (
    "AddRoleToInstanceProfile",
    "CreateInstanceProfile",
    "DeleteInstanceProfile",
    "RemoveRoleFromInstanceProfile",
    "TagInstanceProfile",
)


def controller_policy(settings: AwsSettings, region: str, fleet: str, owner: str) -> dict[str, object]:
    """A policy document: start and stop the fleet's own hosts, and look. EC2 has no conditions on tags for looking.

    Args:
        settings: whose `kms_key:` the disks are encrypted with, if there is one: starting a host uses it.
        region: where the hosts are.
        fleet: its name.
        owner: its owner's mark.
    """
    hosts = f"arn:{partition(settings)}:ec2:{region}:*:instance/*"
    own: Condition = {
        "StringEquals": {f"aws:ResourceTag/{tags.FLEET}": fleet, f"aws:ResourceTag/{tags.OWNER}": owner}
    }
    here: Condition = {"StringEquals": {"aws:RequestedRegion": region}}
    return {
        "Version": "2012-10-17",
        "Statement": [
            allow("Look", ["ec2:DescribeInstances"], condition=here),
            allow("StartAndStopOwn", ["ec2:StartInstances", "ec2:StopInstances"], [hosts], own),
            *(use_of_key(settings) if settings.kms_key else ()),
        ],
    }


def makes_role(settings: AwsSettings) -> bool:
    """Whether the fleet has a role of its own."""
    return settings.elastic and not settings.instance_profile


def making_role(settings: AwsSettings) -> Iterable[Statement]:
    """To make the controller's role and give it to the controller; roles and profiles of others are out of reach by name."""
    if settings.cluster:  # also where hosts were started and stopped once, and are not any more
        yield allow("LookForRoles", ["iam:GetInstanceProfile", "iam:GetRole", "iam:ListRoles"])
    if not makes_role(settings):
        return
    iam = f"arn:{partition(settings)}:iam::*"
    roles = [f"{iam}:role/{each}" for each in _NAMES]
    profiles = [f"{iam}:instance-profile/{each}" for each in _NAMES]
    yield allow("MakeRole", [f"iam:{each}" for each in _ROLE], roles)
    yield allow("MakeProfile", [f"iam:{each}" for each in _PROFILE], profiles)
    only_ec2: Condition = {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}
    yield allow("GiveControllerItsRole", ["iam:PassRole"], roles[:1], only_ec2)
