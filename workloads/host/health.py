"""What the cards' own counters say against them, and what a person should know of them. Pure.

A check fails only for what NVIDIA or its own tools call a fault of the card: all else is a note. docs/workloads.md has the list.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import replace

from gpuhost.xid.catalog import Xid, parsed
from workloads.result import Check, Outcome, check
from workloads.result.evidence import GpuProcess, GpuReading, GpuReadings, Reading

CHECK = "gpu_health"
MOST_RETIRED_PAGES = 60
"""Of the 64 that a card has room for. NVIDIA takes a card back from here on (Dynamic Page Retirement, RMA policy)."""
REPLAYS_PER_JOB = 8
"""DCGM's health check warns above 8 PCIe replays a minute; a job takes about that long."""
THROTTLING = {
    0x8: "hardware slowdown",
    0x20: "too warm (software)",
    0x40: "too warm (hardware)",
    0x80: "power brake",
}
"""nvml.h, nvmlClocksEventReasons: those that are not the everyday ones, idleness and the power cap."""


def judge(before: GpuReadings | None, after: GpuReadings | None, cards: int) -> Check:
    """Nothing against any card, before or after.

    Args:
        before: None where no management library is there.
        after: as `before`.
        cards: how many NVIDIA cards the host shows otherwise; without any there is nothing to read.
    """
    expected = "no fault on any card before or after"
    if before is None or after is None:
        if not cards:
            return check(CHECK, "", seen="no NVIDIA card", expected=expected)
        reason = "NVIDIA's management library (libnvidia-ml.so.1) is not there: nothing is known of the cards"
        return Check(name=CHECK, outcome=Outcome.ERROR, seen="nothing", expected=expected, reason=reason)
    reasons = tuple(faults(before, after))
    seen = f"cards: {len(after.gpus)}, driver {after.driver or 'unknown'}"
    if reasons:
        return check(CHECK, "; ".join(reasons), seen=seen, expected=expected)
    unread = before.error or after.error
    if unread:
        return Check(name=CHECK, outcome=Outcome.ERROR, seen=seen, expected=expected, reason=unread)
    return check(CHECK, "", seen=seen, expected=expected)


def narrowed(readings: GpuReadings | None, uuids: Collection[str]) -> GpuReadings | None:
    """Without cards that are not the job's, and without their faults; all of them where `uuids` is empty."""
    if readings is None or not uuids:
        return readings
    others = {gpu.address.partition(".")[0] for gpu in readings.gpus if gpu.uuid not in uuids}
    return replace(
        readings,
        gpus=tuple(gpu for gpu in readings.gpus if gpu.uuid in uuids),
        xids=tuple(each for each in readings.xids if not _is_on(each, others)),
    )


def not_judged() -> Check:
    """The check of a job that is shown no GPU."""
    return check(CHECK, "", seen="not asked", expected="nothing: the job is for the CPU")


def faults(before: GpuReadings, after: GpuReadings) -> Iterator[str]:
    """What makes the check fail."""
    there = {gpu.uuid: gpu for gpu in after.gpus}
    for gpu in before.gpus:
        if gpu.uuid not in there:
            yield f"{_card(gpu)} was there before the job and is lost: {after.error or 'NVML lists it no more'}"
    earlier = {gpu.uuid: gpu for gpu in before.gpus}
    for gpu in after.gpus:
        yield from (f"{_card(gpu)}: {fault}" for fault in _faults_of(earlier.get(gpu.uuid), gpu))
    for xid, count in _counted(Counter(after.xids) - Counter(before.xids)):
        if xid.is_fault:
            yield f"{xid.label} during the job{_times(count)}: {xid.meaning}"


def notes(before: GpuReadings | None, after: GpuReadings | None) -> tuple[str, ...]:
    """What is no fault and may explain a figure."""
    if before is None or after is None:
        return ()
    earlier = {gpu.uuid: gpu for gpu in before.gpus}
    found = [
        f"{_card(gpu)}: {note}" for gpu in after.gpus for note in _notes_of(earlier.get(gpu.uuid, gpu), gpu)
    ]
    old = Counter(before.xids)
    new = Counter(after.xids) - old
    found += [f"{xid.label} before the job{_times(count)}" for xid, count in _counted(old)]
    found += [
        f"{xid.label} during the job{_times(count)}{f': {xid.meaning}' if xid.meaning else ''}"
        for xid, count in _counted(new)
        if not xid.is_fault
    ]
    if after.gpus and not after.xids_from:
        found.append(
            "neither the kernel's log nor the driver's events could be read: faults (Xid) are unknown"
        )
    return tuple(found)


def _is_on(written: str, addresses: Collection[str]) -> bool:
    xid = parsed(written)
    return xid is not None and xid.kind == "Xid" and xid.address in addresses


def _counted(written: "Counter[str]") -> list[tuple[Xid, int]]:
    """Each fault once, whenever it was, and how many times."""
    counted: Counter[Xid] = Counter()
    for text, count in written.items():
        if xid := parsed(text):
            counted[xid] += count
    return list(counted.items())


def _times(count: int) -> str:
    return f", {count} times" if count > 1 else ""


def _faults_of(before: GpuReading | None, after: GpuReading) -> Iterator[str]:
    uncorrected = _number(after, "ecc_uncorrected_volatile")
    if uncorrected:
        yield f"{uncorrected:g} uncorrectable memory errors since the driver was loaded"
    grown = _grown(before, after, "ecc_uncorrected_aggregate")
    if grown and not uncorrected:
        yield f"{grown:g} uncorrectable memory errors during the job"
    if _number(after, "row_remap_failure"):
        yield "a faulty memory row could not be remapped"
    pages = _number(after, "pages_retired") or 0
    if pages >= MOST_RETIRED_PAGES:
        yield f"{pages:g} memory pages are retired, of 64 that there is room for"
    before_links, after_links = _number(before, "nvlinks_active"), _number(after, "nvlinks_active")
    if before_links and after_links is not None and after_links < before_links:
        yield f"{before_links - after_links:g} NVLinks went down during the job"


def _notes_of(before: GpuReading, after: GpuReading) -> Iterator[str]:
    if _number(after, "row_remap_pending") or _number(after, "page_retirement_pending"):
        yield "a faulty memory row or page is out of use at its next reset: reset it or restart the host"
    aggregate = _number(after, "ecc_uncorrected_aggregate")
    if aggregate:
        yield f"{aggregate:g} uncorrectable memory errors in its life"
    corrected = _grown(before, after, "ecc_corrected_volatile")
    if corrected:
        yield f"{corrected:g} corrected memory errors during the job"
    bits = int(_number(after, "throttle_reasons") or 0)
    reasons = [text for bit, text in THROTTLING.items() if bits & bit]
    if reasons:
        yield f"clocks are held back: {', '.join(reasons)}"
    for name, what in (("thermal_throttle_ms", "heat"), ("power_throttle_ms", "its power limit")):
        slowed = _grown(before, after, name)
        if slowed:
            yield f"{slowed:,.0f} ms slowed down by {what}"
    yield from _limits_of(after)
    replays = _grown(before, after, "pcie_replays")
    if replays > REPLAYS_PER_JOB:
        yield f"{replays:g} PCIe replays during the job: look at its slot or riser"
    if _number(after, "mig_mode"):
        yield "it is cut into slices (MIG): a job computes on one of them"
    if before.processes:
        listed = ", ".join(_process(process) for process in before.processes)
        yield f"other processes used it, so speeds are not its own: {listed}"


def _process(process: GpuProcess) -> str:
    """`4242`, and where it is to be seen `4242 (ada: python3)`."""
    return f"{process.pid} ({process.user}: {process.program})" if process.program else str(process.pid)


def _limits_of(gpu: GpuReading) -> Iterator[str]:
    limit, default = _number(gpu, "power_limit_w"), _number(gpu, "power_default_w")
    if limit is not None and default is not None and limit < default:
        yield f"power is limited to {limit:g} W of {default:g} W"
    width, widest = _number(gpu, "pcie_width"), _number(gpu, "pcie_width_max")
    if width and widest and width < widest:
        yield f"its PCIe link has {width:g} of {widest:g} lanes"
    links, active = _number(gpu, "nvlinks"), _number(gpu, "nvlinks_active")
    if links and active and active < links:
        yield f"{active:g} of {links:g} NVLinks are up"


def _grown(before: GpuReading | None, after: GpuReading, name: str) -> float:
    """By how much a counter grew; 0 where it is unknown before or after, as after a reset of the card."""
    first, last = _number(before, name), _number(after, name)
    return max(0.0, last - first) if first is not None and last is not None else 0.0


def _number(gpu: GpuReading | None, name: str) -> float | None:
    value: Reading = gpu.facts.get(name, "") if gpu else ""
    return None if isinstance(value, str) else value


def _card(gpu: GpuReading) -> str:
    return f"card {gpu.index} ({gpu.name}, {gpu.address})"
