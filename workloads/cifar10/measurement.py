"""What came of one configuration, and as JSON between the process that measured it and the job. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One configuration, measured to its end."""

    losses: tuple[float, ...]
    """The first batch's, then each epoch's mean."""
    images_per_s: float
    """Training alone, warm-up left out; 0.0 where there was nothing else."""
    seconds_to_accuracy: float | None
    """Of training, compiling included and testing left out, until the target was reached; None: it was not."""
    test_accuracy: float
    """After the last epoch, on all test images."""
    training_accuracy: float
    """Of trained images, afterwards."""
    told_accuracy: float
    """The framework's on the first test images …"""
    recomputed_accuracy: float
    """… and NumPy's on the same, from the trained weights."""
    weights: int
    still: tuple[str, ...]
    """Of these weights those that are what they were, or no numbers."""
    places: tuple[str, ...]
    """The devices that really hold weights and an output, each once, as the framework numbers those that it was shown."""
    cards: tuple[str, ...]
    """What the CUDA driver calls the cards that the process was shown."""
    replicas: int
    """Copies of each weight."""
    difference: float
    """The largest between any two copies of a weight after the last step."""
    peak_mib: int
    """Of any one GPU's memory the most that the framework took; on the CPU, of the process's own."""

    @classmethod
    def from_json(cls, facts: Mapping[str, Any]) -> "Measurement":
        """What `asdict` and JSON made of one. JSON has lists alone."""
        values: dict[str, Any] = {
            field.name: tuple(fact) if isinstance(fact := facts[field.name], list) else fact
            for field in fields(cls)
        }
        return cls(**values)
