"""MIG: a card that is split into instances, each of which is a GPU to CUDA. Knows which cards can be; splits none. Pure."""

import re
from collections.abc import Iterable
from dataclasses import replace

from orchestrator.catalog.cards.unsupported import UnknownGpuError
from orchestrator.catalog.rows import Gpu

SPLITS = frozenset({(8, 0), (9, 0), (10, 0), (10, 3)})
"""Compute capabilities all of whose cards can be split. NVIDIA Multi-Instance GPU user guide, supported GPUs."""
ALSO = re.compile(r"RTX PRO [56]000 Blackwell")
SEVENTHS = 7
"""A card has seven slices at most."""


def can_be_split(card: Gpu) -> bool:
    """Whether the card knows MIG."""
    return card.compute_capability in SPLITS or ALSO.match(card.gpu) is not None


def share(card: Gpu, profile: str) -> Gpu:
    """An instance of the card: its share of the memory, and no NVLink to others.

    Raises:
        UnknownGpuError: the card cannot be split, or not like that.
    """
    slices, memory = (int(number) for number in re.findall(r"\d+", profile))
    if not can_be_split(card):
        raise UnknownGpuError(
            f"{card.gpu} cannot be split: MIG is for A30, A100, H100, H200, B200 and the like",
            f"orchestrate resolve --gpu '{card.gpu}'",
        )
    if not 1 <= slices <= SEVENTHS or (card.memory_mib and memory * 1024 > card.memory_mib * 1.1):
        raise UnknownGpuError(
            f"{card.gpu} has no MIG profile {profile}: it has {card.memory_mib} MiB in all",
            "one of those that `nvidia-smi mig -lgip` lists on the host",
        )
    return replace(
        card,
        gpu=f"{card.gpu} MIG {profile}",
        memory_mib=min(memory * 1024, card.memory_mib or memory * 1024),
        nvswitch_from=0,
    )


def without_card(profile: str, cards: Iterable[Gpu]) -> UnknownGpuError:
    """The refusal of a profile that names no card."""
    memory = int(re.findall(r"\d+", profile)[1]) * 1024
    slices = int(profile[0])
    fitting = [
        card.gpu
        for card in cards
        if can_be_split(card)
        and memory * 0.7 <= card.memory_mib * max(1, slices) / (SEVENTHS + 1) <= memory * 1.3
    ]
    named = fitting[:4]
    return UnknownGpuError(
        f"{profile} is a profile of MIG, which several cards have: {', '.join(named) or 'name the card as well'}",
        f"orchestrate resolve --gpu '{(named or ['H100 PCIe'])[0]} MIG {profile}'",
    )
