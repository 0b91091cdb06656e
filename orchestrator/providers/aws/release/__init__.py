"""Stop, start and remove what a fleet has in EC2, with proof; say what a fleet has, and which fleets there are."""

from orchestrator.providers.aws.release.account import fleets, resources, start, stop
from orchestrator.providers.aws.release.terminate import terminate
from orchestrator.providers.base import ReleaseAction

ACTIONS = {ReleaseAction.STOP: stop, ReleaseAction.START: start, ReleaseAction.TERMINATE: terminate}

__all__ = ["ACTIONS", "fleets", "resources", "start", "stop", "terminate"]
