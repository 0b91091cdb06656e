"""Does each card have all of its PCIe link while it is under load? Idle links go down to save power. Pure."""

from collections.abc import Iterator

from orchestrator.catalog.speeds import ANY, expectations
from orchestrator.models import GpuReading, Outcome, WorkloadRun
from orchestrator.stages.certify.finding import Finding, passed, unknown
from orchestrator.stages.certify.readings.series import (
    BUSY,
    Series,
    Telemetry,
    computing_cards,
    label,
    number,
)
from orchestrator.stages.certify.readings.watched import BRIEF

REPLAYS_PER_MINUTE = 8
"""DCGM's health check warns above it."""
SLOT = "pcie_slot_width"


def confirm_link(run: WorkloadRun, telemetry: Telemetry) -> Finding:
    """Lanes and generation are those that card and slot have, the link does not fall under load, and hardly repeats itself."""
    expected = "the lanes and the generation that card and slot have, under load"
    if run.device_used != "GPU":
        return passed("no NVIDIA card is used", expected)
    if telemetry.unreadable:
        return unknown(telemetry.unreadable, expected)
    seen, reasons = [], []
    for device, gpu in computing_cards(run):
        series = telemetry.of(device, gpu)
        if gpu is None or series is None:
            continue
        facts = _after(run, gpu).facts
        width = max((*series.values("pcie_width"), number(facts, "pcie_width") or 0), default=0)
        seen.append(f"{device.name} {f'{width:.0f} lanes' if width else 'does not tell its link'}")
        found = (*_narrow(gpu, width), *_slow(run, gpu, series), *_falling(series), *_replays(series))
        reasons += [f"{label(gpu)}: {reason}" for reason in found]
    if reasons:
        return Finding(Outcome.FAILED, ", ".join(seen), expected, "; ".join(reasons))
    return passed(", ".join(seen), expected)


def _narrow(gpu: GpuReading, width: float) -> Iterator[str]:
    most = number(gpu.facts, "pcie_width_max")
    if not width or not most:
        return
    slot = number(gpu.facts, SLOT)
    least, whose = most, "lanes"
    if slot and slot >= width:
        least = min(most, slot)
    elif SLOT in gpu.facts:  # a virtual machine: how the slot is wired is not to be seen, and half is usual
        least = most / 2
    rows = [row for row in expectations() if row.figure == "pcie_width" and row.workload == ANY]
    known = [row.least for row in rows if row.gpu == gpu.name.removeprefix("NVIDIA ")]
    if width < min([least, *known]):
        yield f"its PCIe link has {width:.0f} of {most:.0f} {whose}"


def _slow(run: WorkloadRun, gpu: GpuReading, series: Series) -> Iterator[str]:
    most = number(gpu.facts, "pcie_generation_max")
    reached = max(series.values("pcie_generation", series.loaded()), default=None)
    if most and reached and reached < most and run.request.workload not in BRIEF:
        yield f"its PCIe link ran at generation {reached:.0f} of {most:.0f} under load"


def _falling(series: Series) -> Iterator[str]:
    widths = series.values("pcie_width", series.loaded(BUSY))
    if widths and sum(width < max(widths) for width in widths) > 1:
        yield f"its PCIe link fell from {max(widths):.0f} to {min(widths):.0f} lanes under load"


def _replays(series: Series) -> Iterator[str]:
    counts = series.values("pcie_replays")
    minutes = max(1.0, (series.stretches[-1].until_s - series.stretches[0].at_s) / 60)
    if counts and counts[-1] - counts[0] > REPLAYS_PER_MINUTE * minutes:
        yield f"{counts[-1] - counts[0]:.0f} PCIe replays during the job"


def _after(run: WorkloadRun, gpu: GpuReading) -> GpuReading:
    after = run.evidence.gpus_after.gpus if run.evidence and run.evidence.gpus_after else ()
    return next((each for each in after if each.uuid == gpu.uuid), gpu)
