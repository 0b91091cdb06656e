"""Find all that stands in the way on the hosts, before the first change. Changes nothing there, and decides no stack."""

from orchestrator.stages.preflight.cards import hardware
from orchestrator.stages.preflight.obstacles import BlockedError, obstacles, refuse_blocked
from orchestrator.stages.preflight.paths import InstallPaths, install_paths
from orchestrator.stages.preflight.probe import probe

__all__ = [
    "BlockedError",
    "InstallPaths",
    "hardware",
    "install_paths",
    "obstacles",
    "probe",
    "refuse_blocked",
]
