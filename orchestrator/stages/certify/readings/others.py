"""Were the cards the job's own while it ran? What others compute on a card, its figures do not show. Pure."""

from collections.abc import Iterator

from orchestrator.models import GpuProcess, GpuReading, Outcome, WorkloadRun
from orchestrator.stages.certify.finding import Finding, passed, unknown
from orchestrator.stages.certify.readings.series import (
    Series,
    Telemetry,
    after_of,
    computing_cards,
    label,
    number,
)

BEFORE_S = 1.0
"""So soon after the start of a job no framework is loaded: what a card does then is somebody else's."""
BUSY_PERCENT = 20.0
MEMORY_SHARE = 0.25
"""Of a card's memory, in use before the job: drivers and desktops take less."""


def confirm_alone(run: WorkloadRun, telemetry: Telemetry) -> Finding:
    """No other process computed on a card of the job, before, after or meanwhile."""
    expected = "nobody else computes on the cards"
    if run.device_used != "GPU":
        return passed("no NVIDIA card is used", expected)
    if telemetry.unreadable:
        return unknown(telemetry.unreadable, expected)
    found = []
    for device, gpu in computing_cards(run):
        if gpu is None or number(gpu.facts, "mig_mode"):  # slices have units and memory of their own
            continue
        signs = _others(gpu, after_of(run, gpu), telemetry.of(device, gpu))
        found += [f"{label(gpu)}: {reason}" for reason in signs]
    seen = f"{len(found)} signs of others"
    return Finding(Outcome.ERROR, seen, expected, "; ".join(found)) if found else passed("none", expected)


def _others(before: GpuReading, after: GpuReading, series: Series | None) -> Iterator[str]:
    processes = {each.pid: each for each in (*before.processes, *after.processes) if each.kind != "graphics"}
    if processes:
        yield f"other processes computed on it: {', '.join(map(_process, processes.values()))}"
    early = [each for each in (series.stretches if series else ()) if each.until_s <= BEFORE_S]
    busy = [each.figures.get("utilization_percent", 0.0) for each in early]
    busy.append(number(before.facts, "utilization_percent") or 0.0)
    if max(busy) >= BUSY_PERCENT:
        yield f"it was busy to {max(busy):.0f} % before the job began"
    total = number(before.facts, "memory_mib")
    taken = max(
        [each.figures.get("memory_used_mib", 0.0) for each in early]
        + [number(before.facts, "memory_used_mib") or 0.0]
    )
    if total and taken > MEMORY_SHARE * total:
        yield f"{taken:.0f} of {total:.0f} MiB of its memory were in use before the job began"


def _process(process: GpuProcess) -> str:
    """`4242`, and where it is to be seen `4242 (ada: python3)`."""
    return f"{process.pid} ({process.user}: {process.program})" if process.program else str(process.pid)
