"""What a bench is asked, and what it measured. Values only."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from orchestrator.models import CheckResult, OutputFile

Figure: TypeAlias = str | int | float | None
"""A cell of the table; None where nothing was measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchRequest:
    """One workload to measure on every host."""

    workload: str
    arguments: tuple[str, ...]
    """Of the workload, as on its own command line."""
    timeout_s: int
    usd_per_hour: float | None
    """What a host is said to cost that no provider has a price for; None: not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchRow:
    """One configuration on one host."""

    fleet: str
    host: str
    machine: str
    """What it is sold as, or what its provider calls it."""
    usd_per_hour: float | None
    """None: nobody knows the price."""
    figures: dict[str, Figure]
    """As the workload measured them: `name`, `devices`, `images_per_s`, `seconds_to_accuracy` …"""
    usd_per_epoch: float | None
    """Of one pass over the workload's whole data set at `images_per_s`; None without a price or a speed."""
    usd_to_accuracy: float | None
    """Until the accuracy that was asked for; None without a price, or where it was not reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """One measurement of a fleet."""

    fleet: str
    request: BenchRequest
    measured_at: datetime
    rows: tuple[BenchRow, ...]
    failed: tuple[CheckResult, ...]
    """Checks that did not pass: a figure of a host that has one is worth nothing."""
    epoch_images: int | None
    """Images of the pass that `usd_per_epoch` is about; None where the workload has no images."""
    notes: tuple[str, ...]
    versions: dict[str, str]
    """Of the first host's environment."""
    rehearsed: bool
    """The hosts were played on this computer: their speed is this computer's, their prices are the played cloud's."""
    made: dict[str, tuple[OutputFile, ...]] = field(default_factory=dict)
    """What the jobs made and was brought here, by host."""
