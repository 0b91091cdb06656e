"""The parts of an IAM policy's statements: actions, ARNs, conditions on tags. Pure."""

from orchestrator.providers.aws import tags
from orchestrator.providers.settings import AwsSettings

Statement = dict[str, object]
Condition = dict[str, dict[str, object]]


def allow(
    sid: str, actions: list[str], resources: list[str] | None = None, condition: Condition | None = None
) -> Statement:
    """A statement that allows actions on resources, all of them where none is named."""
    allowed: Statement = {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources or "*"}
    return {**allowed, "Condition": condition} if condition else allowed


def arns(settings: AwsSettings, *kinds: str) -> list[str]:
    """Everything of some of EC2's kinds, in each region and account."""
    return [f"arn:{partition(settings)}:ec2:*:*:{kind if kind == '*' else f'{kind}/*'}" for kind in kinds]


def tagged(where: str, settings: AwsSettings, tag: str = tags.FLEET) -> Condition:
    """The tag is in the request, or on the resource; and it is one of the regions."""
    return {
        "Null": {f"aws:{where}Tag/{tag}": "false"},
        "StringEquals": {"aws:RequestedRegion": list(settings.regions)},
    }


def partition(settings: AwsSettings) -> str:
    """China and the US government have an AWS of their own."""
    region = settings.regions[0]
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"
