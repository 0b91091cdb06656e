"""Is there nothing against any card: lost, broken memory, faults by the driver's own word, before, during or after a job? Pure.

A fault is what NVIDIA's own tools call one; what may only explain a figure is a note. What cannot be read is no pass.
"""

import math
from collections import Counter
from collections.abc import Iterator

from orchestrator.models import GpuReading, GpuReadings, Outcome, WorkloadRun
from orchestrator.stages.certify.finding import Finding, passed, unknown
from orchestrator.stages.certify.readings.series import Series, Telemetry, label, number, reading_of
from orchestrator.stages.certify.xids import by_its_word, fault

MOST_RETIRED_PAGES = 60
"""Of the 64 that a card has room for. NVIDIA takes a card back from here on (Dynamic Page Retirement, RMA policy)."""
NOT_SUPPORTED = "not supported"
VITAL = "ecc_uncorrected_volatile"
"""The fact that every reading has, if only to say that the card has no such counter."""
COUNTERS = (
    VITAL,
    *("ecc_uncorrected_aggregate", "row_remap_pending", "row_remap_failure", "rows_remapped"),
    *("pages_retired", "page_retirement_pending", "recovery_action", "nvlinks", "nvlinks_active"),
)
NEVER_FALL = (VITAL, "ecc_uncorrected_aggregate", "rows_remapped", "pages_retired")
"""While a driver is loaded."""
CONDITIONS = (
    *(
        "memory_mib",
        "memory_used_mib",
        "utilization_percent",
        "power_limit_w",
        "pcie_width",
        "pcie_width_max",
    ),
    *("pcie_slot_width", "pcie_generation_max", "clock_sm_max_mhz", "clock_memory_max_mhz"),
)
"""Facts by which other checks judge: a card may not have one, and then says so."""
RECOVERY = {
    1: "reset of the card",
    2: "restart of the host",
    3: "drain of its NVLink peers",
    4: "drain and reset of the card",
    5: "recovery of the IMEX domain",
    6: "reset of the bus",
    7: "restart of the system",
}
"""nvml.h, nvmlDeviceGpuRecoveryAction_t."""
_LOST = ("lost", "fallen off the bus")


def confirm_health(run: WorkloadRun, telemetry: Telemetry) -> Finding:
    """No card was lost, no counter of a card says that it is broken, and the driver asks for no reset."""
    expected = "no fault on any card before or after"
    if run.evidence is None:
        return unknown("the result has no readings of cards", expected)
    before, after = run.evidence.gpus_before, run.evidence.gpus_after
    if run.device_used != "GPU" and (before is None or after is None):
        return passed("no NVIDIA card is used", expected)
    if before is None or after is None:
        return unknown("the cards could not be asked (NVML): nothing is known of their faults", expected)
    series = telemetry.series
    faults = [
        *_lost(before, after),
        *_lost_by_word(before, after),
        *(fault for gpu in after.gpus for fault in _faults(_earlier(gpu, before), gpu)),
        *(f"{xid} during the job" for xid in dict.fromkeys(map(fault, _new(before, after))) if xid),
        *(f"card {each.index}: {fault}" for each in series for fault in _meanwhile(each)),
        *_unlike(after.gpus),
    ]
    seen = f"{len(after.gpus)} cards, driver {after.driver or 'unknown'}"
    if faults:
        return Finding(Outcome.FAILED, seen, expected, "; ".join(dict.fromkeys(faults)))
    unread = next(_unread(run, before, after, series), "")
    return Finding(Outcome.ERROR, seen, expected, unread) if unread else passed(seen, expected)


def _lost(before: GpuReadings, after: GpuReadings) -> list[str]:
    there = {gpu.uuid for gpu in after.gpus}
    return [f"{label(gpu)} was lost during the job" for gpu in before.gpus if gpu.uuid not in there]


def _lost_by_word(before: GpuReadings, after: GpuReadings) -> list[str]:
    """What the driver says of a card that is gone, though the others, or even it, were still read."""
    said = after.error if after.error != before.error else ""
    return [f"a card was lost during the job: {said}"] if any(word in said.lower() for word in _LOST) else []


def _earlier(gpu: GpuReading, before: GpuReadings) -> GpuReading:
    return next((each for each in before.gpus if each.uuid == gpu.uuid), gpu)


def _faults(before: GpuReading, after: GpuReading) -> Iterator[str]:
    found = []
    if uncorrected := _either(before, after, VITAL):
        found.append(f"{uncorrected:g} uncorrectable memory errors since the driver was loaded")
    if (grown := _grown(before, after, "ecc_uncorrected_aggregate")) > 0 and not uncorrected:
        found.append(f"{grown:g} uncorrectable memory errors during the job")
    if _either(before, after, "row_remap_failure"):
        found.append("a faulty memory row could not be remapped")
    if _either(before, after, "row_remap_pending") or _either(before, after, "page_retirement_pending"):
        found.append("a faulty memory row or page is in use until its next reset (pending)")
    if (grown := _grown(before, after, "rows_remapped")) > 0:
        found.append(f"{grown:g} memory rows were remapped during the job")
    if (pages := _either(before, after, "pages_retired")) >= MOST_RETIRED_PAGES:
        found.append(f"{pages:g} memory pages are retired, of 64 that there is room for")
    if wanted := math.ceil(_either(before, after, "recovery_action")):
        found.append(f"its driver asks for a {RECOVERY.get(wanted, f'recovery (action {wanted})')}")
    if (down := -_grown(before, after, "nvlinks_active")) > 0:
        found.append(f"{down:g} NVLinks went down during the job")
    yield from (f"{label(after)}: {each}" for each in found)


def _either(before: GpuReading, after: GpuReading, name: str) -> float:
    """What a card says after the job, or said before it where that is 0 by now; 0 where it has no such counter."""
    return max(number(after.facts, name) or 0.0, 0.0) or max(number(before.facts, name) or 0.0, 0.0)


def _unlike(gpus: tuple[GpuReading, ...]) -> Iterator[str]:
    """Cards with fewer NVLinks up than others of the same name beside them."""
    for gpu in gpus:
        most = max(number(other.facts, "nvlinks_active") or 0 for other in gpus if other.name == gpu.name)
        up = number(gpu.facts, "nvlinks_active")
        if up is not None and up < most:
            yield f"{label(gpu)}: {up:g} NVLinks are up, and {most:g} of another card of its kind"


def _meanwhile(series: Series) -> Iterator[str]:
    for event in (event for each in series.stretches for event in each.events):
        if event.startswith("Xid "):
            if fault(f"{event} on {series.index}"):
                yield f"{event} during the job"
        elif any(word in event.lower() for word in _LOST):
            yield f"it was lost during the job: {event}"
    if errors := max(series.values("ecc_uncorrected"), default=0):
        yield f"{errors:g} uncorrectable memory errors since the driver was loaded"
    rows = series.values("rows_remapped")
    if rows and (grown := max(rows) - rows[0]) > 0:
        yield f"{grown:g} memory rows were remapped during the job"
    if max(series.values("row_remap_pending"), default=0):
        yield "a faulty memory row or page is in use until its next reset (pending)"


def _unread(
    run: WorkloadRun, before: GpuReadings, after: GpuReadings, series: tuple[Series, ...]
) -> Iterator[str]:
    """Why the readings prove nothing."""
    for xid in _new(before, after):
        if fault(xid) is None:
            yield f"what the host reports of faults (Xid) cannot be read, or is of a number that is in no list: {xid}"
    if run.device_used != "GPU":
        return
    yield from _unread_host(before, after, series)
    yield from _unread_cards(run, before, after)
    for each in series:
        yield from (f"card {each.index}: {event}" for event in _odd_events(each))


def _unread_host(before: GpuReadings, after: GpuReadings, series: tuple[Series, ...]) -> Iterator[str]:
    """What its driver and its log do not say."""
    if error := before.error or after.error:
        yield error
    if before.driver != after.driver:
        yield f"the driver was {before.driver or 'unknown'} before the job and {after.driver or 'unknown'} after it"
    if not after.driver:
        yield "which driver is loaded could not be read"
    if not after.xids_from:
        yield "faults (Xid) of the job are unknown: neither the kernel's log nor the driver's events could be read"
    if not after.xids_from.startswith("kernel") and (
        unspoken := next(_without_word(before, after, series), "")
    ):
        yield f"whether {unspoken} is a fault could not be read: only the kernel's log says it"


def _unread_cards(run: WorkloadRun, before: GpuReadings, after: GpuReadings) -> Iterator[str]:
    """What its cards do not say."""
    if not after.gpus:
        yield "no card could be read (NVML), and one is said to have computed"
    for device in (device for device in run.devices if device.kind == "GPU"):
        for when, readings in (("before", before), ("after", after)):
            if reading_of(device, readings.gpus) is None:
                yield f"{device.name} computed, and no card like it could be read {when} the job (NVML)"
    for gpu in after.gpus:
        yield from (f"{label(gpu)}: {each}" for each in _contradicted(_earlier(gpu, before), gpu))
    for gpu in (*before.gpus, *after.gpus):
        yield from (f"{label(gpu)}: {each}" for each in _unclear(gpu))
    for gpu in after.gpus:
        total, up = number(gpu.facts, "nvlinks"), number(gpu.facts, "nvlinks_active")
        if total and up and up < total and sum(other.name == gpu.name for other in after.gpus) == 1:
            yield f"{label(gpu)}: {up:g} of {total:g} NVLinks are up, and no other card says whether that is meant"


def _without_word(before: GpuReadings, after: GpuReadings, series: tuple[Series, ...]) -> Iterator[str]:
    """Faults (Xid) of which the line in the kernel's log says whether they are some."""
    heard = [event for each in series for stretch in each.stretches for event in stretch.events]
    yield from (xid for xid in (*_new(before, after), *heard) if by_its_word(xid))


def _contradicted(before: GpuReading, after: GpuReading) -> Iterator[str]:
    """Counters that fell, or that were told before the job and not after it."""
    for name in COUNTERS:
        if number(before.facts, name) is not None and name not in after.facts:
            yield f"{name} was told before the job and not after it"
    for name in NEVER_FALL:
        if (fallen := -_grown(before, after, name)) > 0:
            yield f"{name} fell by {fallen:g} during the job: the card was reset, or the result is not one job's"


def _unclear(gpu: GpuReading) -> Iterator[str]:
    """What a card does not say, or says in a way that nobody can read."""
    if VITAL not in gpu.facts:
        yield "the result does not say whether it has memory errors"
    for name in (*COUNTERS, *CONDITIONS):
        value = gpu.facts.get(name, NOT_SUPPORTED)
        if value != NOT_SUPPORTED and (number(gpu.facts, name) is None or float(value) < 0):
            yield f"{name} is {value!r}"


def _odd_events(series: Series) -> Iterator[str]:
    """All but faults (Xid) whose number is known to be a program's or the card's."""
    for event in (event for each in series.stretches for event in each.events):
        if not (event.startswith("Xid ") and fault(f"{event} on {series.index}") is not None):
            yield event


def _new(before: GpuReadings, after: GpuReadings) -> tuple[str, ...]:
    """What the driver and the switches reported during the job: a fault carries its time, so an earlier one is no new one."""
    return tuple(Counter(after.xids) - Counter(before.xids))


def _grown(before: GpuReading, after: GpuReading, name: str) -> float:
    """By how much a counter grew; negative where it fell, 0 where it is unknown."""
    first, last = number(before.facts, name), number(after.facts, name)
    return last - first if first is not None and last is not None else 0.0
