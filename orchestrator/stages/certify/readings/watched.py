"""Was every card that computed read while the job ran, and was it busy? Pure."""

from collections.abc import Callable, Sequence
from itertools import pairwise

from orchestrator.models import Device, GpuReading, Outcome, WorkloadRun
from orchestrator.stages.certify.finding import Finding, passed, unknown
from orchestrator.stages.certify.readings.series import (
    BUSY,
    Series,
    Telemetry,
    UnreadableError,
    computing_cards,
    label,
    number,
)

LEAST_SHARE = 0.5
"""Of the job's time from the first reading to the last: loading, and reading the kernel's log at the end, are left out."""
SLACK_S = 15.0
LONGEST_GAP_S = 30.0
"""While a framework is loaded, which can hold up everything else in the process."""
LOADING_S = 10.0
LEAST_READ = 0.9
"""Of the stretches, each has the figures that are read every time, where the card has them."""
EVERY_TIME = {
    "utilization_percent": "utilization_percent",
    "memory_used_mib": "memory_used_mib",
    "temperature_c": "temperature_c",
    "clock_sm_mhz": "clock_sm_max_mhz",
}
"""And the fact of a card that says whether it has such a figure."""
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
    hole = next(filter(None, (_hole(one, run) for one in watched)), "") or next(
        filter(None, (_lost(one, gpu) for one, (_, gpu) in zip(watched, computing, strict=True))), ""
    )
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
    if max(each.until_s for each in series.stretches) > duration + SLACK_S:
        return f"card {series.index} was read until {last:.0f} s of a job of {duration:.0f} s: the telemetry is not this job's"
    if last - first < LEAST_SHARE * duration - SLACK_S or last < duration - max(SLACK_S, duration / 10):
        return f"card {series.index} was read from {first:.0f} to {last:.0f} s of {duration:.0f} s, and not beyond"
    for one, later in pairwise(series.stretches):
        longest = LONGEST_GAP_S if one.until_s <= LOADING_S else max(SLACK_S, duration / 20)
        if (gap := later.at_s - one.until_s) > longest:
            return f"card {series.index} was not read for {gap:.0f} s"
    return ""


def _lost(series: Series, gpu: GpuReading | None) -> str:
    """Which figure was not always read though the card has it; empty where each was. Slices (MIG) have none of their own."""
    if gpu is None or number(gpu.facts, "mig_mode"):
        return ""
    for name, fact in EVERY_TIME.items():
        read, of_all = len(series.values(name)), len(series.stretches)
        has = read > 0 or number(gpu.facts, fact) is not None
        if has and read < LEAST_READ * of_all:
            return f"card {series.index} gave its {name} in {read} of {of_all} readings"
    return ""


def _idle(run: WorkloadRun, watched: list[Series]) -> str:
    """Which card showed no utilization; empty where each was busy that had to be, or does not say."""
    if run.request.workload in BRIEF:
        return ""
    most = {one.index: max(one.values("utilization_percent"), default=None) for one in watched}
    said = {index: value for index, value in most.items() if value is not None}
    still = [f"card {index}" for index, value in said.items() if value == 0]
    every = run.request.workload in EVERY_CARD
    if still and (every or len(still) == len(said)):
        return f"{', '.join(still)} showed no utilization all the time, and is said to have computed"
    light = [f"card {index} to {value:.0f} %" for index, value in said.items() if every and value < BUSY]
    return f"a load keeps cards busy, and {', '.join(light)} was all" if light else ""
