"""What a row of the table of defects says: with which releases of cuDNN a TensorFlow fails that loads them. Values only."""

from dataclasses import dataclass

from orchestrator.models import Confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class CudnnDefect:
    """A TensorFlow computes wrongly, or not at all, with the releases of cuDNN from `first` to `last`."""

    tensorflow: str
    first: str
    last: str
    works_from: str
    """The oldest with which it was seen to work; those between are not known."""
    fails: str
    """What fails, in words."""
    source: str
    confidence: Confidence
    note: str = ""
