"""One fleet on its way through the stages: their order, the lock around them, and what is remembered in between."""

from orchestrator.pipeline.outcome import Outcome, Until
from orchestrator.pipeline.pipeline import Pipeline

__all__ = ["Outcome", "Pipeline", "Until"]
