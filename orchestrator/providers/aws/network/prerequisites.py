"""The prerequisites of a launch in a region: security group, key pair, network.

Makes what is missing, keeps what is ours, touches nothing else. Never sees a private key.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orchestrator.errors import ProviderError
from orchestrator.models import LaunchRequest
from orchestrator.providers.aws.clients import Aws, aws_errors
from orchestrator.providers.aws.cluster.placement_group import ensure_placement_group
from orchestrator.providers.aws.efa import authorize_own_traffic
from orchestrator.providers.aws.error_translation import code_of
from orchestrator.providers.aws.network.context import NetworkContext, call_until_consistent, network_context
from orchestrator.providers.aws.network.security_group import ensure_group, openings
from orchestrator.providers.aws.network.vpc import network_of
from orchestrator.providers.aws.placement import placement_of
from orchestrator.providers.base import Intend
from orchestrator.providers.settings import AwsSettings
from orchestrator.waiting import NotYet

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import KeyPairInfoTypeDef

_DUPLICATE = "InvalidKeyPair.Duplicate"


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchPrerequisites:
    """What RunInstances needs to know of a region."""

    group_id: str
    key_name: str
    vpc_id: str = ""
    """Empty for the default VPC."""
    subnets: dict[str, str] = field(default_factory=dict)
    """By zone; empty for the default VPC, where EC2 chooses. A zone that is not in it has no subnet to launch in."""


def ensure_prerequisites(
    aws: Aws, settings: AwsSettings, region: str, request: LaunchRequest, intend: Intend
) -> LaunchPrerequisites:
    """Make group, key pair, network and placement group exist in a region. Twice is once.

    Three calls in the default VPC for a fleet that is new there.

    Raises:
        InputRefusedError: `ssh_from:`, `vpc:` or `subnets:` cannot be meant.
        ProviderError: this computer's address cannot be learned, a name is taken by what is not ours, or AWS refused.
    """
    wanted_open = openings(settings)
    context = network_context(aws, settings, region, request, intend)
    vpc_id, subnets = network_of(context, settings, _zones(settings, region, request))
    group_id = ensure_group(context, vpc_id, wanted_open)
    if settings.efa or settings.cluster:
        authorize_own_traffic(context, group_id, both_ways=settings.efa)
    ensure_placement_group(context, settings)
    key_name = _ensure_key_pair(context, request.authorized_key)
    return LaunchPrerequisites(group_id=group_id, key_name=key_name, vpc_id=vpc_id, subnets=subnets)


def _zones(settings: AwsSettings, region: str, request: LaunchRequest) -> tuple[str, ...]:
    """Where in the region a launch may be tried."""
    placements = [
        placement_of(key)
        for key in (request.tried_last, *(offer.key for offer in request.offers if offer.available))
    ]
    offered = [each.zone for each in placements if each is not None and each.region == region and each.zone]
    return tuple(dict.fromkeys(offered or [zone for zone in settings.zones if zone[:-1] == region]))


def _ensure_key_pair(context: NetworkContext, public_key: str) -> str:
    """The name of a key pair that holds this public key. One of ours that holds another is replaced.

    Args:
        context: which fleet, and where.
        public_key: `ssh-ed25519 AAAA…`, with or without a comment.

    Raises:
        ProviderError: a key pair that is not ours has the name, or AWS refused.
    """
    context.intend("key-pair", context.name)
    try:
        _import(context, public_key)
    except ProviderError as error:
        if code_of(error) != _DUPLICATE:
            raise
        found = _found(context)
        if not context.owns(found.get("Tags", [])):
            raise context.taken("key pair", found.get("KeyPairId", "")) from error
        if _bare(found.get("PublicKey", "")) != _bare(public_key):
            with aws_errors(f"to replace the key pair {context.name} in {context.region}"):
                context.ec2.delete_key_pair(KeyName=context.name)
            context.intend("key-pair", context.name)
            call_until_consistent(
                f"the key pair {context.name}", lambda: _import(context, public_key), _DUPLICATE
            )
    return context.name


def _import(context: NetworkContext, public_key: str) -> None:
    with aws_errors(f"the key pair {context.name} in {context.region}"):
        context.ec2.import_key_pair(
            KeyName=context.name,
            PublicKeyMaterial=public_key.encode(),
            TagSpecifications=context.marks("key-pair"),
        )


def _found(context: NetworkContext) -> "KeyPairInfoTypeDef":
    def describe() -> "KeyPairInfoTypeDef | NotYet":
        with aws_errors(f"a look at the key pair {context.name} in {context.region}"):
            pairs = context.ec2.describe_key_pairs(
                Filters=[{"Name": "key-name", "Values": [context.name]}], IncludePublicKey=True
            )["KeyPairs"]
        return pairs[0] if pairs else NotYet("EC2 says that it exists, and does not show it")

    return call_until_consistent(f"the key pair {context.name}", describe)


def _bare(public_key: str) -> tuple[str, ...]:
    """Type and key, without the comment: EC2 puts its own there."""
    return tuple(public_key.split()[:2])
