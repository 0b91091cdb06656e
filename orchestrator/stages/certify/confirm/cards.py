"""Does every card that was promised or seen compute, and is there nothing against any of them? Pure.

A card less is a failed check. A fault is what NVIDIA's own tools call one; what may only explain a figure is a note.
"""

from collections import Counter
from collections.abc import Mapping

from orchestrator.models import GpuReading, GpuReadings, Outcome, WorkloadRun
from orchestrator.stages.certify.finding import Finding, passed, unknown
from orchestrator.stages.certify.xids import fault

MOST_RETIRED_PAGES = 60
"""Of the 64 that a card has room for. NVIDIA takes a card back from here on (Dynamic Page Retirement, RMA policy)."""


def confirm_cards(run: WorkloadRun, promised: Mapping[str, int]) -> Finding:
    """As many cards were listed by the framework as any layer of the host has, and as were promised.

    Args:
        run: the job.
        promised: how many cards the host has to have, by who says so: `the plan`, `an earlier certificate` …
    """
    listed = sum(1 for device in run.devices if device.kind == "GPU")
    if run.request.device == "cpu":
        return passed("not asked", "nothing: the plan asks for the CPU")
    counts = dict(promised)
    if run.cards_seen is not None:
        counts["the host's bus"] = run.cards_seen
    cards = run.evidence.cards if run.evidence else None
    if cards:
        counts |= {name: count for name, count in (("NVML", cards.nvml), ("CUDA", cards.cuda)) if count}
        if run.cards_seen is None:
            counts["the host's bus"] = cards.pci_bus
    says, wanted = max(counts.items(), key=lambda each: each[1], default=("nobody", 0))
    if cards and cards.mig:
        wanted = min(wanted, 1)  # of all slices CUDA shows a process a single one
    seen = ", ".join([*(f"{name} {count}" for name, count in counts.items()), f"listed {listed}"])
    expected = f"{wanted} listed"
    if listed < wanted:
        return Finding(Outcome.FAILED, seen, expected, _missing(listed, wanted, says))
    if wanted and cards is None:
        return unknown("the result does not say how many cards the host has", expected)
    return passed(seen, expected)


def confirm_health(run: WorkloadRun) -> Finding:
    """No card was lost, and no counter of a card says that it is broken, before or after the job."""
    expected = "no fault on any card before or after"
    if run.evidence is None:
        return unknown("the result has no readings of cards", expected)
    before, after = run.evidence.gpus_before, run.evidence.gpus_after
    if run.device_used != "GPU" and (before is None or after is None):
        return passed("no NVIDIA card is used", expected)
    if before is None or after is None:
        return unknown("the cards could not be asked (NVML): nothing is known of their faults", expected)
    faults = [
        *_lost(before, after),
        *(fault for gpu in after.gpus for fault in _faults(gpu)),
        *(f"{xid} during the job" for xid in dict.fromkeys(map(fault, _new(before, after))) if xid),
    ]
    seen = f"{len(after.gpus)} cards, driver {after.driver or 'unknown'}"
    if faults:
        return Finding(Outcome.FAILED, seen, expected, "; ".join(faults))
    return _unread(run, before, after, expected) or passed(seen, expected)


def _unread(run: WorkloadRun, before: GpuReadings, after: GpuReadings, expected: str) -> Finding | None:
    """Why the readings prove nothing; None where they do."""
    if any(fault(xid) is None for xid in _new(before, after)):
        return unknown("what the host reports of faults (Xid) cannot be read", expected)
    error = before.error or after.error
    if error and run.device_used == "GPU":
        seen = f"{len(after.gpus)} cards, driver {after.driver or 'unknown'}"
        return Finding(Outcome.ERROR, seen, expected, error)
    return None


def _missing(listed: int, wanted: int, says: str) -> str:
    there = "none is" if listed == 0 else f"{listed} {'is' if listed == 1 else 'are'}"
    cards = "1 NVIDIA card" if wanted == 1 else f"{wanted} NVIDIA cards"
    return f"{cards} by {says}, and {there} listed by the framework"


def _lost(before: GpuReadings, after: GpuReadings) -> list[str]:
    there = {gpu.uuid for gpu in after.gpus}
    return [f"{_label(gpu)} was lost during the job" for gpu in before.gpus if gpu.uuid not in there]


def _faults(gpu: GpuReading) -> list[str]:
    found = []
    if uncorrected := _number(gpu, "ecc_uncorrected_volatile"):
        found.append(f"{uncorrected:g} uncorrectable memory errors since the driver was loaded")
    if _number(gpu, "row_remap_failure"):
        found.append("a faulty memory row could not be remapped")
    if (pages := _number(gpu, "pages_retired")) >= MOST_RETIRED_PAGES:
        found.append(f"{pages:g} memory pages are retired, of 64 that there is room for")
    return [f"{_label(gpu)}: {each}" for each in found]


def _new(before: GpuReadings, after: GpuReadings) -> tuple[str, ...]:
    """What the driver and the switches reported during the job: a fault carries its time, so an earlier one is no new one."""
    return tuple(Counter(after.xids) - Counter(before.xids))


def _number(gpu: GpuReading, name: str) -> float:
    value = gpu.facts.get(name, 0)
    return 0.0 if isinstance(value, str) else float(value)


def _label(gpu: GpuReading) -> str:
    return f"card {gpu.index} ({gpu.name}, {gpu.address})"
