"""The regions of an account: which it has, and which of them do not let themselves be asked."""

from orchestrator.providers.aws.regions.listing import enabled_regions
from orchestrator.providers.aws.regions.parallel import Answers, in_each, of_region
from orchestrator.providers.aws.regions.record import (
    not_asked_lines,
    refuse_lost,
    refuse_skipped_regions,
    refuse_to_launch,
    tried_in,
)

__all__ = [
    "Answers",
    "enabled_regions",
    "in_each",
    "not_asked_lines",
    "of_region",
    "refuse_lost",
    "refuse_skipped_regions",
    "refuse_to_launch",
    "tried_in",
]
