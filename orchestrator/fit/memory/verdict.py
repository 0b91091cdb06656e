"""Whether a training fits a card, by how far, and the largest batch that does. Pure.

An estimate is no measurement: within its margin the answer is `close`, never `fits`.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import ceil

from orchestrator.catalog.catalog import Catalog
from orchestrator.fit.memory.estimate import Part, Workload, largest_batch, parts
from orchestrator.fit.memory.optimizers import Optimizer
from orchestrator.fit.memory.room import MIB, Room


class Verdict(StrEnum):
    """What is said of a card."""

    FITS = "fits"
    CLOSE = "close"
    """Within the margin of the estimate: to be measured."""
    TOO_LARGE = "does not fit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """What is to be trained, and how."""

    workload: Workload
    optimizer: Optimizer
    batch: int
    """Of all cards together."""
    cards: int = 1
    convolutions: bool = False

    @property
    def batch_of_card(self) -> int:
        """The largest share of the batch that one of the cards has."""
        return ceil(self.batch / self.cards)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryAnswer:
    """One card's, or each card's of several that are alike."""

    verdict: Verdict
    room: Room
    needed: int
    """Bytes on each card."""
    margin: float
    """Share of `needed` by which it may be off."""
    parts: tuple[Part, ...]
    largest_batch: int
    """Of all cards together, that fits with the margin to spare; 0 where none does."""
    largest_by_estimate: int
    """That fits if the estimate is exact."""

    @property
    def multiple_of_8(self) -> int:
        """The largest batch of the kind that tensor cores like; 0 where there is none."""
        return self.largest_batch // 8 * 8

    @property
    def power_of_2(self) -> int:
        """The same for powers of two."""
        return 1 << (self.largest_batch.bit_length() - 1) if self.largest_batch else 0


def answer(training: Training, room: Room, catalog: Catalog) -> MemoryAnswer:
    """What is to be said of training on cards with that much room each."""
    margin = catalog.fit_constant("card_margin").value
    every = card_parts(training, catalog)
    needed = sum(part.bytes for part in every)
    spread = 1 + catalog.fit_constant("fragmentation").value
    beside = _beside(training, catalog)

    def most(share: float) -> int:
        return training.cards * largest_batch(
            training.workload, training.optimizer, int(room.usable / share / spread) - beside
        )

    return MemoryAnswer(
        verdict=_verdict(needed, room.usable, margin),
        room=room,
        needed=needed,
        margin=margin,
        parts=every,
        largest_batch=most(1 + margin),
        largest_by_estimate=most(1),
    )


def card_parts(training: Training, catalog: Catalog) -> tuple[Part, ...]:
    """What lies in the memory of a card: the step's own parts, and what a card has beside them."""
    own = parts(training.workload, training.optimizer, training.batch_of_card)
    extra = []
    if training.convolutions:
        row = catalog.fit_constant("convolution_mib")
        extra.append(
            Part(
                name="convolutions",
                bytes=int(row.value * MIB),
                basis=f"{row.meaning} ({row.confidence}: {row.source})",
            )
        )
    if training.cards > 1:
        extra.append(
            Part(
                name="replicas",
                bytes=_gradients(training),
                basis=f"gradients, packed to be added up over {training.cards} cards",
            )
        )
    row = catalog.fit_constant("fragmentation")
    gaps = int(sum(part.bytes for part in (*own, *extra)) * row.value)
    return (
        *own,
        *extra,
        Part(
            name="gaps", bytes=gaps, basis=f"{row.value:.0%} {row.meaning} ({row.confidence}: {row.source})"
        ),
    )


def _beside(training: Training, catalog: Catalog) -> int:
    workspace = int(catalog.fit_constant("convolution_mib").value * MIB) if training.convolutions else 0
    return workspace + (_gradients(training) if training.cards > 1 else 0)


def _gradients(training: Training) -> int:
    return training.workload.parameters * training.workload.gradient_bytes


def _verdict(needed: int, usable: int, margin: float) -> Verdict:
    if needed * (1 + margin) <= usable:
        return Verdict.FITS
    return Verdict.CLOSE if needed * (1 - margin) <= usable else Verdict.TOO_LARGE
