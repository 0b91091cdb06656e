"""What the driver knows of its cards, through its own library. Without it, or where it refuses, nothing is known.

By the standard library alone: the probe is run from memory, and pynvml does not travel with it.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from typing import NamedTuple, TypeVar

LIBRARY = "libnvidia-ml.so.1"
MIB = 2**20
TEXT_BYTES = 96


class Memory(ctypes.Structure):
    """nvmlMemory_t."""

    _fields_ = (("total", ctypes.c_ulonglong), ("free", ctypes.c_ulonglong), ("used", ctypes.c_ulonglong))


Value = TypeVar("Value", ctypes.c_uint, ctypes.c_void_p, Memory)


class Reading(NamedTuple):
    """One card; fields as in the orchestrator's `Card`."""

    name: str
    memory_mib: int | None
    power_limit_w: float | None
    power_default_w: float | None
    mig_instances: int | None = None


UNKNOWN = Reading(name="", memory_mib=None, power_limit_w=None, power_default_w=None)


def readings(addresses: Iterable[str]) -> dict[str, Reading]:
    """By address on the PCI bus. A card that is lost is left out; one without power management has no power limits."""
    try:
        nvml = Nvml()
    except OSError:
        return {}
    if nvml.code("nvmlInit_v2") != 0:
        return {}
    try:
        cards = ((address, _handle(nvml, address)) for address in addresses)
        return {address: _reading(nvml, card) for address, card in cards if card}
    finally:
        nvml.code("nvmlShutdown")


def _handle(nvml: Nvml, address: str) -> ctypes.c_void_p | None:
    return nvml.filled(ctypes.c_void_p(), "nvmlDeviceGetHandleByPciBusId_v2", address.encode())


def _reading(nvml: Nvml, card: ctypes.c_void_p) -> Reading:
    memory = nvml.filled(Memory(), "nvmlDeviceGetMemoryInfo", card)
    return Reading(
        name=nvml.text("nvmlDeviceGetName", card) or "",
        memory_mib=None if memory is None else memory.total // MIB,
        power_limit_w=_watts(nvml, "nvmlDeviceGetPowerManagementLimit", card),
        power_default_w=_watts(nvml, "nvmlDeviceGetPowerManagementDefaultLimit", card),
        mig_instances=_mig_instances(nvml, card),
    )


def _mig_instances(nvml: Nvml, card: ctypes.c_void_p) -> int | None:
    """How many MIG instances the card is split into; None where it is not in MIG mode or does not know it."""
    current, pending = ctypes.c_uint(), ctypes.c_uint()
    code = nvml.code("nvmlDeviceGetMigMode", card, ctypes.byref(current), ctypes.byref(pending))
    most = nvml.number("nvmlDeviceGetMaxMigDeviceCount", card) if code == 0 and current.value == 1 else None
    if most is None:
        return None
    one = "nvmlDeviceGetMigDeviceHandleByIndex"
    return sum(nvml.filled(ctypes.c_void_p(), one, card, ctypes.c_uint(n)) is not None for n in range(most))


def _watts(nvml: Nvml, function: str, card: ctypes.c_void_p) -> float | None:
    milliwatts = nvml.number(function, card)
    return None if milliwatts is None else milliwatts / 1000


class Nvml:
    """The library; functions are named as in nvml.h. What it refuses, or is too old to know, is None. Raises OSError where there is none."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(LIBRARY)

    def code(self, function: str, *arguments: object) -> int | None:
        """What the function returns, 0 for success; None where the library is too old to have it."""
        try:
            return int(self._library[function](*arguments))
        except AttributeError:
            return None

    def filled(self, value: Value, function: str, *arguments: object) -> Value | None:
        """The value, as the function, whose last argument it is, has filled it."""
        return value if self.code(function, *arguments, ctypes.byref(value)) == 0 else None

    def number(self, function: str, *arguments: object) -> int | None:
        """A number that the function tells."""
        found = self.filled(ctypes.c_uint(), function, *arguments)
        return None if found is None else found.value

    def text(self, function: str, *arguments: object) -> str | None:
        """A text that the function tells."""
        text = ctypes.create_string_buffer(TEXT_BYTES)
        told = self.code(function, *arguments, text, TEXT_BYTES) == 0
        return text.value.decode(errors="replace") if told else None
