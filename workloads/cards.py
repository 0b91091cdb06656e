"""NVIDIA cards as the CUDA driver shows them to this process, and what a limit on their memory means. No framework."""

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass

from workloads.result import Check, Kind, MemoryLimitError, check

_MIB = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """An NVIDIA card as the CUDA driver shows it to this process."""

    name: str
    memory_mib: int


def nvidia_cards() -> tuple[Card, ...]:
    """The cards that this process may use, in the order in which every framework numbers them; none without a driver.

    Asked of the driver itself: each framework hides a part of this, and `nvidia-smi` numbers differently.
    """
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return ()
    count = ctypes.c_int()
    if driver.cuInit(0) or driver.cuDeviceGetCount(ctypes.byref(count)):
        return ()
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


def check_memory(limit_mib: int, peak_mib: int) -> Check:
    """Did the framework keep to its limit?"""
    reason = f"took {peak_mib - limit_mib} MiB too much" if peak_mib > limit_mib else ""
    return check("memory_limit", reason, seen=f"peak {peak_mib} MiB", expected=f"at most {limit_mib} MiB")


def _card(driver: ctypes.CDLL, index: int) -> Card:
    handle, name, size = ctypes.c_int(), ctypes.create_string_buffer(128), ctypes.c_size_t()
    driver.cuDeviceGet(ctypes.byref(handle), index)
    driver.cuDeviceGetName(name, len(name), handle)
    driver.cuDeviceTotalMem_v2(ctypes.byref(size), handle)
    return Card(name=name.value.decode(), memory_mib=size.value // _MIB)
