"""How many NVIDIA cards each layer of a host has, from the bus up to the framework, and which of them are missing. Reads files.

Fewer cards further up is a failed check with its reason: a card that is there and does not compute is no small thing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from workloads.devices.cards import Card
from workloads.result import Arguments, Check, Device, Kind, check
from workloads.result.evidence import CardCounts, GpuReadings

CHECK = "cards_counted"
NVIDIA = "0x10de"
DISPLAY = ("0x0300", "0x0302")
HANDED_ON = ("vfio-pci", "pci-stub", "xen-pciback")
"""Kernel drivers that hold a card for a virtual machine."""
HIDING = ("CUDA_VISIBLE_DEVICES", "JAX_PLATFORMS")


def count(
    root: Path,
    cards: Sequence[Card] | None,
    devices: Sequence[Device],
    readings: GpuReadings | None,
    environ: Mapping[str, str],
) -> CardCounts:
    """Ask every layer.

    Args:
        root: of the host's file system.
        cards: those of the CUDA driver; None where there is none.
        devices: those of the framework.
        readings: those of NVML.
        environ: the job's.
    """
    nvml = None if readings is None or (readings.error and not readings.gpus) else len(readings.gpus)
    counts = CardCounts(
        pci_bus=sum(1 for device in (root / "sys/bus/pci/devices").glob("*") if _is_card(device)),
        device_nodes=sum(1 for node in (root / "dev").glob("nvidia[0-9]*") if node.name[6:].isdigit()),
        nvml=nvml,
        cuda=None if cards is None else len(cards),
        listed=sum(1 for device in devices if device.kind is Kind.GPU),
        expected=0,
        mig=sum(1 for gpu in readings.gpus if gpu.facts.get("mig_mode") == 1) if readings else 0,
        hidden_by=next((f"{name}={environ[name]}" for name in HIDING if name in environ), ""),
    )
    return replace(counts, expected=_expected(counts, contained=is_contained(root)))


def narrowed(counts: CardCounts, allocated: int) -> CardCounts:
    """For a job that asked for so many cards and took them: these have to be listed. 0: it takes all that there are."""
    return replace(counts, allocated=allocated, expected=allocated) if allocated else counts


def check_count(counts: CardCounts) -> Check:
    """Does the framework list every card that any layer has?"""
    wanted = counts.expected
    seen = ", ".join(
        f"{name} {'unknown' if number is None else number}"
        for name, number in (
            ("PCI bus", counts.pci_bus),
            ("device nodes", counts.device_nodes),
            ("NVML", counts.nvml),
            ("CUDA", counts.cuda),
            ("listed", counts.listed),
        )
    )
    slices = f", {counts.mig} in MIG mode" if counts.mig else ""
    reason = "" if counts.listed >= wanted else _missing(counts, wanted)
    asked = " of those that were asked for" if counts.allocated else ""
    return check(CHECK, reason, seen=seen + slices, expected=f"{wanted} listed{asked}")


def not_counted(arguments: Arguments) -> Check | None:
    """The check of a job that is shown no GPU; None for the others."""
    if arguments.device != "cpu":
        return None
    return check(CHECK, "", seen="not asked", expected="nothing: the job is for the CPU")


def given_by_slurm(environ: Mapping[str, str]) -> int:
    """How many cards Slurm gave this step on its host; 0 outside Slurm, or where it gives none out."""
    given = environ.get("SLURM_STEP_GPUS", "")
    return len([each for each in given.split(",") if each.strip()])


def is_contained(root: Path) -> bool:
    """True where process 2 is not the kernel's own: in a container."""
    try:
        return (root / "proc/2/comm").read_text(encoding="utf-8").strip() != "kthreadd"
    except OSError:
        return True


def _expected(counts: CardCounts, *, contained: bool) -> int:
    """Where a card is in MIG mode, CUDA shows a process one slice of one card and nothing else. In a container the bus is that of
    its whole computer, so what counts there is what was given to it.
    """
    there = max(counts.nvml or 0, counts.cuda or 0, counts.device_nodes if contained else counts.pci_bus)
    return min(there, 1) if counts.mig else there


def _missing(counts: CardCounts, wanted: int) -> str:
    """Where they are lost, from the bus up."""
    if counts.allocated:
        return f"{wanted} NVIDIA cards were free and taken, and {counts.listed} listed: the framework's warnings on stderr say why"
    lost = f"{wanted} NVIDIA cards are there and {counts.listed} listed"
    if counts.hidden_by:
        return f"{lost}: {counts.hidden_by} hides the others"
    if counts.nvml is not None and counts.nvml < wanted:
        return f"{lost}: the driver has {counts.nvml}"
    if counts.nvml is None and not counts.cuda:
        return f"{lost}: no driver that works is loaded"
    if counts.cuda is not None and counts.cuda < wanted:
        return f"{lost}: CUDA shows this process {counts.cuda}"
    return f"{lost}: the framework leaves out the others; its warnings on stderr say why"


def _is_card(device: Path) -> bool:
    return (
        _text(device / "vendor") == NVIDIA
        and _text(device / "class").startswith(DISPLAY)
        and _driver(device / "driver") not in HANDED_ON
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return ""


def _driver(link: Path) -> str:
    try:
        return link.readlink().name
    except OSError:
        return ""
