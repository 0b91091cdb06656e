"""Every card as NVIDIA's management library has it, through pynvml. Reads only: nothing is set, reset or cleared.

What a card does not have is `not supported`, never zero.
"""

import contextlib
import ctypes
import os
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from gpuhost.xid import kernel_log
from workloads.host.gpu_processes import MIB, Handle, Nvml, processes_on
from workloads.result.evidence import NOT_SUPPORTED, GpuReading, GpuReadings, Reading

LIBRARY = "libnvidia-ml.so.1"
NVLINKS = 18
"""The most that a card has had until now (H100)."""
MOST_XIDS = 50
PCI = Path("/sys/bus/pci/devices")


class UnreadableError(Exception):
    """The library is there and says nothing; the text says why."""


def opened() -> Nvml | None:
    """The library, ready to be asked; None where there is none. Again is as good as once. Raises UnreadableError."""
    try:
        ctypes.CDLL(LIBRARY)
    except OSError:
        return None
    try:
        nvml = import_module("pynvml")
    except ImportError as cause:
        raise UnreadableError(f"pynvml cannot be loaded: {cause}") from cause
    try:
        nvml.nvmlInit()
    except nvml.NVMLError as cause:
        raise UnreadableError(f"NVML: {cause}") from cause
    return nvml


def free_mib(uuid: str) -> int | None:
    """Of a card's memory, now; None where it cannot be asked."""
    try:
        nvml = opened()
    except UnreadableError:
        return None
    if nvml is None:
        return None
    try:
        return int(nvml.nvmlDeviceGetMemoryInfo(nvml.nvmlDeviceGetHandleByUUID(uuid)).free) // MIB
    except nvml.NVMLError:
        return None


class Watch:
    """Reads all cards before and after a job, and hears of faults in between."""

    def __init__(self) -> None:
        self._events: Any = None

    def before(self) -> GpuReadings | None:
        """What the cards say now; None where there is no library to ask. Begins to listen for faults."""
        return self._read()

    def after(self) -> GpuReadings | None:
        """What they say now, with the faults since `before`."""
        return self._read()

    def _read(self) -> GpuReadings | None:
        try:
            nvml = opened()
        except UnreadableError as cause:
            return _nothing(str(cause))
        if nvml is None:
            return None
        try:
            return self._readings(nvml)
        except nvml.NVMLError as cause:
            return _nothing(f"NVML: {cause}")

    def _readings(self, nvml: Nvml) -> GpuReadings:
        gpus, errors, handles = [], [], []
        for index in range(nvml.nvmlDeviceGetCount()):
            try:
                handle = nvml.nvmlDeviceGetHandleByIndex(index)
            except nvml.NVMLError as cause:
                errors.append(f"card {index}: {cause}")
                continue
            handles.append(handle)
            gpus.append(self._gpu(nvml, index, handle))
        xids, source = self._faults(nvml, handles)
        return GpuReadings(
            driver=str(_asked(nvml, nvml.nvmlSystemGetDriverVersion)),
            error="; ".join(errors),
            gpus=tuple(gpus),
            xids=xids[-MOST_XIDS:],
            xids_from=source,
        )

    def _gpu(self, nvml: Nvml, index: int, handle: Handle) -> GpuReading:
        # A container is shown the process ids of its computer: this job's own one is among them, and unknown.
        processes = tuple(
            each
            for each in processes_on(nvml, handle)
            if each.pid != os.getpid() and (self._events is None or Path(f"/proc/{each.pid}").exists())
        )
        return GpuReading(
            index=index,
            uuid=str(_asked(nvml, nvml.nvmlDeviceGetUUID, handle)),
            address=str(_asked(nvml, lambda: _address(nvml.nvmlDeviceGetPciInfo(handle).busId))),
            name=str(_asked(nvml, nvml.nvmlDeviceGetName, handle)),
            facts=dict(_facts(nvml, handle)),
            processes=processes,
        )

    def _faults(self, nvml: Nvml, handles: list[Handle]) -> tuple[tuple[str, ...], str]:
        logged = kernel_log.xids()
        if logged is not None:
            return logged
        if self._events is None:
            return (), "NVML events" if self._listen(nvml, handles) else ""
        return tuple(self._heard(nvml)), "NVML events"

    def _listen(self, nvml: Nvml, handles: list[Handle]) -> bool:
        try:
            events = nvml.nvmlEventSetCreate()
            for handle in handles:
                nvml.nvmlDeviceRegisterEvents(handle, nvml.nvmlEventTypeXidCriticalError, events)
        except nvml.NVMLError:
            return False
        self._events = events
        return True

    def _heard(self, nvml: Nvml) -> Iterator[str]:
        """Until there is none waiting, which NVML says as a timeout."""
        with contextlib.suppress(nvml.NVMLError):
            for _ in range(MOST_XIDS):
                event = nvml.nvmlEventSetWait_v2(self._events, 0)
                address = _address(nvml.nvmlDeviceGetPciInfo(event.device).busId)
                yield f"Xid {event.eventData} on {address}"


def _facts(nvml: Nvml, handle: Handle) -> Iterator[tuple[str, Reading]]:
    """Everything about one card that a counter, a limit or a mode says."""
    uncorrected, volatile = nvml.NVML_MEMORY_ERROR_TYPE_UNCORRECTED, nvml.NVML_VOLATILE_ECC
    corrected, aggregate = nvml.NVML_MEMORY_ERROR_TYPE_CORRECTED, nvml.NVML_AGGREGATE_ECC
    asked: dict[str, Callable[[], Reading]] = {
        "memory_mib": lambda: nvml.nvmlDeviceGetMemoryInfo(handle).total // MIB,
        "memory_used_mib": lambda: nvml.nvmlDeviceGetMemoryInfo(handle).used // MIB,
        "utilization_percent": lambda: nvml.nvmlDeviceGetUtilizationRates(handle).gpu,
        "recovery_action": lambda: _recovery_action(nvml, handle),
        "ecc_on": lambda: nvml.nvmlDeviceGetEccMode(handle)[0],
        "ecc_uncorrected_volatile": lambda: nvml.nvmlDeviceGetTotalEccErrors(handle, uncorrected, volatile),
        "ecc_uncorrected_aggregate": lambda: nvml.nvmlDeviceGetTotalEccErrors(handle, uncorrected, aggregate),
        "ecc_corrected_volatile": lambda: nvml.nvmlDeviceGetTotalEccErrors(handle, corrected, volatile),
        "rows_remapped": lambda: sum(nvml.nvmlDeviceGetRemappedRows(handle)[:2]),
        "row_remap_pending": lambda: nvml.nvmlDeviceGetRemappedRows(handle)[2],
        "row_remap_failure": lambda: nvml.nvmlDeviceGetRemappedRows(handle)[3],
        "pages_retired": lambda: sum(
            len(nvml.nvmlDeviceGetRetiredPages(handle, cause))
            for cause in range(nvml.NVML_PAGE_RETIREMENT_CAUSE_COUNT)
        ),
        "page_retirement_pending": lambda: nvml.nvmlDeviceGetRetiredPagesPendingStatus(handle),
        "throttle_reasons": lambda: nvml.nvmlDeviceGetCurrentClocksThrottleReasons(handle),
        "thermal_throttle_ms": lambda: _violation_ms(nvml, handle, nvml.NVML_PERF_POLICY_THERMAL),
        "power_throttle_ms": lambda: _violation_ms(nvml, handle, nvml.NVML_PERF_POLICY_POWER),
        "temperature_c": lambda: nvml.nvmlDeviceGetTemperature(handle, nvml.NVML_TEMPERATURE_GPU),
        "temperature_slowdown_c": lambda: nvml.nvmlDeviceGetTemperatureThreshold(
            handle, nvml.NVML_TEMPERATURE_THRESHOLD_SLOWDOWN
        ),
        "power_w": lambda: nvml.nvmlDeviceGetPowerUsage(handle) / 1000,
        "power_limit_w": lambda: nvml.nvmlDeviceGetPowerManagementLimit(handle) / 1000,
        "power_default_w": lambda: nvml.nvmlDeviceGetPowerManagementDefaultLimit(handle) / 1000,
        "pcie_width": lambda: nvml.nvmlDeviceGetCurrPcieLinkWidth(handle),
        "pcie_width_max": lambda: nvml.nvmlDeviceGetMaxPcieLinkWidth(handle),
        "pcie_generation": lambda: nvml.nvmlDeviceGetCurrPcieLinkGeneration(handle),
        "pcie_generation_max": lambda: nvml.nvmlDeviceGetMaxPcieLinkGeneration(handle),
        "pcie_slot_width": lambda: _slot_width(_address(nvml.nvmlDeviceGetPciInfo(handle).busId)),
        "pcie_replays": lambda: nvml.nvmlDeviceGetPcieReplayCounter(handle),
        "clock_sm_mhz": lambda: nvml.nvmlDeviceGetClockInfo(handle, nvml.NVML_CLOCK_SM),
        "clock_sm_max_mhz": lambda: nvml.nvmlDeviceGetMaxClockInfo(handle, nvml.NVML_CLOCK_SM),
        "clock_memory_mhz": lambda: nvml.nvmlDeviceGetClockInfo(handle, nvml.NVML_CLOCK_MEM),
        "clock_memory_max_mhz": lambda: nvml.nvmlDeviceGetMaxClockInfo(handle, nvml.NVML_CLOCK_MEM),
        "persistence_mode": lambda: nvml.nvmlDeviceGetPersistenceMode(handle),
        "mig_mode": lambda: nvml.nvmlDeviceGetMigMode(handle)[0],
        "nvlinks_active": lambda: sum(_links(nvml, handle)),
        "nvlinks": lambda: len(_links(nvml, handle)),
    }
    for name, ask in asked.items():
        yield name, _asked(nvml, ask)


def _asked(nvml: Nvml, ask: Callable[..., Reading], *handle: Handle) -> Reading:
    """The answer, or why there is none."""
    try:
        return ask(*handle)
    except nvml.NVMLError as cause:
        absent = {nvml.NVML_ERROR_NOT_SUPPORTED, nvml.NVML_ERROR_FUNCTION_NOT_FOUND}
        return NOT_SUPPORTED if cause.value in absent else f"not readable: {cause}"


def _recovery_action(nvml: Nvml, handle: Handle) -> int:
    """What the driver wants done to the card before it is used again: 0 is nothing (nvml.h, nvmlDeviceGpuRecoveryAction)."""
    (told,) = nvml.nvmlDeviceGetFieldValues(handle, [nvml.NVML_FI_DEV_GET_GPU_RECOVERY_ACTION])
    if told.nvmlReturn:
        raise nvml.NVMLError(told.nvmlReturn)
    return int(told.value.uiVal)


def _slot_width(address: str, devices: Path = PCI) -> Reading:
    """Lanes of the port above the card; not there in a virtual machine that shows none. 255 is the kernel's word for unknown."""
    try:
        width = int(
            (devices / address).resolve().parent.joinpath("max_link_width").read_text(encoding="ascii")
        )
    except (OSError, ValueError):
        return NOT_SUPPORTED
    return width if 0 < width < 255 else NOT_SUPPORTED


def _violation_ms(nvml: Nvml, handle: Handle, policy: int) -> int:
    return int(nvml.nvmlDeviceGetViolationStatus(handle, policy).violationTime) // 1_000_000


def _links(nvml: Nvml, handle: Handle) -> list[int]:
    """1 for each link that is up, 0 for one that is down. Raises what NVML says where there is not even a first one."""
    states = [int(nvml.nvmlDeviceGetNvLinkState(handle, 0))]
    with contextlib.suppress(nvml.NVMLError):
        for link in range(1, NVLINKS):
            states.append(int(nvml.nvmlDeviceGetNvLinkState(handle, link)))  # noqa: PERF401  what came before an error stays
    return states


def _address(bus_id: str | bytes) -> str:
    """As the kernel writes it: NVML has eight digits for the domain."""
    text = (bus_id.decode() if isinstance(bus_id, bytes) else bus_id).lower()
    domain, _, rest = text.partition(":")
    return f"{int(domain, 16):04x}:{rest}"


def _nothing(why: str) -> GpuReadings:
    return GpuReadings(driver="", error=why, gpus=(), xids=(), xids_from="")
