"""Were clocks held back while a card was under load: by heat, its hardware, its power supply, or by somebody? Pure."""

from collections.abc import Iterator

from orchestrator.catalog.speeds import rates_of
from orchestrator.models import Device, GpuReading, WorkloadRun
from orchestrator.stages.certify.finding import Finding
from orchestrator.stages.certify.readings.series import BUSY, Series, Telemetry, UnreadableError, number
from orchestrator.stages.certify.readings.watched import of_each_card

HELD_BACK = ("hardware slowdown", "too warm (software)", "too warm (hardware)", "power brake")
"""None of these is everyday under load; the power limit is (nvml.h, nvmlClocksEventReasons)."""
EVERYDAY = frozenset(
    {"clocks were set", "power limit", "clocks of a group of cards", "clocks of the display"}
)
HELD_BACK_SHARE = 0.05
"""Of the time under load: once at the start is no fault."""
SET_SHARE = {"gpu_burn": 0.8}
OTHER_SET_SHARE = 0.5
"""Of the rated clock, under load. A load keeps a card at its highest clocks; what trains in short steps may not."""
OF_HIGHEST = 0.4
"""Of the highest clock that a card has, where its rated one is not known: healthy ones keep more than half of it."""


def confirm_clocks(run: WorkloadRun, telemetry: Telemetry) -> Finding:
    """No card was slowed down by heat, hardware or the power brake, nor kept at low clocks without its power limit being why."""
    expected = f"held back in at most {HELD_BACK_SHARE:.0%} of the time under load, but by the power limit"

    def look(device: Device, gpu: GpuReading, series: Series) -> tuple[str, list[str]]:
        odd = {word for each in series.stretches for word in each.throttled} - {*HELD_BACK, *EVERYDAY}
        if odd:
            raise UnreadableError(f"why its clocks are held back cannot be read: {min(odd)}")
        warm = max(series.values("temperature_c"), default=None)
        clock = series.mean("clock_sm_mhz", series.loaded())
        seen = f"{device.name}{f' {clock:.0f} MHz' if clock else ''}{f' {warm:.0f} °C' if warm else ''}"
        return seen, list(_held_back(run, series, device, gpu))

    return of_each_card(run, telemetry, expected, look)


def share(series: Series, reason: str) -> float:
    """In which share of the time under load the clocks were held back for it, 0..1.

    A stretch of several readings names what any of them had, so the job's own sum over all readings is an upper bound.
    """
    loaded = series.loaded()
    whole = sum(each.seconds for each in loaded)
    if not whole:
        return 0.0
    named = sum(each.seconds for each in loaded if reason in each.throttled) / whole
    everywhere = sum(each.seconds for each in series.stretches)
    told = series.shares.get(reason)
    return named if told is None else min(named, told * everywhere / whole)


def _held_back(run: WorkloadRun, series: Series, device: Device, gpu: GpuReading) -> Iterator[str]:
    slowed = {reason: share(series, reason) for reason in HELD_BACK}
    for reason, part in slowed.items():
        if part > HELD_BACK_SHARE:
            warm = max(series.values("temperature_c"), default=None)
            yield f"clocks held back in {part:.0%} of the time under load: {reason}{f', up to {warm:.0f} °C' if warm else ''}"
    if max(slowed.values()) > HELD_BACK_SHARE or share(series, "power limit") > HELD_BACK_SHARE:
        return
    rates = rates_of(device.description)
    highest = number(gpu.facts, "clock_sm_max_mhz")
    least = SET_SHARE.get(run.request.workload, OTHER_SET_SHARE) * rates.clock_mhz if rates else 0.0
    least = least or OF_HIGHEST * (highest or 0.0)
    clock = series.mean("clock_sm_mhz", series.loaded(BUSY))
    if clock is not None and clock < least:
        rated = rates.clock_mhz if rates else highest or 0.0
        yield f"its clock was {clock:.0f} of {rated:.0f} MHz under load, and neither heat nor its power limit is why"
    memory, most = (
        series.mean("clock_memory_mhz", series.loaded(BUSY)),
        number(gpu.facts, "clock_memory_max_mhz"),
    )
    if memory is not None and most and memory < OTHER_SET_SHARE * most:
        yield f"its memory's clock was {memory:.0f} of {most:.0f} MHz under load"
