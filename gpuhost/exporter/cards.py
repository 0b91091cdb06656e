"""The figures of cards as metrics. Pure. What a card does not say has no sample.

Names, labels and units are dcgm-exporter's (fields of DCGM, `dcgm_fields.h`) where they mean the same; `orchestrate_` begins the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from gpuhost.exporter.text_format import COUNTER, GAUGE, Family, Labels, Sample
from gpuhost.telemetry.collect.figures import THROTTLING
from gpuhost.telemetry.snapshot import LOST, OK, UNREADABLE, Card, Process, Snapshot

MIB = 1024 * 1024

Figure = tuple[str, str, str, Callable[[Card], "float | None"]]


def _mib(value: int | None) -> float | None:
    return None if value is None else value / MIB


def _times(factor: float, value: float | None) -> float | None:
    return None if value is None else round(value * factor)


FIGURES: tuple[Figure, ...] = (
    ("DCGM_FI_DEV_SM_CLOCK", GAUGE, "SM clock frequency (in MHz).", lambda c: c.clock_sm_mhz),
    ("DCGM_FI_DEV_MEM_CLOCK", GAUGE, "Memory clock frequency (in MHz).", lambda c: c.clock_memory_mhz),
    ("DCGM_FI_DEV_VIDEO_CLOCK", GAUGE, "Video clock frequency (in MHz).", lambda c: c.clock_video_mhz),
    ("DCGM_FI_DEV_MAX_SM_CLOCK", GAUGE, "Highest SM clock (in MHz).", lambda c: c.clock_sm_max_mhz),
    ("DCGM_FI_DEV_MAX_MEM_CLOCK", GAUGE, "Highest memory clock (in MHz).", lambda c: c.clock_memory_max_mhz),
    ("DCGM_FI_DEV_GPU_TEMP", GAUGE, "GPU temperature (in C).", lambda c: c.temperature_c),
    ("DCGM_FI_DEV_MEMORY_TEMP", GAUGE, "Memory temperature (in C).", lambda c: c.memory_temperature_c),
    ("DCGM_FI_DEV_SLOWDOWN_TEMP", GAUGE, "Where it slows down (in C).", lambda c: c.temperature_slowdown_c),
    ("DCGM_FI_DEV_SHUTDOWN_TEMP", GAUGE, "Where it shuts down (in C).", lambda c: c.temperature_shutdown_c),
    ("DCGM_FI_DEV_FAN_SPEED", GAUGE, "Fan speed (in %).", lambda c: c.fan_percent),
    ("DCGM_FI_DEV_PSTATE", GAUGE, "Performance state, 0 is the fastest.", lambda c: c.performance_state),
    ("DCGM_FI_DEV_POWER_USAGE", GAUGE, "Power draw (in W).", lambda c: c.power_w),
    ("DCGM_FI_DEV_POWER_MGMT_LIMIT", GAUGE, "Power limit (in W).", lambda c: c.power_limit_w),
    ("DCGM_FI_DEV_POWER_MGMT_LIMIT_DEF", GAUGE, "Usual power limit (in W).", lambda c: c.power_default_w),
    (
        "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION",
        COUNTER,
        "Energy since the driver was loaded (in mJ).",
        lambda c: _times(1000, c.energy_j),
    ),
    ("DCGM_FI_DEV_GPU_UTIL", GAUGE, "GPU utilization (in %).", lambda c: c.utilization_percent),
    (
        "DCGM_FI_DEV_MEM_COPY_UTIL",
        GAUGE,
        "Part of the time in which memory was read or written (in %).",
        lambda c: c.memory_utilization_percent,
    ),
    ("DCGM_FI_DEV_FB_TOTAL", GAUGE, "Memory (in MiB).", lambda c: _mib(c.memory_total_bytes)),
    ("DCGM_FI_DEV_FB_FREE", GAUGE, "Memory that is free (in MiB).", lambda c: _mib(c.memory_free_bytes)),
    ("DCGM_FI_DEV_FB_USED", GAUGE, "Memory that is used (in MiB).", lambda c: _mib(c.memory_used_bytes)),
    (
        "DCGM_FI_DEV_FB_RESERVED",
        GAUGE,
        "Memory that the driver keeps (in MiB).",
        lambda c: _mib(c.memory_reserved_bytes),
    ),
    ("DCGM_FI_DEV_BAR1_TOTAL", GAUGE, "BAR1 (in MiB).", lambda c: _mib(c.bar1_total_bytes)),
    ("DCGM_FI_DEV_BAR1_USED", GAUGE, "BAR1 that is used (in MiB).", lambda c: _mib(c.bar1_used_bytes)),
    ("DCGM_FI_DEV_ECC_CURRENT", GAUGE, "Whether ECC is on.", lambda c: c.ecc_enabled),
    (
        "DCGM_FI_DEV_ECC_SBE_VOL_TOTAL",
        COUNTER,
        "Corrected ECC errors since the driver was loaded.",
        lambda c: c.ecc_corrected_volatile,
    ),
    (
        "DCGM_FI_DEV_ECC_DBE_VOL_TOTAL",
        COUNTER,
        "Uncorrected ECC errors since the driver was loaded.",
        lambda c: c.ecc_uncorrected_volatile,
    ),
    (
        "DCGM_FI_DEV_ECC_SBE_AGG_TOTAL",
        COUNTER,
        "Corrected ECC errors of the card's life.",
        lambda c: c.ecc_corrected_aggregate,
    ),
    (
        "DCGM_FI_DEV_ECC_DBE_AGG_TOTAL",
        COUNTER,
        "Uncorrected ECC errors of the card's life.",
        lambda c: c.ecc_uncorrected_aggregate,
    ),
    (
        "DCGM_FI_DEV_CORRECTABLE_REMAPPED_ROWS",
        COUNTER,
        "Rows remapped for correctable errors.",
        lambda c: c.rows_remapped_corrected,
    ),
    (
        "DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS",
        COUNTER,
        "Rows remapped for uncorrectable errors.",
        lambda c: c.rows_remapped_uncorrected,
    ),
    ("DCGM_FI_DEV_ROW_REMAP_PENDING", GAUGE, "Whether a remap waits.", lambda c: c.row_remap_pending),
    ("DCGM_FI_DEV_ROW_REMAP_FAILURE", GAUGE, "Whether a remap failed.", lambda c: c.row_remap_failed),
    (
        "DCGM_FI_DEV_RETIRED_PENDING",
        GAUGE,
        "Whether retirement of a page waits.",
        lambda c: c.page_retirement_pending,
    ),
    ("DCGM_FI_DEV_PCIE_LINK_GEN", GAUGE, "PCIe generation.", lambda c: c.pcie_generation),
    ("DCGM_FI_DEV_PCIE_MAX_LINK_GEN", GAUGE, "Highest PCIe generation.", lambda c: c.pcie_generation_max),
    ("DCGM_FI_DEV_PCIE_LINK_WIDTH", GAUGE, "PCIe lanes.", lambda c: c.pcie_width),
    ("DCGM_FI_DEV_PCIE_MAX_LINK_WIDTH", GAUGE, "Most PCIe lanes.", lambda c: c.pcie_width_max),
    ("DCGM_FI_DEV_PCIE_REPLAY_COUNTER", COUNTER, "PCIe retries.", lambda c: c.pcie_replays),
    ("DCGM_FI_DEV_PERSISTENCE_MODE", GAUGE, "Whether persistence mode is on.", lambda c: c.persistence_mode),
    ("DCGM_FI_DEV_MIG_MODE", GAUGE, "Whether the card is cut up (MIG).", lambda c: c.mig_enabled),
    ("orchestrate_gpu_retired_pages", GAUGE, "Retired pages, of either cause.", lambda c: c.pages_retired),
    ("orchestrate_gpu_nvlinks", GAUGE, "NVLinks that the card has.", lambda c: c.nvlinks),
    ("orchestrate_gpu_nvlinks_active", GAUGE, "NVLinks that are up.", lambda c: c.nvlinks_active),
    ("orchestrate_gpu_nvlink_errors_total", COUNTER, "Errors of all NVLinks.", lambda c: c.nvlink_errors),
    (
        "orchestrate_gpu_pcie_sent_bytes_per_second",
        GAUGE,
        "What the card sent over PCIe in the last moments.",
        lambda c: c.pcie_sent_bytes_per_s,
    ),
    (
        "orchestrate_gpu_pcie_received_bytes_per_second",
        GAUGE,
        "What the card received over PCIe in the last moments.",
        lambda c: c.pcie_received_bytes_per_s,
    ),
)
"""Name, type, help and value of what is one number of one card."""


def families(snapshot: Snapshot) -> Iterator[Family]:
    """All that is said of cards."""
    labeled = [(card, labels_of(card, snapshot.host)) for card in snapshot.cards]
    for name, kind, told, value in FIGURES:
        found = ((value(card), labels) for card, labels in labeled)
        yield Family(name, kind, told, tuple(Sample(one, labels) for one, labels in found if one is not None))
    yield _states(labeled)
    yield _throttling(labeled)
    yield _recovery(labeled)
    yield from _instances(labeled)
    yield from _processes(labeled)


def labels_of(card: Card, host: str) -> Labels:
    """As dcgm-exporter labels a card."""
    return {
        "gpu": str(card.index),
        "UUID": card.uuid,
        "pci_bus_id": bus_id(card.address),
        "device": f"nvidia{card.index if card.minor is None else card.minor}",
        "modelName": card.name,
        "Hostname": host,
    }


def bus_id(address: str) -> str:
    """As NVML writes it: 00000000:01:00.0."""
    domain, colon, rest = address.partition(":")
    return f"{domain:0>8}:{rest}".upper() if colon else address


Labeled = Sequence[tuple[Card, Labels]]


def _states(labeled: Labeled) -> Family:
    samples = (
        Sample(card.state == state, {**labels, "state": state})
        for card, labels in labeled
        for state in (OK, LOST, UNREADABLE)
    )
    return Family("orchestrate_gpu_state", GAUGE, "1 for the state that the card is in.", tuple(samples))


def _throttling(labeled: Labeled) -> Family:
    samples = (
        Sample(reason in card.throttle_reasons, {**labels, "reason": reason})
        for card, labels in labeled
        if card.throttle_reasons is not None
        for reason in THROTTLING.values()
    )
    return Family("orchestrate_gpu_throttled", GAUGE, "1 for what holds the clocks back.", tuple(samples))


def _recovery(labeled: Labeled) -> Family:
    samples = (
        Sample(1, {**labels, "action": card.recovery_action})
        for card, labels in labeled
        if card.recovery_action is not None
    )
    told = "1 for what the driver asks to be done, `none` where nothing is."
    return Family("orchestrate_gpu_recovery_action", GAUGE, told, tuple(samples))


def _instances(labeled: Labeled) -> Iterator[Family]:
    """Labels of the parts of a card as dcgm-exporter has them."""
    parts = [
        (
            part,
            {
                **labels,
                "GPU_I_PROFILE": part.profile,
                "GPU_I_ID": "" if part.gpu_instance is None else str(part.gpu_instance),
                "compute_instance": "" if part.compute_instance is None else str(part.compute_instance),
            },
        )
        for card, labels in labeled
        for part in card.mig_instances
    ]
    for name, told, field in (
        ("orchestrate_mig_memory_bytes", "Memory of a part of a card.", "memory_total_bytes"),
        ("orchestrate_mig_memory_used_bytes", "What is used of it.", "memory_used_bytes"),
    ):
        found = ((getattr(part, field), labels) for part, labels in parts)
        yield Family(
            name, GAUGE, told, tuple(Sample(value, labels) for value, labels in found if value is not None)
        )


def _processes(labeled: Labeled) -> Iterator[Family]:
    """By user and unit, not by process: each process would be a series of its own for ever."""
    counts, memory = [], []
    for card, labels in labeled:
        groups: dict[tuple[str, str], list[Process]] = {}
        for process in card.processes:
            groups.setdefault((process.user, process.unit), []).append(process)
        for (user, unit), those in sorted(groups.items()):
            owned = {**labels, "user": user, "unit": unit}
            known = [process.memory_bytes for process in those if process.memory_bytes is not None]
            counts.append(Sample(len(those), owned))
            memory += [Sample(sum(known), owned)] if known else []
    yield Family("orchestrate_gpu_processes", GAUGE, "Processes on a card, by user and unit.", tuple(counts))
    told = "Memory of a card that processes hold, by user and unit."
    yield Family("orchestrate_gpu_process_memory_bytes", GAUGE, told, tuple(memory))
