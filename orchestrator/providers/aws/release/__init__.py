"""Stop, start and remove what a fleet has in EC2, with proof; say what a fleet has, and which fleets there are."""

from orchestrator.providers.aws.release.account import fleets, resources, start, stop
from orchestrator.providers.aws.release.ending import terminate

__all__ = ["fleets", "resources", "start", "stop", "terminate"]
