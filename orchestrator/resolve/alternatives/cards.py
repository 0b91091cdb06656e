"""Another card: one like it, one that EC2 offers, or one of several alone. Pure."""

from collections.abc import Iterator
from dataclasses import replace

from orchestrator.catalog.rows import Gpu
from orchestrator.resolve.alternatives.variation import Variation, variation
from orchestrator.resolve.rules.question import Question
from orchestrator.resolve.rules.release import code_for

TRIES = 6
"""Cards of each sort that are tried: what is farther away is no alternative any more."""
BRANDS = frozenset({"GeForce", "Quadro", "RTX", "TITAN"})


def like_cards(question: Question) -> Iterator[Variation]:
    """Cards of the same kind, the nearest in capability first; with as much memory, if there is one."""
    if len(question.cards) == 1:
        card = question.cards[0]
        others = (
            each
            for each in question.catalog.gpus
            if each is not card and _kind(each) == _kind(card) and _is_worthwhile(question, each)
        )
        for other in sorted(
            others, key=lambda each: (each.memory_mib < card.memory_mib, *_distance(each, card))
        ):
            yield _with_card(question, other)


def rentable_cards(question: Question) -> Iterator[Variation]:
    """Cards that EC2 offers, the nearest in memory first, then the cheapest."""
    if len(question.cards) == 1:
        card = question.cards[0]
        offered: dict[str, float] = {}
        for row in question.catalog.ec2_types:
            if (
                row.status in ("current", "previous")
                and row.gpu_share == "1"
                and row.gpu
                and row.usd_per_hour
            ):
                offered[row.gpu] = min(row.usd_per_hour, offered.get(row.gpu, row.usd_per_hour))
        others = [question.catalog.gpu(name) for name in offered if name != card.gpu]
        for other in sorted(
            others, key=lambda each: (abs(each.memory_mib - card.memory_mib), offered[each.gpu])
        ):
            yield _with_card(question, other)


def each_card_alone(question: Question) -> Iterator[Variation]:
    """Of a host with several kinds of cards, each kind without the others."""
    if len(question.cards) > 1:
        for card in question.cards:
            names = tuple(name for name in question.hardware.gpus if question.catalog.gpu(name) is card)
            yield variation(
                question,
                tuple(word for _ in names for word in ("--gpu", card.gpu)),
                words=f"{card.gpu} without the others",
                hardware=replace(question.hardware, gpus=names),
            )


def _is_worthwhile(question: Question, card: Gpu) -> bool:
    """Where no release is wished, a card that the newest one has code for: nobody exchanges a card for another dead end."""
    newest = next(row for row in reversed(question.releases) if row.usable and not row.yanked)
    return bool(question.wishes.release) or code_for(card, newest) is not None


def _with_card(question: Question, card: Gpu) -> Variation:
    names = (card.gpu,) * len(question.hardware.gpus)
    return variation(
        question,
        tuple(word for name in names for word in ("--gpu", name)),
        words=card.gpu,
        hardware=replace(question.hardware, gpus=names, architecture=card.host),
    )


def _kind(card: Gpu) -> str:
    first = card.gpu.split()[0]
    return first if first in BRANDS else "data centre"


def _distance(card: Gpu, other: Gpu) -> tuple[int, int]:
    (major, minor), (others, minors) = card.compute_capability, other.compute_capability
    return abs(10 * (major - others) + minor - minors), abs(card.memory_mib - other.memory_mib)
