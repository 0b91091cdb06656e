"""One fleet on its way through the stages: their order, the lock around them, and what is remembered in between."""

from orchestrator.pipeline.order import Pipeline
from orchestrator.pipeline.outcome import Outcome, Until

__all__ = ["Outcome", "Pipeline", "Until"]
