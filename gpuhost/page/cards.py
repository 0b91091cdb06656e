"""GPUs and their driver, as NVIDIA's own library tells of them. Changes nothing.

A process of its own asks and prints what it saw as JSON, because the library can hang in the driver, and nothing that waits for
it then can be ended.
"""

from __future__ import annotations

import ctypes
import json
import subprocess
from pathlib import Path

from gpuhost import program
from gpuhost.page.values import Card, Graphics, Missing

COMMAND = "cards"
"""The subcommand that asks."""

LIBRARY = "libnvidia-ml.so.1"
DEVICES = Path("/sys/bus/pci/devices")
ASK_S = 15.0
"""The library needs two seconds to wake a card that nobody uses."""

TEXT_BYTES = 96
NO_DRIVER = 9
MISMATCH = 18
"""nvml.h: the driver is not loaded; the library and the loaded driver are of two versions."""

CAUSES = {
    NO_DRIVER: "the driver is installed and not loaded; restart the host",
    MISMATCH: "the driver was exchanged while it was loaded; restart the host",
}
GPU_TEMPERATURE = 0


def graphics() -> Graphics | Missing:
    """What is known of the cards, asked by a process of its own."""
    argv = program.argv("page", COMMAND)
    child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        answer, complaint = child.communicate(timeout=ASK_S)
    except subprocess.TimeoutExpired:
        # Waiting for its death could be waiting for ever.
        child.kill()
        return Missing(
            reason=f"The NVIDIA driver has not answered for {ASK_S:.0f} seconds; restart the host."
        )
    if child.returncode != 0:
        lines = complaint.decode(errors="replace").strip().splitlines() or [f"exit code {child.returncode}"]
        return Missing(reason=f"The NVIDIA driver cannot be asked: {lines[-1]}.")
    return understood(answer.decode())


def understood(answer: str) -> Graphics | Missing:
    """What the process printed."""
    told = json.loads(answer)
    if "reason" in told:
        return Missing(reason=told["reason"])
    return Graphics(driver=told["driver"], cards=tuple(Card(**card) for card in told["cards"]))


class _Memory(ctypes.Structure):
    """nvmlMemory_t."""

    _fields_ = (("total", ctypes.c_ulonglong), ("free", ctypes.c_ulonglong), ("used", ctypes.c_ulonglong))


class _Utilisation(ctypes.Structure):
    """nvmlUtilization_t, in percent."""

    _fields_ = (("gpu", ctypes.c_uint), ("memory", ctypes.c_uint))


def asked() -> Graphics | Missing:
    """What the library says."""
    try:
        library = ctypes.CDLL(LIBRARY)
    except OSError:
        return without_driver()
    code = library.nvmlInit_v2()
    if code != 0:
        return Missing(reason=f"The NVIDIA driver refuses: {CAUSES.get(code, f'its code is {code}')}.")
    driver, count = ctypes.create_string_buffer(TEXT_BYTES), ctypes.c_uint()
    _ok(library, "nvmlSystemGetDriverVersion", driver, TEXT_BYTES)
    if not _ok(library, "nvmlDeviceGetCount_v2", ctypes.byref(count)):
        return Missing(reason="The NVIDIA driver does not say how many cards there are.")
    cards = tuple(_card(library, number) for number in range(count.value))
    return Graphics(driver=driver.value.decode(errors="replace"), cards=cards)


def without_driver() -> Missing:
    """Why there is nothing to tell."""
    if count := sum(map(_is_card, DEVICES.glob("*"))):
        seen = "an NVIDIA card" if count == 1 else f"{count} NVIDIA cards"
        return Missing(
            reason=f"This host has {seen} and no NVIDIA driver. The role nvidia_driver installs one."
        )
    return Missing(reason="This host has no NVIDIA card: programs compute on its processors.")


def _is_card(device: Path) -> bool:
    """Whether it is a display or 3D controller of NVIDIA."""
    try:
        vendor, kind = (device / "vendor").read_text(), (device / "class").read_text()
    except OSError:
        return False
    return vendor.strip() == "0x10de" and kind.startswith("0x03")


def _card(library: ctypes.CDLL, number: int) -> Card:
    """One card; what it does not say, or all when it fell off its bus, is None."""
    card, name = ctypes.c_void_p(), ctypes.create_string_buffer(TEXT_BYTES)
    memory, use, celsius = _Memory(), _Utilisation(), ctypes.c_uint()
    if not _ok(library, "nvmlDeviceGetHandleByIndex_v2", number, ctypes.byref(card)):
        lost = f"Card {number}, which does not answer"
        return Card(name=lost, memory_used=None, memory_total=None, percent=None, celsius=None)
    named = _ok(library, "nvmlDeviceGetName", card, name, TEXT_BYTES)
    sized = _ok(library, "nvmlDeviceGetMemoryInfo", card, ctypes.byref(memory))
    used = _ok(library, "nvmlDeviceGetUtilizationRates", card, ctypes.byref(use))
    warm = _ok(library, "nvmlDeviceGetTemperature", card, GPU_TEMPERATURE, ctypes.byref(celsius))
    return Card(
        name=name.value.decode(errors="replace") if named else f"Card {number}",
        memory_used=memory.used if sized else None,
        memory_total=memory.total if sized else None,
        percent=use.gpu if used else None,
        celsius=celsius.value if warm else None,
    )


def _ok(library: ctypes.CDLL, function: str, *arguments: object) -> bool:
    """Call it; False when it refuses, and where the library is too old to have it."""
    try:
        return bool(library[function](*arguments) == 0)
    except AttributeError:
        return False
