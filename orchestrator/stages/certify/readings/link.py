"""Does each card have all of its PCIe link while it is under load? Idle links go down to save power. Pure."""

from collections.abc import Iterator

from orchestrator.catalog.speeds import ANY, expectations
from orchestrator.models import Device, GpuReading, WorkloadRun
from orchestrator.stages.certify.finding import Finding
from orchestrator.stages.certify.readings.series import BUSY, Series, Telemetry, number
from orchestrator.stages.certify.readings.watched import BRIEF, of_each_card

REPLAYS_PER_MINUTE = 8
"""DCGM's health check warns above it."""
SLOT = "pcie_slot_width"


def confirm_link(run: WorkloadRun, telemetry: Telemetry) -> Finding:
    """Lanes and generation are those that card and slot have, the link does not fall under load, and hardly repeats itself."""
    expected = "the lanes and the generation that card and slot have, under load"

    def look(device: Device, gpu: GpuReading, series: Series) -> tuple[str, tuple[str, ...]]:
        facts = _after(run, gpu).facts
        width = max((*series.values("pcie_width"), number(facts, "pcie_width") or 0), default=0)
        seen = f"{device.name} {f'{width:.0f} lanes' if width else 'does not tell its link'}"
        return seen, (*_narrow(gpu, width), *_slow(run, gpu, series), *_falling(series), *_replays(series))

    return of_each_card(run, telemetry, expected, look)


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
