"""Figures that `orchestrate fit` calculates with, each with where it comes from. Values only."""

from dataclasses import dataclass

from orchestrator.models import Confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class FitConstant:
    """One figure."""

    constant: str
    value: float
    unit: str
    """`MiB`, `W`, `share` of something, `times`."""
    meaning: str
    source: str
    confidence: Confidence
    note: str = ""
