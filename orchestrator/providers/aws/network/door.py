"""Everything that has to be there before a host can be launched in a region: group, key pair, network.

Makes what is missing, keeps what is ours, touches nothing else. Never sees a private key.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orchestrator.errors import ProviderError
from orchestrator.models import LaunchRequest
from orchestrator.providers.aws.cloud import Aws, asked
from orchestrator.providers.aws.efa import let_hosts_talk
from orchestrator.providers.aws.network.group import ensure_group, openings
from orchestrator.providers.aws.network.making import Making, making, settled
from orchestrator.providers.aws.network.vpc import network_of
from orchestrator.providers.aws.placement import placement_of
from orchestrator.providers.aws.refusals import code_of
from orchestrator.providers.base import Intend
from orchestrator.providers.settings import AwsSettings
from orchestrator.waiting import NotYet

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import KeyPairInfoTypeDef

_DUPLICATE = "InvalidKeyPair.Duplicate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """What RunInstances needs to know of a region."""

    group_id: str
    key_name: str
    vpc_id: str = ""
    """Empty for the default VPC."""
    subnets: dict[str, str] = field(default_factory=dict)
    """By zone; empty for the default VPC, where EC2 chooses. A zone that is not in it has no subnet to launch in."""


def open_door(aws: Aws, settings: AwsSettings, region: str, request: LaunchRequest, intend: Intend) -> Door:
    """Make group, key pair and network exist in a region. Twice is once.

    Three calls in the default VPC for a fleet that is new there.

    Raises:
        InputRefusedError: `ssh_from:`, `vpc:` or `subnets:` cannot be meant.
        ProviderError: this computer's address cannot be learned, a name is taken by what is not ours, or AWS refused.
    """
    wanted_open = openings(settings)
    maker = making(aws, settings, region, request, intend)
    vpc_id, subnets = network_of(maker, settings, _zones(settings, region, request))
    group_id = ensure_group(maker, vpc_id, wanted_open)
    if settings.efa:
        let_hosts_talk(maker, group_id)
    key_name = _ensure_key_pair(maker, request.authorized_key)
    return Door(group_id=group_id, key_name=key_name, vpc_id=vpc_id, subnets=subnets)


def _zones(settings: AwsSettings, region: str, request: LaunchRequest) -> tuple[str, ...]:
    """Where in the region a launch may be tried."""
    placements = [
        placement_of(key)
        for key in (request.tried_last, *(offer.key for offer in request.offers if offer.available))
    ]
    offered = [each.zone for each in placements if each is not None and each.region == region and each.zone]
    return tuple(dict.fromkeys(offered or [zone for zone in settings.zones if zone[:-1] == region]))


def _ensure_key_pair(making: Making, public_key: str) -> str:
    """The name of a key pair that holds this public key. One of ours that holds another is replaced.

    Args:
        making: which fleet, and where.
        public_key: `ssh-ed25519 AAAA…`, with or without a comment.

    Raises:
        ProviderError: a key pair that is not ours has the name, or AWS refused.
    """
    making.intend("key-pair", making.name)
    try:
        _import(making, public_key)
    except ProviderError as error:
        if code_of(error) != _DUPLICATE:
            raise
        found = _found(making)
        if not making.owns(found.get("Tags", [])):
            raise making.taken("key pair", found.get("KeyPairId", "")) from error
        if _bare(found.get("PublicKey", "")) != _bare(public_key):
            with asked(f"to replace the key pair {making.name} in {making.region}"):
                making.ec2.delete_key_pair(KeyName=making.name)
            making.intend("key-pair", making.name)
            settled(f"the key pair {making.name}", lambda: _import(making, public_key), _DUPLICATE)
    return making.name


def _import(making: Making, public_key: str) -> None:
    with asked(f"the key pair {making.name} in {making.region}"):
        making.ec2.import_key_pair(
            KeyName=making.name,
            PublicKeyMaterial=public_key.encode(),
            TagSpecifications=making.marks("key-pair"),
        )


def _found(making: Making) -> "KeyPairInfoTypeDef":
    def look() -> "KeyPairInfoTypeDef | NotYet":
        with asked(f"a look at the key pair {making.name} in {making.region}"):
            pairs = making.ec2.describe_key_pairs(
                Filters=[{"Name": "key-name", "Values": [making.name]}], IncludePublicKey=True
            )["KeyPairs"]
        return pairs[0] if pairs else NotYet("EC2 says that it exists, and does not show it")

    return settled(f"the key pair {making.name}", look)


def _bare(public_key: str) -> tuple[str, ...]:
    """Type and key, without the comment: EC2 puts its own there."""
    return tuple(public_key.split()[:2])
