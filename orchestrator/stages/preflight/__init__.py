"""Find all that stands in the way on the hosts, before the first change. Changes nothing there, and decides no stack."""

from orchestrator.stages.preflight.asking import probe
from orchestrator.stages.preflight.cards import hardware
from orchestrator.stages.preflight.obstacles import BlockedError, obstacles, refuse_blocked
from orchestrator.stages.preflight.places import Places, places_of

__all__ = ["BlockedError", "Places", "hardware", "obstacles", "places_of", "probe", "refuse_blocked"]
