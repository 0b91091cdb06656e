"""Does every card that was promised or seen compute? A card less is a failed check. Pure."""

from collections.abc import Mapping

from orchestrator.models import ACROSS_HOSTS, Outcome, WorkloadRun
from orchestrator.stages.certify.finding import Finding, passed, unknown


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
    if run.request.workload in ACROSS_HOSTS and cards and cards.allocated:
        # Slurm gave the job these; the others may be somebody else's.
        counts = {"Slurm": max(cards.allocated, run.cards_seen or 0)}
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


def _missing(listed: int, wanted: int, says: str) -> str:
    there = "none is" if listed == 0 else f"{listed} {'is' if listed == 1 else 'are'}"
    cards = "1 NVIDIA card" if wanted == 1 else f"{wanted} NVIDIA cards"
    return f"{cards} by {says}, and {there} listed by the framework"
