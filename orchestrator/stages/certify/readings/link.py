"""Does each card have all of its PCIe link while it is under load? Idle links go down to save power. Pure."""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from orchestrator.catalog.speeds import ANY, expectations
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
from orchestrator.stages.certify.readings.watched import BRIEF, of_each_card

REPLAYS_PER_MINUTE = 8
"""DCGM's health check warns above it."""
LANE_GB_S = {1: 0.25, 2: 0.5, 3: 0.985, 4: 1.969, 5: 3.938, 6: 7.563}
"""10**9 bytes a second of a lane by generation, after its encoding (PCI Express Base Specification)."""
COPIES = 0.5
"""Of the link: pinned copies reach 0.75 to 0.9. Others say more of the host than of the card."""
SLOT = "pcie_slot_width"
Facts: TypeAlias = Mapping[str, int | float | str]


def confirm_link(run: WorkloadRun, telemetry: Telemetry) -> Finding:
    """Lanes and generation are those that card and slot have, the link does not fall under load, and hardly repeats itself."""
    expected = "the lanes and the generation that card and slot have, under load"

    def look(device: Device, gpu: GpuReading, series: Series) -> tuple[str, tuple[str, ...]]:
        facts = after_of(run, gpu).facts
        loaded = series.values("pcie_width", series.loaded())
        width = max(loaded or (*series.values("pcie_width"), number(facts, "pcie_width") or 0), default=0)
        read = bool(series.values("pcie_width"))
        if number(gpu.facts, "pcie_width") is not None and not (read and width):
            raise UnreadableError("how many lanes its PCIe link had under load was not read")
        seen = f"{device.name} {f'{width:.0f} lanes' if width else 'does not tell its link'}"
        return seen, (
            *_narrow(gpu, width),
            *_slow(run, gpu, series),
            *_falling(series),
            *_replays(series, gpu.facts, facts),
            *_copies(run, device, series),
        )

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


def _copies(run: WorkloadRun, device: Device, series: Series) -> Iterator[str]:
    """Copies of `gpu_burn` from and to memory that does not move, which fill a link."""
    lane = LANE_GB_S.get(int(max(series.values("pcie_generation"), default=0)), 0.0)
    link = lane * max(series.values("pcie_width"), default=0)
    for row in run.tables.get("copies", ()):
        way, speed = str(row.get("way")), row.get("gb_per_s")
        if (
            row.get("device") != device.name
            or not way.endswith(", pinned")
            or not isinstance(speed, int | float)
        ):
            continue
        if link and speed < COPIES * link:
            yield f"{way}: {speed:.1f} of the {link:.1f} GB/s that its PCIe link carries"


def _replays(series: Series, before: Facts, after: Facts) -> Iterator[str]:
    counts = series.values("pcie_replays")
    minutes = max(1.0, (series.stretches[-1].until_s - series.stretches[0].at_s) / 60)
    first, last = number(before, "pcie_replays"), number(after, "pcie_replays")
    grown = max(
        counts[-1] - counts[0] if counts else 0.0,
        last - first if first is not None and last is not None else 0.0,
    )
    if grown > REPLAYS_PER_MINUTE * minutes:
        yield f"{grown:.0f} PCIe replays during the job"
