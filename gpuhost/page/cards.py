"""GPUs and their driver, as NVIDIA's own library tells of them. Changes nothing.

A process of its own asks and prints what it saw as JSON, because the library can hang in the driver, and nothing that waits for
it then can be ended.
"""

from __future__ import annotations

import json
from pathlib import Path

from gpuhost import program
from gpuhost.nvml import MISMATCH, NO_DRIVER, Memory, Nvml, Utilisation
from gpuhost.page.values import Card, Graphics, Missing
from gpuhost.pci import nvidia_devices

COMMAND = "cards"
"""The subcommand that asks."""

ASK_S = 15.0
"""The library needs two seconds to wake a card that nobody uses."""

CAUSES = {
    NO_DRIVER: "the driver is installed and not loaded; restart the host",
    MISMATCH: "the driver was exchanged while it was loaded; restart the host",
}
GPU_TEMPERATURE = 0


def graphics() -> Graphics | Missing:
    """What is known of the cards, asked by a process of its own."""
    child, answer, complaint = program.ask("page", COMMAND, seconds=ASK_S)
    if child.returncode is None:
        return Missing(
            reason=f"The NVIDIA driver has not answered for {ASK_S:.0f} seconds; restart the host."
        )
    if child.returncode != 0:
        lines = complaint.strip().splitlines() or [f"exit code {child.returncode}"]
        return Missing(reason=f"The NVIDIA driver cannot be asked: {lines[-1]}.")
    return understood(answer)


def understood(answer: str) -> Graphics | Missing:
    """What the process printed."""
    told = json.loads(answer)
    if "reason" in told:
        return Missing(reason=told["reason"])
    return Graphics(driver=told["driver"], cards=tuple(Card(**card) for card in told["cards"]))


def asked() -> Graphics | Missing:
    """What the library says."""
    try:
        nvml = Nvml()
    except OSError:
        return without_driver(Path("/"))
    if code := nvml.code("nvmlInit_v2"):
        return Missing(reason=f"The NVIDIA driver refuses: {CAUSES.get(code, f'its code is {code}')}.")
    driver = nvml.text("nvmlSystemGetDriverVersion") or ""
    count = nvml.number("nvmlDeviceGetCount_v2")
    if count is None:
        return Missing(reason="The NVIDIA driver does not say how many cards there are.")
    return Graphics(driver=driver, cards=tuple(_card(nvml, number) for number in range(count)))


def without_driver(root: Path) -> Missing:
    """Why there is nothing to tell."""
    if count := len(list(nvidia_devices(root, "0x03"))):
        seen = "an NVIDIA card" if count == 1 else f"{count} NVIDIA cards"
        return Missing(
            reason=f"This host has {seen} and no NVIDIA driver. The role nvidia_driver installs one."
        )
    return Missing(reason="This host has no NVIDIA card: programs compute on its processors.")


def _card(nvml: Nvml, number: int) -> Card:
    """One card; what it does not say, or all when it fell off its bus, is None."""
    card = nvml.card(number)
    if card is None:
        lost = f"Card {number}, which does not answer"
        return Card(name=lost, memory_used=None, memory_total=None, percent=None, celsius=None)
    memory = nvml.filled(Memory(), "nvmlDeviceGetMemoryInfo", card)
    use = nvml.filled(Utilisation(), "nvmlDeviceGetUtilizationRates", card)
    return Card(
        name=nvml.text("nvmlDeviceGetName", card) or f"Card {number}",
        memory_used=memory.used if memory else None,
        memory_total=memory.total if memory else None,
        percent=use.gpu if use else None,
        celsius=nvml.number("nvmlDeviceGetTemperature", card, GPU_TEMPERATURE),
    )
