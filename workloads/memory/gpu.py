"""How much memory each card can still give, by NVML. To be asked before a framework is loaded: JAX takes its share at once."""

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any, TypeAlias

JAX_SHARE = 0.75
"""Of a card's memory, that JAX takes by default: https://docs.jax.dev/en/latest/gpu_memory_allocation.html."""

Nvml: TypeAlias = Any
Handle: TypeAlias = Any
Answer: TypeAlias = Any
"""pynvml, and its handles and answers: it travels with the job and carries no types."""


def free() -> dict[str, int]:
    """Bytes by UUID, of cards and of slices of cards (MIG); empty where NVML cannot be asked."""
    try:
        nvml = import_module("pynvml")
        nvml.nvmlInit()
    except Exception:  # noqa: BLE001  without the module, the library or the driver there is nothing to be said, whatever it raises
        return {}
    return dict(_free(nvml))


def usable(free_bytes: int, total_bytes: int, backend: str, limit_mib: int | None) -> tuple[int, str]:
    """What a framework can have of one card, and who says so. Pure.

    Args:
        free_bytes: before the framework was loaded.
        total_bytes: of the card.
        backend: `jax` takes no more than its share.
        limit_mib: what the job was allowed.
    """
    rooms = [(free_bytes, "NVML")]
    if limit_mib is not None:
        rooms.append((limit_mib * 2**20, "--memory-limit-mib"))
    elif backend == "jax":
        rooms.append((int(total_bytes * JAX_SHARE), f"the {JAX_SHARE:.0%} that JAX takes"))
    return min(rooms)


def _free(nvml: Nvml) -> Iterator[tuple[str, int]]:
    for index in range(nvml.nvmlDeviceGetCount()):
        card = _asked(nvml, nvml.nvmlDeviceGetHandleByIndex, index)
        for handle in (card, *_slices(nvml, card)):
            uuid, memory = (
                _asked(nvml, ask, handle) for ask in (nvml.nvmlDeviceGetUUID, nvml.nvmlDeviceGetMemoryInfo)
            )
            if uuid is not None and memory is not None:
                # Older versions of the module return bytes.
                yield uuid.decode() if isinstance(uuid, bytes) else uuid, int(memory.free)


def _slices(nvml: Nvml, card: Handle) -> Iterator[Handle]:
    count = _asked(nvml, nvml.nvmlDeviceGetMaxMigDeviceCount, card) or 0
    for index in range(count):
        yield _asked(nvml, nvml.nvmlDeviceGetMigDeviceHandleByIndex, card, index)


def _asked(nvml: Nvml, ask: Callable[..., Answer], *about: Handle) -> Answer | None:
    """None where the card does not say, or was lost."""
    if None in about:
        return None
    try:
        return ask(*about)
    except nvml.NVMLError:
        return None
