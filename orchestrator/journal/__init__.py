"""What is remembered of fleets, and whose they are."""

from orchestrator.journal.journal import Journal, fleet_names, read_value, state_dir
from orchestrator.journal.owner import owner

__all__ = ["Journal", "fleet_names", "owner", "read_value", "state_dir"]
