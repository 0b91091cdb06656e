"""NVIDIA cards as the CUDA driver shows them to this process, and what a limit on their memory means. No framework."""

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from workloads.result import Check, Kind, MemoryLimitError, check

_NO_DEVICE = 100
"""cuda.h, CUDA_ERROR_NO_DEVICE: the driver works and shows this process no card."""
MIB = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """An NVIDIA card as the CUDA driver shows it to this process."""

    name: str
    memory_mib: int
    uuid: str = ""
    """`GPU-…`, of a slice its own; empty where the driver does not say."""
    address: str = ""
    """On the PCI bus, `0000:00:1e.0`."""


def nvidia_cards() -> tuple[Card, ...] | None:
    """The cards that this process may use, in the order in which every framework numbers them; None without a driver.

    Asked of the driver itself: each framework hides a part of this, and `nvidia-smi` numbers differently.
    """
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return None
    count = ctypes.c_int()
    code = driver.cuInit(0) or driver.cuDeviceGetCount(ctypes.byref(count))
    if code:
        return () if code == _NO_DEVICE else None
    return tuple(_card(driver, index) for index in range(count.value))


def check_limit_fits(limit_mib: int | None, cards: Sequence[Card]) -> None:
    """Refuse a limit larger than a card: to JAX it would mean to take host memory too. Raises MemoryLimitError."""
    for card in cards:
        if limit_mib is not None and limit_mib > card.memory_mib:
            raise MemoryLimitError(
                f"a memory limit of {limit_mib} MiB was asked for, and {card.name} has {card.memory_mib} MiB"
            )


def check_limit_applies(limit_mib: int | None, wanted: Kind, cards: Sequence[Card]) -> None:
    """Refuse a limit that nothing would keep. Raises MemoryLimitError."""
    if limit_mib is not None and (wanted is Kind.CPU or not cards):
        raise MemoryLimitError(
            f"a memory limit of {limit_mib} MiB was asked for: it can be set on NVIDIA GPUs only, and this job would "
            f"compute on {'the CPU' if wanted is Kind.CPU else 'another GPU'}"
        )


def limit_of_share(fraction: float, cards: Sequence[Card]) -> int:
    """A share of each card's memory as one limit in MiB for all: that of the smallest. Raises MemoryLimitError without a card."""
    if not cards:
        raise MemoryLimitError(
            f"a memory fraction of {fraction:g} was asked for: it can be set on NVIDIA GPUs only, and this job is shown none"
        )
    return max(1, int(fraction * min(card.memory_mib for card in cards)))


def check_memory(limit_mib: int, peak_mib: int) -> Check:
    """Did the framework keep to its limit?"""
    reason = f"took {peak_mib - limit_mib} MiB too much" if peak_mib > limit_mib else ""
    return check("memory_limit", reason, seen=f"peak {peak_mib} MiB", expected=f"at most {limit_mib} MiB")


def mib(size: int) -> int:
    """Bytes as MiB, rounded up."""
    return -(-size // MIB)


def _card(driver: ctypes.CDLL, index: int) -> Card:
    handle, name, size = ctypes.c_int(), ctypes.create_string_buffer(128), ctypes.c_size_t()
    driver.cuDeviceGet(ctypes.byref(handle), index)
    driver.cuDeviceGetName(name, len(name), handle)
    driver.cuDeviceTotalMem_v2(ctypes.byref(size), handle)
    address = ctypes.create_string_buffer(32)
    known = driver.cuDeviceGetPCIBusId(address, len(address), handle) == 0
    return Card(
        name=name.value.decode(errors="replace"),
        memory_mib=size.value // MIB,
        uuid=_uuid(driver, handle),
        address=address.value.decode(errors="replace").lower() if known else "",
    )


def _uuid(driver: ctypes.CDLL, handle: ctypes.c_int) -> str:
    """Of the slice where there are slices (version 2 of the call), else of the card, written as `nvidia-smi -L` does."""
    raw = ctypes.create_string_buffer(16)
    for name in ("cuDeviceGetUuid_v2", "cuDeviceGetUuid"):
        function = getattr(driver, name, None)  # a driver may be older than the call
        if function and function(raw, handle) == 0:
            return f"GPU-{UUID(bytes=raw.raw)}"
    return ""
