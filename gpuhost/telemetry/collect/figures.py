"""What a card is asked: its figures by the fields of `Card`, through pynvml. Decides nothing about what is refused.

Three tables say how often: once, at every collection, and seldom, because the answer hardly ever changes or takes the driver long.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Nvml = Any
Handle = Any
NvmlError = Any
"""pynvml, which carries no types, its handle of a card, and what it raises."""

Figures = dict[str, Any]
Question = Callable[[Nvml, Handle], Figures]

THROTTLING = {
    0x2: "clocks were set",
    0x4: "power limit",
    0x8: "hardware slowdown",
    0x10: "clocks of a group of cards",
    0x20: "too warm (software)",
    0x40: "too warm (hardware)",
    0x80: "power brake",
    0x100: "clocks of the display",
}
"""nvml.h, nvmlClocksEventReasons, without 0x1, which says that the card is idle."""

RECOVERY = (
    *("none", "reset the card", "restart the host", "drain peer-to-peer", "drain and reset"),
    *("recover the IMEX domain", "reset the bus", "restart the host"),
)
"""nvml.h, nvmlDeviceGpuRecoveryAction_t."""

MOST_LINKS = 18
"""The most NVLinks that a card has had until now."""


def address(bus_id: str | bytes) -> str:
    """As the kernel writes it: NVML has eight digits for the domain, and capitals."""
    told = (bus_id.decode() if isinstance(bus_id, bytes) else bus_id).lower()
    domain, _, rest = told.partition(":")
    return f"{int(domain, 16):04x}:{rest}"


def text(value: str | bytes) -> str:
    """What NVML tells as text; some releases of pynvml give bytes."""
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def _serial(nvml: Nvml, card: Handle) -> Figures:
    serial = text(nvml.nvmlDeviceGetSerial(card))
    return {"serial": "" if serial == "0" else serial}


def _memory(nvml: Nvml, card: Handle) -> Figures:
    told = nvml.nvmlDeviceGetMemoryInfo(card, nvml.nvmlMemory_v2)
    return {
        "memory_total_bytes": told.total,
        "memory_used_bytes": told.used,
        "memory_free_bytes": told.free,
        "memory_reserved_bytes": told.reserved,
    }


def _memory_of_old_drivers(nvml: Nvml, card: Handle) -> Figures:
    """What they call used holds what the driver keeps for itself."""
    told = nvml.nvmlDeviceGetMemoryInfo(card)
    return {
        "memory_total_bytes": told.total,
        "memory_used_bytes": told.used,
        "memory_free_bytes": told.free,
    }


def _utilization(nvml: Nvml, card: Handle) -> Figures:
    told = nvml.nvmlDeviceGetUtilizationRates(card)
    return {"utilization_percent": told.gpu, "memory_utilization_percent": told.memory}


def _throttling(bits: int) -> Figures:
    return {"throttle_reasons": tuple(name for bit, name in THROTTLING.items() if bits & bit)}


def _field(nvml: Nvml, card: Handle, *fields: int) -> int:
    """The sum of these field values. Raises what NVML says of the first that is not there."""
    told = nvml.nvmlDeviceGetFieldValues(card, list(fields))
    for each in told:
        if each.nvmlReturn:
            raise nvml.NVMLError(each.nvmlReturn)
    return sum(int(each.value.ullVal) for each in told)


def _recovery(nvml: Nvml, card: Handle) -> Figures:
    action = _field(nvml, card, nvml.NVML_FI_DEV_GET_GPU_RECOVERY_ACTION) & 0xFFFFFFFF
    return {"recovery_action": RECOVERY[action] if action < len(RECOVERY) else f"action {action}"}


def _ecc(corrected: str, counter: str) -> Callable[[Nvml, Handle], int]:
    def asked(nvml: Nvml, card: Handle) -> int:
        kind = getattr(nvml, f"NVML_MEMORY_ERROR_TYPE_{corrected}")
        return int(nvml.nvmlDeviceGetTotalEccErrors(card, kind, getattr(nvml, f"NVML_{counter}_ECC")))

    return asked


def _remapped_rows(nvml: Nvml, card: Handle) -> Figures:
    corrected, uncorrected, pending, failed = nvml.nvmlDeviceGetRemappedRows(card)
    return {
        "rows_remapped_corrected": corrected,
        "rows_remapped_uncorrected": uncorrected,
        "row_remap_pending": bool(pending),
        "row_remap_failed": bool(failed),
    }


def _retired_pages(nvml: Nvml, card: Handle) -> int:
    causes = range(nvml.NVML_PAGE_RETIREMENT_CAUSE_COUNT)
    return sum(len(nvml.nvmlDeviceGetRetiredPages(card, cause)) for cause in causes)


def _links(nvml: Nvml, card: Handle) -> Figures:
    """What comes before an error stays: behind the last link there is one."""
    states = [int(nvml.nvmlDeviceGetNvLinkState(card, 0))]
    try:
        for link in range(1, MOST_LINKS):
            states.append(int(nvml.nvmlDeviceGetNvLinkState(card, link)))  # noqa: PERF401  as above
    except nvml.NVMLError:
        pass
    return {"nvlinks": len(states), "nvlinks_active": sum(states)}


def _link_errors(nvml: Nvml, card: Handle) -> int:
    kinds = ("CRC_FLIT", "CRC_DATA", "REPLAY", "RECOVERY")
    fields = (getattr(nvml, f"NVML_FI_DEV_NVLINK_{kind}_ERROR_COUNT_TOTAL") for kind in kinds)
    return _field(nvml, card, *fields)


def _bar1(nvml: Nvml, card: Handle) -> Figures:
    told = nvml.nvmlDeviceGetBAR1MemoryInfo(card)
    return {"bar1_total_bytes": told.bar1Total, "bar1_used_bytes": told.bar1Used}


def _one(name: str, ask: Callable[[Nvml, Handle], Any]) -> Question:
    return lambda nvml, card: {name: ask(nvml, card)}


def _clock(name: str, kind: str, function: str = "nvmlDeviceGetClockInfo") -> Question:
    return _one(name, lambda nvml, card: getattr(nvml, function)(card, getattr(nvml, f"NVML_CLOCK_{kind}")))


def _threshold(name: str, kind: str) -> Question:
    return _one(
        name,
        lambda nvml, card: nvml.nvmlDeviceGetTemperatureThreshold(
            card, getattr(nvml, f"NVML_TEMPERATURE_THRESHOLD_{kind}")
        ),
    )


ONCE: dict[str, Question] = {
    "minor": _one("minor", lambda nvml, card: nvml.nvmlDeviceGetMinorNumber(card)),
    "serial": _serial,
    "temperature_slowdown": _threshold("temperature_slowdown_c", "SLOWDOWN"),
    "temperature_shutdown": _threshold("temperature_shutdown_c", "SHUTDOWN"),
    "power_default": _one(
        "power_default_w", lambda nvml, card: nvml.nvmlDeviceGetPowerManagementDefaultLimit(card) / 1000
    ),
    "clock_sm_max": _clock("clock_sm_max_mhz", "SM", "nvmlDeviceGetMaxClockInfo"),
    "clock_memory_max": _clock("clock_memory_max_mhz", "MEM", "nvmlDeviceGetMaxClockInfo"),
    "pcie_generation_max": _one(
        "pcie_generation_max", lambda nvml, card: nvml.nvmlDeviceGetMaxPcieLinkGeneration(card)
    ),
    "pcie_width_max": _one("pcie_width_max", lambda nvml, card: nvml.nvmlDeviceGetMaxPcieLinkWidth(card)),
}

QUICK: dict[str, Question] = {
    "utilization": _utilization,
    "memory": _memory,
    "temperature": _one(
        "temperature_c", lambda nvml, card: nvml.nvmlDeviceGetTemperature(card, nvml.NVML_TEMPERATURE_GPU)
    ),
    "memory_temperature": _one(
        "memory_temperature_c", lambda nvml, card: _field(nvml, card, nvml.NVML_FI_DEV_MEMORY_TEMP)
    ),
    "fan": _one("fan_percent", lambda nvml, card: nvml.nvmlDeviceGetFanSpeed(card)),
    "power": _one("power_w", lambda nvml, card: nvml.nvmlDeviceGetPowerUsage(card) / 1000),
    "energy": _one("energy_j", lambda nvml, card: nvml.nvmlDeviceGetTotalEnergyConsumption(card) / 1000),
    "clock_sm": _clock("clock_sm_mhz", "SM"),
    "clock_memory": _clock("clock_memory_mhz", "MEM"),
    "clock_graphics": _clock("clock_graphics_mhz", "GRAPHICS"),
    "clock_video": _clock("clock_video_mhz", "VIDEO"),
    "performance_state": _one(
        "performance_state", lambda nvml, card: nvml.nvmlDeviceGetPerformanceState(card)
    ),
    "throttling": lambda nvml, card: _throttling(nvml.nvmlDeviceGetCurrentClocksEventReasons(card)),
}

SELDOM: dict[str, Question] = {
    "mig": _one("mig_enabled", lambda nvml, card: bool(nvml.nvmlDeviceGetMigMode(card)[0])),
    "power_limit": _one(
        "power_limit_w", lambda nvml, card: nvml.nvmlDeviceGetPowerManagementLimit(card) / 1000
    ),
    "ecc": _one("ecc_enabled", lambda nvml, card: bool(nvml.nvmlDeviceGetEccMode(card)[0])),
    "ecc_corrected_volatile": _one("ecc_corrected_volatile", _ecc("CORRECTED", "VOLATILE")),
    "ecc_uncorrected_volatile": _one("ecc_uncorrected_volatile", _ecc("UNCORRECTED", "VOLATILE")),
    "ecc_corrected_aggregate": _one("ecc_corrected_aggregate", _ecc("CORRECTED", "AGGREGATE")),
    "ecc_uncorrected_aggregate": _one("ecc_uncorrected_aggregate", _ecc("UNCORRECTED", "AGGREGATE")),
    "remapped_rows": _remapped_rows,
    "retired_pages": _one("pages_retired", _retired_pages),
    "retirement_pending": _one(
        "page_retirement_pending",
        lambda nvml, card: bool(nvml.nvmlDeviceGetRetiredPagesPendingStatus(card)),
    ),
    "recovery": _recovery,
    "links": _links,
    "link_errors": _one("nvlink_errors", _link_errors),
    "bar1": _bar1,
    "pcie_generation": _one(
        "pcie_generation", lambda nvml, card: nvml.nvmlDeviceGetCurrPcieLinkGeneration(card)
    ),
    "pcie_width": _one("pcie_width", lambda nvml, card: nvml.nvmlDeviceGetCurrPcieLinkWidth(card)),
    "pcie_replays": _one("pcie_replays", lambda nvml, card: nvml.nvmlDeviceGetPcieReplayCounter(card)),
    # The driver counts for 20 ms before it answers. It says KB/s, by which it means 1024 bytes.
    "pcie_sent": _one(
        "pcie_sent_bytes_per_s",
        lambda nvml, card: 1024 * nvml.nvmlDeviceGetPcieThroughput(card, nvml.NVML_PCIE_UTIL_TX_BYTES),
    ),
    "pcie_received": _one(
        "pcie_received_bytes_per_s",
        lambda nvml, card: 1024 * nvml.nvmlDeviceGetPcieThroughput(card, nvml.NVML_PCIE_UTIL_RX_BYTES),
    ),
    "persistence": _one("persistence_mode", lambda nvml, card: bool(nvml.nvmlDeviceGetPersistenceMode(card))),
}

INSTEAD: dict[str, Question] = {
    "memory": _memory_of_old_drivers,
    "throttling": lambda nvml, card: _throttling(nvml.nvmlDeviceGetCurrentClocksThrottleReasons(card)),
}
"""What is asked of drivers that are too old for the question."""
