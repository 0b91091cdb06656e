"""What was read of the cards before, during and after a job, and what speaks against them in it. Pure."""

from collections.abc import Callable

from orchestrator.models import WorkloadRun
from orchestrator.stages.certify.finding import Finding
from orchestrator.stages.certify.readings.clocks import confirm_clocks
from orchestrator.stages.certify.readings.health import confirm_health
from orchestrator.stages.certify.readings.link import confirm_link
from orchestrator.stages.certify.readings.others import confirm_alone
from orchestrator.stages.certify.readings.series import Telemetry, telemetry_of
from orchestrator.stages.certify.readings.watched import confirm_watched

__all__ = ["READINGS", "telemetry_of"]

READINGS: dict[str, Callable[[WorkloadRun, Telemetry], Finding]] = {
    "health_confirmed": confirm_health,
    "telemetry_confirmed": confirm_watched,
    "clocks_confirmed": confirm_clocks,
    "link_confirmed": confirm_link,
    "alone_confirmed": confirm_alone,
}
"""Made for every run; where no NVIDIA card computes there is nothing to read."""
