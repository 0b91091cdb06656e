"""The rights on a key of KMS that launching and starting hosts with disks of it takes. Pure."""

from collections.abc import Iterable

from orchestrator.providers.aws.policy.statement import Condition, Statement, allow, partition
from orchestrator.providers.settings import AwsSettings

_USES_OF_KEY = (
    "CreateGrant",
    "Decrypt",
    "DescribeKey",
    "GenerateDataKeyWithoutPlaintext",
    "ReEncryptFrom",
    "ReEncryptTo",
)


def use_of_key(settings: AwsSettings) -> Iterable[Statement]:
    """EC2 asks for them in the name of whoever launches. An alias is no resource: it is a condition on keys."""
    key = settings.kms_key
    _, is_alias, alias = key.partition("alias/")
    home = key.rpartition(":")[0] or f"arn:{partition(settings)}:kms:*:*"
    arn = f"{home}:key/{'*' if is_alias else key.rpartition('/')[2]}"
    only: Condition = {
        "StringLike": {"kms:ViaService": [f"ec2.{each}.amazonaws.com*" for each in settings.regions]}
    }
    if is_alias:
        only["ForAnyValue:StringEquals"] = {"kms:ResourceAliases": [f"alias/{alias}"]}
    yield allow("EncryptDisks", [f"kms:{each}" for each in _USES_OF_KEY], [arn], only)
