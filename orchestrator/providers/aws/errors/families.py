"""What a code means that no table has, by how it begins or ends: AWS adds members to families of codes. Pure."""

from orchestrator.errors import CapacityError, QuotaError
from orchestrator.providers.aws.error_codes import CODES, KMS_KEY
from orchestrator.providers.aws.errors import Cure, Meaning

_CAPACITY = Meaning(
    CapacityError,
    "there is not enough of something",
    "add another zone under `zones:`, or another type under `instance_type:`",
    Cure.PLACE,
)
_QUOTA = Meaning(
    QuotaError,
    "a quota of the account is reached",
    "ask for more: `aws service-quotas list-service-quotas --service-code ec2` (or ebs, or vpc), then request-service-quota-increase;"
    " or another region under `regions:`",
    Cure.REGION,
)
_BEGINNINGS = {"InvalidKMSKey.": KMS_KEY, "KMS": KMS_KEY, "Insufficient": _CAPACITY}
_ENDS = {"LimitExceeded": _QUOTA, "QuotaExceeded": _QUOTA}
_SIDES = ("Client.", "Server.")
"""EC2's words for whose fault it is, before the code itself in reasons and in logs."""
_CLIENT_ERROR = "Client.InternalError"
"""Why an instance died whose disk could not be decrypted: EC2 names no key."""


def meaning_of_code(code: str) -> Meaning | None:
    """What an answer's code stands for; None for one that is not known."""
    for side in _SIDES:
        code = code.removeprefix(side)
    families = (
        *(meaning for beginning, meaning in _BEGINNINGS.items() if code.startswith(beginning)),
        *(meaning for end, meaning in _ENDS.items() if code.endswith(end)),
    )
    return CODES.get(code) or next(iter(families), None)


def meaning_of_state_reason(reason: str) -> Meaning | None:
    """What the code of why an instance died stands for, `Client.…`; None for one that is not known.

    `InternalError` means something else there than in an answer.
    """
    return KMS_KEY if reason == _CLIENT_ERROR else meaning_of_code(reason)
