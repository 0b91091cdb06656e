"""The telemetry that a job brought, card by card: read whole, or not at all. Judges nothing."""

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from orchestrator.models import TELEMETRY, TELEMETRY_SUMMARY, Device, GpuReading, WorkloadRun

FIGURES = (
    *(
        "utilization_percent",
        "memory_used_mib",
        "temperature_c",
        "power_w",
        "clock_sm_mhz",
        "clock_memory_mhz",
    ),
    *("ecc_corrected", "ecc_uncorrected", "rows_remapped", "row_remap_pending"),
    *("pcie_replays", "pcie_generation", "pcie_width"),
)
"""Of a stretch of time: means, the highest of counts and temperature, the lowest of the link."""
MOST = {
    "utilization_percent": 100,
    "temperature_c": 150,
    "power_w": 5000,
    "clock_sm_mhz": 10_000,
    "clock_memory_mhz": 50_000,
    "pcie_generation": 8,
    "pcie_width": 32,
}
"""Beyond it a figure is in another unit, or none: the fastest memory clock of a card is 15 GHz, its PCIe link has at most 16 lanes."""
OVERLAP_S = 1.0
"""Times are rounded; stretches of one card follow each other."""
THROTTLED = "throttled: "
SHARE_ROUNDED = 0.0005
"""By so much a share in the job's sum may be rounded off."""
LOADED = 10.0
"""Per cent of utilization, from which a card is under load: idle ones lower their clocks and their link."""
BUSY = 50.0

Row = Mapping[str, str | int | float | None]


class UnreadableError(Exception):
    """The telemetry is not there, or not what it should be; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A card over some time."""

    at_s: float
    until_s: float
    figures: Mapping[str, float]
    """Without those that the card does not have."""
    throttled: frozenset[str]
    events: tuple[str, ...]

    @property
    def seconds(self) -> float:
        """At least the time between two readings: a stretch of one reading has none."""
        return max(self.until_s - self.at_s, 0.2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One card while the job ran."""

    index: int
    uuid: str
    stretches: tuple[Stretch, ...]
    shares: Mapping[str, float]
    """By reason of throttling: in which share of all readings it was set, as the job summed it up. One that the stretches deny is left out."""

    def loaded(self, least: float = LOADED) -> tuple[Stretch, ...]:
        """Those under load; all of them where the card does not say how busy it is (MIG, vGPU)."""
        if not any("utilization_percent" in each.figures for each in self.stretches):
            return self.stretches
        return tuple(each for each in self.stretches if each.figures.get("utilization_percent", 0) >= least)

    def values(self, name: str, stretches: tuple[Stretch, ...] | None = None) -> list[float]:
        """Of one figure, in order of time."""
        chosen = self.stretches if stretches is None else stretches
        return [each.figures[name] for each in chosen if name in each.figures]

    def mean(self, name: str, stretches: tuple[Stretch, ...]) -> float | None:
        """Weighted by time; None where it was not read."""
        read = [each for each in stretches if name in each.figures]
        whole = sum(each.seconds for each in read)
        return sum(each.figures[name] * each.seconds for each in read) / whole if read else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Telemetry:
    """What a job brought of it: read once, judged several times."""

    series: tuple[Series, ...]
    unreadable: str
    """Why there is none; empty where there is."""

    def of(self, device: Device, gpu: GpuReading | None) -> Series | None:
        """The series of a device's card."""
        uuid = gpu.uuid if gpu else device.uuid
        return next((each for each in self.series if each.uuid == uuid), None)


def telemetry_of(run: WorkloadRun) -> Telemetry:
    """Every card's, or why it cannot be read."""
    if run.device_used != "GPU":
        return Telemetry(series=(), unreadable="no NVIDIA card is used")
    try:
        return Telemetry(series=series_of(run), unreadable="")
    except UnreadableError as cause:
        return Telemetry(series=(), unreadable=str(cause))


def series_of(run: WorkloadRun) -> tuple[Series, ...]:
    """Every card's. Raises UnreadableError."""
    rows = run.tables.get(TELEMETRY, ())
    if not rows:
        raise UnreadableError("the result has no telemetry: what the cards did meanwhile is unknown")
    by_card: dict[tuple[int, str], list[Stretch]] = {}
    for number, row in enumerate(rows, start=1):
        card, uuid = row.get("card"), row.get("uuid")
        if not isinstance(card, int) or not isinstance(uuid, str):
            raise UnreadableError(f"row {number} of the telemetry does not say which card it is of")
        by_card.setdefault((card, uuid), []).append(_stretch(row, number))
    for stretches in by_card.values():
        if any(later.at_s < max(one.at_s, one.until_s - OVERLAP_S) for one, later in pairwise(stretches)):
            raise UnreadableError("the telemetry runs backwards in time")
    return tuple(
        Series(index=card, uuid=uuid, stretches=tuple(stretches), shares=_shares(run, card, stretches))
        for (card, uuid), stretches in by_card.items()
    )


def reading_of(device: Device, gpus: tuple[GpuReading, ...]) -> GpuReading | None:
    """NVML's card of a framework's device: by UUID, of a slice (MIG) by its place on the bus, else by number."""
    own = next((gpu for gpu in gpus if device.uuid and gpu.uuid == device.uuid), None)
    at_place = next((gpu for gpu in gpus if device.address and gpu.address == device.address), None)
    if own or at_place or device.uuid or device.address:
        return own or at_place
    number = device.name.partition(":")[2]
    return next((gpu for gpu in gpus if str(gpu.index) == number), None)


def computing_cards(run: WorkloadRun) -> tuple[tuple[Device, GpuReading | None], ...]:
    """Each GPU that the framework listed, and what NVML read of it before the job, or after it."""
    evidence = run.evidence
    before = evidence.gpus_before.gpus if evidence and evidence.gpus_before else ()
    after = evidence.gpus_after.gpus if evidence and evidence.gpus_after else ()
    return tuple(
        (device, reading_of(device, before) or reading_of(device, after))
        for device in run.devices
        if device.kind == "GPU"
    )


def after_of(run: WorkloadRun, gpu: GpuReading) -> GpuReading:
    """What the same card said after the job; itself where it did not."""
    after = run.evidence.gpus_after.gpus if run.evidence and run.evidence.gpus_after else ()
    return next((each for each in after if each.uuid == gpu.uuid), gpu)


def number(facts: Mapping[str, int | float | str], name: str) -> float | None:
    """A fact of a card; None where it has none, or it cannot be read."""
    value = facts.get(name)
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def label(gpu: GpuReading) -> str:
    """`card 0 (NVIDIA A10G, 0000:00:1e.0)`."""
    return f"card {gpu.index} ({gpu.name}, {gpu.address})"


def _stretch(row: Row, position: int) -> Stretch:
    figures = {}
    for name in ("at_s", "until_s", *FIGURES):
        value = row.get(name)
        if isinstance(value, int | float) and 0 <= value <= MOST.get(name, sys.float_info.max):
            figures[name] = float(value)
        elif value is not None or name.endswith("_s"):
            raise UnreadableError(f"row {position} of the telemetry: {name} is {value!r}")
    begin, end = figures.pop("at_s"), figures.pop("until_s")
    throttled, events = row.get("throttled", ""), row.get("events", "")
    if end < begin or not isinstance(throttled, str) or not isinstance(events, str):
        raise UnreadableError(f"row {position} of the telemetry cannot be read")
    return Stretch(
        at_s=begin,
        until_s=end,
        figures=figures,
        throttled=frozenset(filter(None, throttled.split(", "))),
        events=tuple(filter(None, events.split("; "))),
    )


def _shares(run: WorkloadRun, card: int, stretches: Sequence[Stretch]) -> dict[str, float]:
    """A stretch that names a reason has at least one reading with it, so a smaller sum is not believed."""
    shares = {}
    for row in run.tables.get(TELEMETRY_SUMMARY, ()):
        figure, mean, readings = row.get("figure"), row.get("mean"), row.get("readings")
        if row.get("card") != card or not isinstance(figure, str) or not figure.startswith(THROTTLED):
            continue
        reason = figure.removeprefix(THROTTLED)
        if not isinstance(mean, int | float) or not isinstance(readings, int | float):
            continue
        if (mean + SHARE_ROUNDED) * readings >= sum(reason in each.throttled for each in stretches):
            shares[reason] = float(mean)
    return shares
