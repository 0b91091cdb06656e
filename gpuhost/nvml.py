"""NVIDIA's library for its cards and their driver, NVML. What it refuses, or is too old to know, is None. Changes nothing.

It can hang in the driver, and nothing that waits for it then can be ended: a service has a process of its own ask it.
"""

from __future__ import annotations

import ctypes
from typing import TypeVar

LIBRARY = "libnvidia-ml.so.1"
TEXT_BYTES = 96

INSUFFICIENT_SIZE = 7
NO_DRIVER = 9
MISMATCH = 18
"""nvml.h: there is more to tell than there was room for; the driver is not loaded; the library and the loaded driver are of
two versions."""


class Memory(ctypes.Structure):
    """nvmlMemory_t."""

    _fields_ = (("total", ctypes.c_ulonglong), ("free", ctypes.c_ulonglong), ("used", ctypes.c_ulonglong))


class Utilisation(ctypes.Structure):
    """nvmlUtilization_t, in percent."""

    _fields_ = (("gpu", ctypes.c_uint), ("memory", ctypes.c_uint))


Value = TypeVar("Value", ctypes.c_uint, ctypes.c_void_p, Memory, Utilisation)


class Nvml:
    """The library; functions are named as in nvml.h. Raises OSError where there is none."""

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

    def card(self, number: int) -> ctypes.c_void_p | None:
        """A card by its number; None for one that fell off its bus."""
        return self.filled(ctypes.c_void_p(), "nvmlDeviceGetHandleByIndex_v2", number)
