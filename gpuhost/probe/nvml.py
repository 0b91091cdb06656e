"""What the driver knows of its cards, through its own library. Without it, or where it refuses, nothing is known."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from typing import NamedTuple

LIBRARY = "libnvidia-ml.so.1"
NAME_BYTES = 96
MIB = 2**20


class Reading(NamedTuple):
    """One card; fields as in the orchestrator's `Card`."""

    name: str
    memory_mib: int | None
    power_limit_w: float | None
    power_default_w: float | None
    mig_instances: int | None = None


UNKNOWN = Reading(name="", memory_mib=None, power_limit_w=None, power_default_w=None)


class _Memory(ctypes.Structure):
    """nvmlMemory_t."""

    _fields_ = (("total", ctypes.c_ulonglong), ("free", ctypes.c_ulonglong), ("used", ctypes.c_ulonglong))


def readings(addresses: Iterable[str]) -> dict[str, Reading]:
    """By address on the PCI bus. A card that is lost is left out; one without power management has no power limits."""
    try:
        library = ctypes.CDLL(LIBRARY)
    except OSError:
        return {}
    if not _ok(library, "nvmlInit_v2"):
        return {}
    try:
        cards = ((address, _handle(library, address)) for address in addresses)
        return {address: _reading(library, card) for address, card in cards if card}
    finally:
        _ok(library, "nvmlShutdown")


def _handle(library: ctypes.CDLL, address: str) -> ctypes.c_void_p | None:
    card = ctypes.c_void_p()
    found = _ok(library, "nvmlDeviceGetHandleByPciBusId_v2", address.encode(), ctypes.byref(card))
    return card if found else None


def _reading(library: ctypes.CDLL, card: ctypes.c_void_p) -> Reading:
    name = ctypes.create_string_buffer(NAME_BYTES)
    memory = _Memory()
    return Reading(
        name=name.value.decode(errors="replace")
        if _ok(library, "nvmlDeviceGetName", card, name, NAME_BYTES)
        else "",
        memory_mib=memory.total // MIB
        if _ok(library, "nvmlDeviceGetMemoryInfo", card, ctypes.byref(memory))
        else None,
        power_limit_w=_watts(library, "nvmlDeviceGetPowerManagementLimit", card),
        power_default_w=_watts(library, "nvmlDeviceGetPowerManagementDefaultLimit", card),
        mig_instances=_mig_instances(library, card),
    )


def _mig_instances(library: ctypes.CDLL, card: ctypes.c_void_p) -> int | None:
    """How many MIG instances the card is split into; None where it is not in MIG mode or does not know it."""
    current, pending, most = ctypes.c_uint(), ctypes.c_uint(), ctypes.c_uint()
    known = _ok(library, "nvmlDeviceGetMigMode", card, ctypes.byref(current), ctypes.byref(pending))
    if not known or current.value != 1:
        return None
    if not _ok(library, "nvmlDeviceGetMaxMigDeviceCount", card, ctypes.byref(most)):
        return None
    handles = (ctypes.c_void_p() for _ in range(most.value))
    return sum(
        _ok(library, "nvmlDeviceGetMigDeviceHandleByIndex", card, ctypes.c_uint(index), ctypes.byref(handle))
        for index, handle in enumerate(handles)
    )


def _watts(library: ctypes.CDLL, function: str, card: ctypes.c_void_p) -> float | None:
    milliwatts = ctypes.c_uint()
    return milliwatts.value / 1000 if _ok(library, function, card, ctypes.byref(milliwatts)) else None


def _ok(library: ctypes.CDLL, function: str, *arguments: object) -> bool:
    """Call it; False when it refuses, and where the library is too old to have it."""
    try:
        return bool(library[function](*arguments) == 0)
    except AttributeError:
        return False
