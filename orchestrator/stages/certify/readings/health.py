"""Is there nothing against any card: lost, broken memory, faults by the driver's own word, before, during or after a job? Pure.

A fault is what NVIDIA's own tools call one; what may only explain a figure is a note. What cannot be read is no pass.
"""

from collections import Counter
from collections.abc import Iterator

from orchestrator.models import GpuReading, GpuReadings, Outcome, WorkloadRun
from orchestrator.stages.certify.finding import Finding, passed, unknown
from orchestrator.stages.certify.readings.series import Series, Telemetry, label, number
from orchestrator.stages.certify.xids import fault

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


def _earlier(gpu: GpuReading, before: GpuReadings) -> GpuReading:
    return next((each for each in before.gpus if each.uuid == gpu.uuid), gpu)


def _faults(before: GpuReading, after: GpuReading) -> Iterator[str]:
    found = []
    if uncorrected := number(after.facts, VITAL):
        found.append(f"{uncorrected:g} uncorrectable memory errors since the driver was loaded")
    if (grown := _grown(before, after, "ecc_uncorrected_aggregate")) > 0 and not uncorrected:
        found.append(f"{grown:g} uncorrectable memory errors during the job")
    if number(after.facts, "row_remap_failure"):
        found.append("a faulty memory row could not be remapped")
    if number(after.facts, "row_remap_pending") or number(after.facts, "page_retirement_pending"):
        found.append("a faulty memory row or page is in use until its next reset (pending)")
    if (grown := _grown(before, after, "rows_remapped")) > 0:
        found.append(f"{grown:g} memory rows were remapped during the job")
    if (pages := number(after.facts, "pages_retired") or 0) >= MOST_RETIRED_PAGES:
        found.append(f"{pages:g} memory pages are retired, of 64 that there is room for")
    if wanted := int(number(after.facts, "recovery_action") or number(before.facts, "recovery_action") or 0):
        found.append(f"its driver asks for a {RECOVERY.get(wanted, f'recovery (action {wanted})')}")
    if (down := -_grown(before, after, "nvlinks_active")) > 0:
        found.append(f"{down:g} NVLinks went down during the job")
    yield from (f"{label(after)}: {each}" for each in found)


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
    if max(series.values("row_remap_pending"), default=0):
        yield "a faulty memory row or page is in use until its next reset (pending)"


def _unread(
    run: WorkloadRun, before: GpuReadings, after: GpuReadings, series: tuple[Series, ...]
) -> Iterator[str]:
    """Why the readings prove nothing."""
    if any(fault(xid) is None for xid in _new(before, after)):
        yield "what the host reports of faults (Xid) cannot be read"
    if run.device_used != "GPU":
        return
    if error := before.error or after.error:
        yield error
    if before.driver != after.driver:
        yield f"the driver was {before.driver or 'unknown'} before the job and {after.driver or 'unknown'} after it"
    if not after.gpus:
        yield "no card could be read (NVML), and one is said to have computed"
    for gpu in (*before.gpus, *after.gpus):
        yield from (f"{label(gpu)}: {each}" for each in _unclear(gpu))
    for gpu in after.gpus:
        total, up = number(gpu.facts, "nvlinks"), number(gpu.facts, "nvlinks_active")
        if total and up and up < total and sum(other.name == gpu.name for other in after.gpus) == 1:
            yield f"{label(gpu)}: {up:g} of {total:g} NVLinks are up, and no other card says whether that is meant"
    for each in series:
        yield from (f"card {each.index}: {event}" for event in _odd_events(each))


def _unclear(gpu: GpuReading) -> Iterator[str]:
    """What a card does not say, or says in a way that nobody can read."""
    if VITAL not in gpu.facts:
        yield "the result does not say whether it has memory errors"
    for name in COUNTERS:
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
