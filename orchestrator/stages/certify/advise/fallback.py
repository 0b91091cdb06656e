"""Which link between the card on the bus and the framework's list broke, from what each layer said. Pure."""

import re
from collections.abc import Iterator

from orchestrator.models import CardCounts, GpuReadings, WorkloadRun

_TEXTS: tuple[tuple[str, str], ...] = (
    (
        r"no kernel image|not compiled with CUDA|without CUDA|CUDA is not enabled|not compatible with the current|cpu-only",
        "the wheel: it has no code for this card",
    ),
    (
        r"(?:lib[a-z_]+\.so[.0-9]*)[^;]{0,80}(?:cannot|could not|not found|No such file)",
        "a library that is not found",
    ),
    (r"(?:cannot|could not|failed to) (?:dlopen|load|open)[^;]{0,80}lib", "a library that is not found"),
    (
        r"driver version is insufficient|forward compatib",
        "the driver: it is too old for the framework's CUDA",
    ),
)
_LIBRARY = re.compile(r"lib[A-Za-z_]+\.so[.0-9]*")


def broken_link(run: WorkloadRun) -> str:
    """The lowest link that is broken, in words; empty where nothing says so."""
    evidence = run.evidence
    counts = evidence.cards if evidence else None
    if evidence is None or counts is None:
        return _told(run)
    there = max(run.cards_seen or 0, counts.pci_bus, counts.device_nodes, counts.nvml or 0, counts.cuda or 0)
    if not there:
        return ""
    if run.cards_seen and not counts.pci_bus and not counts.device_nodes:
        return "the card: it is not on the bus any more"
    if counts.hidden_by:
        return f"a setting: {counts.hidden_by} hides the card"
    return _driver(counts, evidence.gpus_before) or _framework(run, counts)


_ERRORS: tuple[tuple[str, str], ...] = (
    ("mismatch", "the driver: its module and its library are of different versions"),
    ("not loaded", "the driver: its kernel module is not loaded"),
    ("permission", "the device nodes: this user may not open them"),
    ("lost|fallen off", "the card: the driver has lost it"),
)
"""Words of NVML, and the link that they speak of."""


def _driver(counts: CardCounts, readings: GpuReadings | None) -> str:
    """From the kernel's module to CUDA; empty where all of it works."""
    error = readings.error if readings else ""
    for words, link in _ERRORS:
        if re.search(words, error, re.IGNORECASE):
            return f"{link} ({error})"
    return "" if counts.cuda else _library(counts, readings)


def _library(counts: CardCounts, readings: GpuReadings | None) -> str:
    """Which of the driver's libraries does not do what it should."""
    if readings is None and not counts.device_nodes:
        return "the driver: its kernel module is not loaded, or the container was not given the card"
    if readings is None:
        return "the driver's library: libnvidia-ml.so.1 is not found"
    if readings.error and not readings.gpus:
        return f"the driver: {readings.error}"
    if counts.cuda is None:
        return "the driver's library: libcuda.so.1 is not found, or does not start"
    return "CUDA: it shows this process no card"


def _framework(run: WorkloadRun, counts: CardCounts) -> str:
    if counts.listed:
        return ""
    return _told(run) or (
        "the framework: CUDA has the card and it lists none, so a library of NVIDIA's is not found or its wheel has no code for "
        "the card"
    )


def _told(run: WorkloadRun) -> str:
    """What the job itself says of its wheel and its libraries."""
    wheel = run.versions.get("wheel", "")
    if wheel or run.versions.get("torch", "").endswith("+cpu"):
        return f"the wheel: {wheel or 'torch ' + run.versions['torch']} has no code for any GPU"
    for text in _texts(run):
        for pattern, link in _TEXTS:
            if re.search(pattern, text, re.IGNORECASE):
                named = _LIBRARY.search(text)
                return f"{link} ({named[0]})" if named and "library" in link else link
    return ""


def _texts(run: WorkloadRun) -> Iterator[str]:
    yield from (check.reason for check in run.checks if check.reason)
    yield from (run.evidence.notes if run.evidence else ())
