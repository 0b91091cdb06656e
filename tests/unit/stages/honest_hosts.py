"""Odd but honest hosts, by name: what they bring is not usual, and proves all the same."""

from dataclasses import replace
from datetime import timedelta

from orchestrator.models import WorkloadRun
from tests.unit.stages.brought import reading, readings
from tests.unit.stages.false_passes import Spoil, cards, clock, evidence, job


def mig(good: WorkloadRun) -> WorkloadRun:
    return cards(nvml=4, mig=4)(replace(good, cards_seen=4))


HONEST: dict[str, tuple[str, Spoil]] = {
    "a card cut into slices": ("GPU", mig),
    "a host whose clock is years behind": (
        "CPU",
        lambda good: clock(utc=good.clock.utc - timedelta(days=3000))(  # type: ignore[union-attr]
            job(
                started_at=good.job.started_at - timedelta(days=3000),  # type: ignore[union-attr]
                finished_at=good.job.finished_at - timedelta(days=3000),  # type: ignore[union-attr]
            )(good)
        ),
    ),
    "counters that the card does not have": (
        "GPU",
        evidence(gpus_after=readings(reading(0, {"ecc_uncorrected_volatile": "not supported"}))),
    ),
    "a fault of a program, not of the card": (
        "GPU",
        evidence(gpus_after=readings(reading(), xids=("Xid 13 0000:00:00.0",))),
    ),
    "retired pages, as many as are usual": (
        "GPU",
        evidence(gpus_after=readings(reading(0, {"pages_retired": 3}))),
    ),
}
