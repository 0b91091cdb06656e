"""Was every card that computed read while the job ran, and was it busy? Pure."""

from collections.abc import Callable, Sequence
from itertools import pairwise

from orchestrator.models import Device, GpuReading, Outcome, WorkloadRun
from orchestrator.stages.certify.finding import Finding, passed, unknown
from orchestrator.stages.certify.readings.series import (
    Series,
    Telemetry,
    UnreadableError,
    computing_cards,
    label,
)

LEAST_SHARE = 0.5
"""Of the job's time from the first reading to the last: loading, and reading the kernel's log at the end, are left out."""
SLACK_S = 15.0
LONGEST_GAP_S = 30.0
BRIEF = frozenset({"smoke"})
"""Workloads whose sums are over before a card says that it is busy."""
EVERY_CARD = frozenset({"gpu_burn"})
"""Workloads that load every card at the same time; others train on the first."""


def confirm_watched(run: WorkloadRun, telemetry: Telemetry) -> Finding:
    """Every card was read from the job's beginning to its end, and what is said to have computed was busy."""
    expected = "each card read throughout, and busy while it computed"
    if run.device_used != "GPU":
        return passed("no NVIDIA card is used", expected)
    if telemetry.unreadable:
        return unknown(telemetry.unreadable, expected)
    computing = computing_cards(run)
    own = [telemetry.of(device, gpu) for device, gpu in computing]
    silent = [device.name for (device, _), one in zip(computing, own, strict=True) if one is None]
    seen = ", ".join(f"card {each.index}: {len(each.stretches)} readings" for each in telemetry.series)
    if silent:
        return Finding(Outcome.ERROR, seen, expected, f"the telemetry has nothing of {', '.join(silent)}")
    watched = [one for one in own if one is not None]
    hole = next(filter(None, (_hole(one, run) for one in watched)), "")
    if hole:
        return Finding(Outcome.ERROR, seen, expected, hole)
    idle = _idle(run, watched)
    return Finding(Outcome.FAILED, seen, expected, idle) if idle else passed(seen, expected)


def of_each_card(
    run: WorkloadRun,
    telemetry: Telemetry,
    expected: str,
    look: Callable[[Device, GpuReading, Series], tuple[str, Sequence[str]]],
) -> Finding:
    """What was seen of every card that computed and was read meanwhile, and what speaks against it.

    Args:
        run: the job.
        telemetry: what it brought.
        expected: of each card, in words.
        look: says what it sees of one card, and the reasons against it; raises UnreadableError where it cannot tell.
    """
    if run.device_used != "GPU":
        return passed("no NVIDIA card is used", expected)
    if telemetry.unreadable:
        return unknown(telemetry.unreadable, expected)
    seen, reasons = [], []
    for device, gpu in computing_cards(run):
        series = telemetry.of(device, gpu)
        if gpu is None or series is None:
            continue
        try:
            sight, against = look(device, gpu, series)
        except UnreadableError as error:
            return unknown(f"{label(gpu)}: {error}", expected)
        seen.append(sight)
        reasons += [f"{label(gpu)}: {reason}" for reason in against]
    if reasons:
        return Finding(Outcome.FAILED, ", ".join(seen), expected, "; ".join(reasons))
    return passed(", ".join(seen), expected)


def _hole(series: Series, run: WorkloadRun) -> str:
    """Where the card was not read; empty where it was."""
    duration = run.job.duration_s if run.job else run.seconds
    first, last = series.stretches[0].at_s, series.stretches[-1].until_s
    if last > duration + SLACK_S:
        return f"card {series.index} was read until {last:.0f} s of a job of {duration:.0f} s: the telemetry is not this job's"
    if last - first < LEAST_SHARE * duration - SLACK_S:
        return f"card {series.index} was read from {first:.0f} to {last:.0f} s of {duration:.0f} s, and not beyond"
    gap = max((later.at_s - one.until_s for one, later in pairwise(series.stretches)), default=0.0)
    if gap > max(LONGEST_GAP_S, duration / 5):
        return f"card {series.index} was not read for {gap:.0f} s"
    return ""


def _idle(run: WorkloadRun, watched: list[Series]) -> str:
    """Which card showed no utilization; empty where each was busy that had to be, or does not say."""
    if run.request.workload in BRIEF:
        return ""
    most = {one.index: max(one.values("utilization_percent"), default=None) for one in watched}
    said = {index: value for index, value in most.items() if value is not None}
    still = [f"card {index}" for index, value in said.items() if value == 0]
    wrong = bool(still) if run.request.workload in EVERY_CARD else bool(said) and len(still) == len(said)
    if not wrong:
        return ""
    return f"{', '.join(still)} showed no utilization all the time, and is said to have computed"
