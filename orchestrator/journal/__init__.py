"""What is remembered of fleets, and whose they are."""

from orchestrator.journal.journal import Journal, fleet_names, state_dir
from orchestrator.journal.owner import owner

__all__ = ["Journal", "fleet_names", "owner", "state_dir"]
