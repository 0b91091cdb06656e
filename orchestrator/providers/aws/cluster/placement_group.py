"""The cluster placement group of a fleet: EC2 puts its hosts near each other, in one zone, on one high-bisection network.

Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/placement-groups.html and placement-strategies.html.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from orchestrator.errors import CapacityError, InputRefusedError, ProviderError
from orchestrator.models import Offer
from orchestrator.providers.aws.clients import aws_errors
from orchestrator.providers.aws.efa import cards
from orchestrator.providers.aws.error_translation import code_of
from orchestrator.providers.aws.errors import GroupCapacityError
from orchestrator.providers.aws.placement import Placement, placement_of
from orchestrator.providers.settings import AwsSettings
from orchestrator.waiting import NotYet

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import PlacementGroupTypeDef

    from orchestrator.providers.aws.network.context import NetworkContext

AUTO = "auto"
NONE = "none"
"""Values of `placement_group:` that name no group."""

_NEVER_FAMILIES = ("t1.", "t2.", "t3.", "t3a.", "t4g.", "mac1.", "m7i-flex.")
"""Types that no cluster placement group takes: burstable ones, and these two."""
_DUPLICATE = "InvalidPlacementGroup.Duplicate"
_UNKNOWN = "InvalidPlacementGroup.Unknown"
APART = "placement_group: none under `aws:`, for hosts that may be farther from each other"


def possible(instance_type: str) -> bool:
    """Whether hosts of the type can be in a cluster placement group."""
    return not instance_type.startswith(_NEVER_FAMILIES)


def group_name(settings: AwsSettings, instance_type: str, own: str) -> str:
    """The placement group that hosts are launched into; empty for none.

    Args:
        settings: what the fleet file says.
        instance_type: of the hosts.
        own: the name of the fleet's own group.
    """
    if settings.placement_group == AUTO:
        return own if settings.cluster and possible(instance_type) else ""
    return "" if settings.placement_group == NONE else settings.placement_group


def ensure_placement_group(context: "NetworkContext", settings: AwsSettings) -> None:
    """Make the group that hosts are launched into exist in the region, where they are to be in one. Twice is once.

    Raises:
        InputRefusedError: the group that the fleet file names is not there.
        ProviderError: a group that is not ours has the name, or AWS refused.
    """
    if settings.placement_group not in {AUTO, NONE}:
        _refuse_unknown(context, settings.placement_group)
        return
    if not any(group_name(settings, each, context.name) for each in settings.instance_types):
        return
    context.intend("placement-group", context.name)
    try:
        with aws_errors(f"the placement group {context.name} in {context.region}"):
            context.ec2.create_placement_group(
                GroupName=context.name, Strategy="cluster", TagSpecifications=context.marks("placement-group")
            )
    except ProviderError as error:
        if code_of(error) != _DUPLICATE:
            raise
        found = _found(context)
        if not context.owns(found.get("Tags", [])):
            raise context.taken("placement group", found.get("GroupId", "")) from error


def with_group(settings: AwsSettings, offers: tuple[Offer, ...]) -> tuple[Offer, ...]:
    """The offers, where those of types that can be in no placement group are not available and say why, if one is named."""
    if settings.placement_group in {AUTO, NONE}:
        return offers
    return tuple(map(_judged, offers))


def in_group(group: str, placement: Placement, hosts: int, refused: ProviderError) -> ProviderError:
    """A lack of capacity for hosts that have to be near each other, which says so; any other refusal as it is."""
    if not group or not isinstance(refused, CapacityError):
        return refused
    one = GroupCapacityError(
        f"{refused.cause}; {hosts} more of {placement.instance_type} had to fit into one placement group ({group}) of"
        f" {placement.zone}",
        f"{refused.hint}; or fewer `hosts:`; or {APART}",
    )
    one.__cause__ = refused
    return one


def planned_group(settings: AwsSettings, instance_type: str, own: str) -> str:
    """What a plan says of the group that hosts are launched into; empty for none."""
    name = group_name(settings, instance_type, own)
    if not name:
        return ""
    whose = "" if name == own else ", which is there"
    network = ", with EFA" if settings.efa else ""
    if cards(instance_type) and not settings.efa:
        network = f", without EFA, which {instance_type} has: `efa: true` under `aws:`"
    return f"placement group {name} (cluster){whose}: the hosts are near each other, in one zone{network}"


def _refuse_unknown(context: "NetworkContext", name: str) -> None:
    with aws_errors(f"a look at placement groups in {context.region}"):
        wanted = [{"Name": "group-name", "Values": [name]}]
        groups = context.ec2.describe_placement_groups(Filters=wanted)["PlacementGroups"]  # type: ignore[arg-type]
    if not groups:
        raise InputRefusedError(
            f"{context.region} has no placement group {name}",
            f"`placement_group:` under `aws:`; aws ec2 describe-placement-groups --region {context.region} shows what there is;"
            " auto makes one",
        )


def _found(context: "NetworkContext") -> "PlacementGroupTypeDef":
    from orchestrator.providers.aws.network.context import (
        call_until_consistent,  # its package imports this one
    )

    def describe() -> "PlacementGroupTypeDef | NotYet":
        with aws_errors(f"a look at the placement group {context.name} in {context.region}"):
            answer = context.ec2.describe_placement_groups(GroupNames=[context.name])
        groups = answer["PlacementGroups"]
        return groups[0] if groups else NotYet("EC2 says that it exists, and does not show it")

    return call_until_consistent(f"the placement group {context.name}", describe, _UNKNOWN)


def _judged(offer: Offer) -> Offer:
    place = placement_of(offer.key) if offer.available else None
    if place is None or possible(place.instance_type):
        return offer
    why = f"{place.instance_type} can be in no cluster placement group: leave `placement_group:` out"
    return replace(offer, available=False, reason=why)
