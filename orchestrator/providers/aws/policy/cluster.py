"""What hosts that work together need besides: a placement group. Pure."""

from orchestrator.providers.aws.cluster.placement_group import AUTO, NONE
from orchestrator.providers.settings import AwsSettings

GROUP = "placement-group"


def makes_group(settings: AwsSettings) -> bool:
    """Whether the fleet has a placement group of its own."""
    return settings.cluster and settings.placement_group == AUTO


def names_group(settings: AwsSettings) -> bool:
    """Whether hosts are launched into a group that somebody else made."""
    return settings.placement_group not in {AUTO, NONE}
