"""Who is on a card, and whether it is free. Reads through NVML; the judgement is pure."""

import contextlib
import os
from dataclasses import dataclass

from workloads.host.gpu_processes import MIB, Handle, Nvml, processes_on
from workloads.result.evidence import GpuProcess

HIDDEN_MIB = 256
"""More than this without a process to it belongs to one that is not shown, as in another container: CUDA alone takes as much. An
idle card has some MiB."""
HIDDEN_WITH_RESERVED_MIB = 1280
"""The same where the driver (before 510) counts what it keeps for itself as used: up to 1 GiB on the largest cards."""
DRAWING_SHARE = 0.25
"""Of its memory: a card on which desktops and their programs take more is not free."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occupancy:
    """One card and who is on it."""

    index: int
    uuid: str
    name: str
    total_mib: int
    used_mib: int
    """By programs."""
    allowed_mib: int
    """What may be used without a process to it."""
    processes: tuple[GpuProcess, ...]
    """Of others."""
    is_sliced: bool
    """In MIG mode."""
    error: str
    """Why it cannot be read; empty when it can."""

    @property
    def label(self) -> str:
        """`GPU-5a3c… (card 0, Tesla T4)`."""
        return f"{self.uuid or 'a card'} (card {self.index}, {self.name or 'unknown'})"


def taken_by(card: Occupancy) -> str:
    """Why it is not free; empty when it is. What cannot be read is not free."""
    if card.error:
        return f"cannot be read: {card.error}"
    if card.is_sliced:
        return "is cut into slices (MIG): set CUDA_VISIBLE_DEVICES to one of them, without --gpus"
    computing = [each for each in card.processes if each.kind == "compute"]
    if computing:
        return f"is used by {', '.join(map(described, computing))}"
    drawing = [each for each in card.processes if each.kind != "compute"]
    drawn = sum(each.memory_mib or 0 for each in drawing)
    if drawn > DRAWING_SHARE * card.total_mib:
        return f"draws for {', '.join(map(described, drawing))}"
    hidden = card.used_mib - drawn
    if hidden > card.allowed_mib:
        return f"has {hidden} MiB in use by processes that are not shown here, as those of another container"
    return ""


def described(process: GpuProcess) -> str:
    """`ada: python3 (pid 4242, 1024 MiB)`."""
    size = f", {process.memory_mib} MiB" if process.memory_mib is not None else ""
    whose = f"{process.user}: " if process.user else ""
    return f"{whose}{process.program or 'a process'} (pid {process.pid}{size})"


def read(nvml: Nvml) -> tuple[Occupancy, ...]:
    """All cards that NVML has. Raises its error where not even their number can be read."""
    return tuple(_read(nvml, index) for index in range(nvml.nvmlDeviceGetCount()))


def _read(nvml: Nvml, index: int) -> Occupancy:
    uuid = name = ""
    try:
        handle = nvml.nvmlDeviceGetHandleByIndex(index)
        uuid, name = str(nvml.nvmlDeviceGetUUID(handle)), str(nvml.nvmlDeviceGetName(handle))
        total, used, allowed = _memory(nvml, handle)
    except nvml.NVMLError as cause:
        return Occupancy(
            index=index,
            uuid=uuid,
            name=name,
            total_mib=0,
            used_mib=0,
            allowed_mib=0,
            processes=(),
            is_sliced=False,
            error=str(cause),
        )
    sliced = False
    with contextlib.suppress(nvml.NVMLError):
        sliced = bool(nvml.nvmlDeviceGetMigMode(handle)[0])
    return Occupancy(
        index=index,
        uuid=uuid,
        name=name,
        total_mib=total,
        used_mib=used,
        allowed_mib=allowed,
        processes=tuple(each for each in processes_on(nvml, handle) if each.pid != os.getpid()),
        is_sliced=sliced,
        error="",
    )


def _memory(nvml: Nvml, handle: Handle) -> tuple[int, int, int]:
    """Total, used, and what may be used by nobody, in MiB."""
    with contextlib.suppress(nvml.NVMLError):
        memory = nvml.nvmlDeviceGetMemoryInfo(handle, nvml.nvmlMemory_v2)
        return memory.total // MIB, memory.used // MIB, HIDDEN_MIB
    memory = nvml.nvmlDeviceGetMemoryInfo(handle)
    return memory.total // MIB, memory.used // MIB, HIDDEN_WITH_RESERVED_MIB
