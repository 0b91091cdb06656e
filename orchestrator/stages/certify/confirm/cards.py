"""Does every card that was promised or seen compute? A card less is a failed check. Pure."""

from collections.abc import Mapping, Sequence

from orchestrator.models import ACROSS_HOSTS, CardCounts, Device, Outcome, WorkloadRun
from orchestrator.stages.certify.finding import Finding, passed, unknown


def confirm_cards(run: WorkloadRun, promised: Mapping[str, int]) -> Finding:
    """As many cards were listed by the framework as any layer of the host has, and as were promised.

    Args:
        run: the job.
        promised: how many cards the host has to have, by who says so: `the plan`, `an earlier certificate` …
    """
    gpus = [device for device in run.devices if device.kind == "GPU"]
    listed = len(gpus)
    if run.request.device == "cpu":
        return passed("not asked", "nothing: the plan asks for the CPU")
    cards = run.evidence.cards if run.evidence else None
    counts = _counts(run, cards, promised)
    says, wanted = max(counts.items(), key=lambda each: each[1], default=("nobody", 0))
    if cards and cards.mig > 0:
        wanted = min(wanted, 1)  # of all slices CUDA shows a process a single one
    seen = ", ".join([*(f"{name} {count}" for name, count in counts.items()), f"listed {listed}"])
    expected = f"{wanted} listed"
    if listed < wanted:
        return Finding(Outcome.FAILED, seen, expected, _missing(listed, wanted, says))
    if twice := _twice(gpus):
        reason = f"one and the same card is listed more than once: {', '.join(twice)}"
        return Finding(Outcome.FAILED, seen, expected, reason)
    if cards and cards.listed != listed:
        reason = f"the job counted {cards.listed} cards listed, and names {listed}"
        return Finding(Outcome.ERROR, seen, expected, reason)
    if wanted and cards is None:
        return unknown("the result does not say how many cards the host has", expected)
    return passed(seen, expected)


def _counts(run: WorkloadRun, cards: CardCounts | None, promised: Mapping[str, int]) -> dict[str, int]:
    """How many cards the host has, by who says so."""
    counts = dict(promised)
    if run.cards_seen is not None:
        counts["the host's bus"] = run.cards_seen
    if cards:
        counts |= {name: count for name, count in (("NVML", cards.nvml), ("CUDA", cards.cuda)) if count}
        if run.cards_seen is None:
            counts["the host's bus"] = cards.pci_bus
        counts |= {"the job's own count": cards.expected} if cards.expected > 0 else {}
    if run.request.workload in ACROSS_HOSTS and cards and cards.allocated:
        # Slurm gave the job these; the others may be somebody else's.
        return {"Slurm": max(cards.allocated, run.cards_seen or 0)}
    return counts


def _twice(gpus: Sequence[Device]) -> list[str]:
    """Names of devices that are one card, by its UUID."""
    return [each.name for each in gpus if each.uuid and sum(other.uuid == each.uuid for other in gpus) > 1]


def _missing(listed: int, wanted: int, says: str) -> str:
    there = "none is" if listed == 0 else f"{listed} {'is' if listed == 1 else 'are'}"
    cards = "1 NVIDIA card" if wanted == 1 else f"{wanted} NVIDIA cards"
    return f"{cards} by {says}, and {there} listed by the framework"
