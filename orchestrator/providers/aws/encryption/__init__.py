"""Which key encrypts the disks of a region, and how its grants are read. Changes no key."""

from contextlib import suppress

from orchestrator.errors import ProviderError
from orchestrator.providers.aws.cloud import Aws, asked
from orchestrator.providers.aws.codes import KMS_KEY


def with_key(aws: Aws, region: str, refused: ProviderError) -> ProviderError:
    """A refusal because of the key of the disks, with the key's name and what shows its grants; any other as it is."""
    if KMS_KEY.hint not in refused.hint:
        return refused
    key = default_key(aws, region)
    named = (
        f"the account's key for disks in {region} is {key}"
        if key
        else f"the account's key for disks in {region}"
    )
    ask = "" if key else f"aws ec2 get-ebs-default-kms-key-id --region {region} says which key it is; "
    lists = f"aws kms list-grants --key-id {key or '<that key>'} --region {region} shows its grants"
    return type(refused)(f"{refused.cause}; {named}", f"{ask}{lists}; {KMS_KEY.hint}")


def default_key(aws: Aws, region: str) -> str:
    """The key that encrypts disks for which none is named; empty when that may not be read."""
    with suppress(ProviderError), asked(f"the key of disks in {region}"):
        return aws.launcher(region).get_ebs_default_kms_key_id().get("KmsKeyId", "")
    return ""
