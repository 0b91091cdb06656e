"""Which key encrypts the disks of a region, where it can be used, and how its grants are read. Changes no key."""

from contextlib import suppress
from dataclasses import replace

from orchestrator.errors import ProviderError
from orchestrator.models import Offer
from orchestrator.providers.aws.clients import Aws, aws_errors
from orchestrator.providers.aws.error_codes import KMS_KEY
from orchestrator.providers.aws.placement import placement_of

_ARN = "arn:"
_ALIAS = "alias/"


def with_key_region(kms_key: str, offers: tuple[Offer, ...]) -> tuple[Offer, ...]:
    """The offers, where those in another region than the one that the key's ARN names are not available and say why.

    An id or an alias names no region: whether it is there is seen by the launch.
    """
    if not kms_key.startswith(_ARN):
        return offers
    home = kms_key.split(":")[3]
    why = f"the key of `kms_key:` is in {home}; an alias/… that each region has would do"

    def judged(offer: Offer) -> Offer:
        place = placement_of(offer.key) if offer.available else None
        if place is None or place.region == home:
            return offer
        return replace(offer, available=False, reason=why)

    return tuple(judged(offer) for offer in offers)


def with_key(aws: Aws, kms_key: str, region: str, refused: ProviderError) -> ProviderError:
    """A refusal because of the key of the disks, with the key's name and what shows its grants; any other as it is.

    Args:
        aws: the account.
        kms_key: `kms_key:` under `aws:`; empty for the account's default, which is asked for.
        region: where the host was to be.
        refused: caused by AWS's error, as it is afterwards.
    """
    if KMS_KEY.hint not in refused.hint:
        return refused
    key = kms_key or default_key(aws, region)
    whose = "the key of `kms_key:`" if kms_key else f"the account's key for disks in {region}"
    named = type(refused)(
        f"{refused.cause}; {whose}{f' is {key}' if key else ''}", f"{_shown(key, region)}; {KMS_KEY.hint}"
    )
    named.__cause__ = refused
    return named


def default_key(aws: Aws, region: str) -> str:
    """The key that encrypts disks for which none is named; empty when that may not be read."""
    with suppress(ProviderError), aws_errors(f"the key of disks in {region}"):
        return aws.launcher(region).get_ebs_default_kms_key_id().get("KmsKeyId", "")
    return ""


def _shown(key: str, region: str) -> str:
    """What to type to see the key's state and who may use it. Only DescribeKey takes an alias."""
    if _ALIAS in key:
        return (
            f"aws kms describe-key --key-id {key} --region {region} shows whether it is enabled there, and its id,"
            " which aws kms list-grants takes"
        )
    ask = "" if key else f"aws ec2 get-ebs-default-kms-key-id --region {region} says which key it is; "
    return f"{ask}aws kms list-grants --key-id {key or '<that key>'} --region {region} shows its grants"
