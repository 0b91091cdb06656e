"""Were clocks held back while a card was under load: by heat, its hardware, its power supply, or by somebody? Pure."""

from collections.abc import Iterator

from orchestrator.catalog.speeds import rates_of
from orchestrator.models import Device, GpuReading, WorkloadRun
from orchestrator.stages.certify.finding import Finding
from orchestrator.stages.certify.readings.series import (
    BUSY,
    Series,
    Telemetry,
    UnreadableError,
    after_of,
    number,
)
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
HOTTEST_C = 100.0
"""Where a card does not say at which temperature it slows down: no card of the catalogue is allowed to be as warm."""
LEAST_SLOWDOWN_C = 70.0
"""What is told below it is a distance to the threshold, as newer cards have it."""
BITS = {
    0x8: "hardware slowdown",
    0x20: "too warm (software)",
    0x40: "too warm (hardware)",
    0x80: "power brake",
}
"""nvml.h, nvmlClocksEventReasons: those of HELD_BACK."""
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
        return seen, [*_held_back(run, series, device, gpu), *_all_along(run, gpu), *_too_warm(gpu, series)]

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


def _all_along(run: WorkloadRun, gpu: GpuReading) -> Iterator[str]:
    """What held the clocks back before the job and still did after it."""
    then, now = (int(number(each.facts, "throttle_reasons") or 0) for each in (gpu, after_of(run, gpu)))
    words = [word for bit, word in BITS.items() if then & now & bit]
    if words:
        yield f"clocks held back before the job and after it: {', '.join(words)}"


def _too_warm(gpu: GpuReading, series: Series) -> Iterator[str]:
    told = number(gpu.facts, "temperature_slowdown_c") or 0.0
    most = told if told >= LEAST_SLOWDOWN_C else HOTTEST_C
    loaded = series.loaded()
    whole = sum(each.seconds for each in loaded)
    hot = [each for each in loaded if each.figures.get("temperature_c", 0.0) >= most]
    if whole and sum(each.seconds for each in hot) > HELD_BACK_SHARE * whole:
        warm = max(series.values("temperature_c", tuple(hot)))
        yield f"it was too warm: up to {warm:.0f} °C, and it has to slow down from {most:.0f} °C on"


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
