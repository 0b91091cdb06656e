"""Which cards and which EC2 types of the catalog a training fits. Pure."""

from dataclasses import dataclass, replace

from orchestrator.catalog.catalog import Catalog
from orchestrator.fit.memory.room import Settings, room
from orchestrator.fit.memory.verdict import Training, Verdict, answer

OLDEST = (6, 0)
"""Compute capability for which the frameworks of today have code."""
OFFERED = frozenset({"current", "previous"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FittingCard:
    """A card that is large enough."""

    gpu: str
    memory_mib: int
    largest_batch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FittingType:
    """An EC2 type whose cards are."""

    instance_type: str
    gpu: str
    cards: int
    usd_per_hour: float
    """On demand in us-east-1."""
    price_date: str
    largest_batch: int


def fitting_cards(training: Training, settings: Settings, catalog: Catalog) -> tuple[FittingCard, ...]:
    """Single cards that hold it with the margin to spare, the smallest first."""
    alone = replace(training, cards=1)
    found = []
    for gpu in catalog.gpus:
        if not gpu.memory_mib or gpu.compute_capability < OLDEST:
            continue
        said = answer(alone, room(gpu, settings, catalog), catalog)
        if said.verdict is Verdict.FITS:
            found.append(
                FittingCard(gpu=gpu.gpu, memory_mib=gpu.memory_mib, largest_batch=said.largest_batch)
            )
    return tuple(sorted(found, key=lambda each: each.memory_mib))


def fitting_types(training: Training, settings: Settings, catalog: Catalog) -> tuple[FittingType, ...]:
    """Types that can be had, whose cards together hold it, the cheapest first; a host's cards share the batch."""
    found = []
    rented = Settings(framework=settings.framework, memory_fraction=settings.memory_fraction)
    for row in catalog.ec2_types:
        if row.status not in OFFERED or row.gpu_share != "1" or not row.gpu or not row.usd_per_hour:
            continue
        gpu = catalog.gpu(row.gpu)
        if gpu.compute_capability < OLDEST:
            continue
        shared = replace(training, cards=row.gpu_count)
        said = answer(shared, room(gpu, rented, catalog, memory_mib=row.gpu_memory_mib), catalog)
        if said.verdict is Verdict.FITS:
            found.append(
                FittingType(
                    instance_type=row.instance_type,
                    gpu=row.gpu,
                    cards=row.gpu_count,
                    usd_per_hour=row.usd_per_hour,
                    price_date=row.price_date,
                    largest_batch=said.largest_batch,
                )
            )
    return tuple(sorted(found, key=lambda each: each.usd_per_hour))
