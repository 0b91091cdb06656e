"""NVSwitch: whether the cards are connected by it, and what that asks of the driver's packages."""

from orchestrator.catalog.rows import DriverPackages, Gpu
from orchestrator.models import Fact
from orchestrator.resolve.rules.question import Question, fact

NVLINK5 = "Blackwell"
"""From this architecture on NVSwitch needs its own subnet manager beside the fabric manager."""


def switched(question: Question) -> Gpu | None:
    """The kind of card that NVSwitch connects on this host; None where there is none."""
    for card in question.cards:
        if card.nvswitch_from and count(question, card) >= card.nvswitch_from:
            return card
    return None


def count(question: Question, card: Gpu) -> int:
    """How many of the kind the host has."""
    return sum(question.catalog.gpu(name) is card for name in question.hardware.gpus)


def asked(question: Question, card: Gpu) -> Fact:
    """Why there has to be a fabric manager."""
    return fact(
        f"{count(question, card)} x {card.gpu} are connected by NVSwitch: no CUDA program starts without the fabric"
        " manager, and it has to be of the driver's version",
        card,
    )


def packages(card: Gpu | None, row: DriverPackages) -> tuple[str, ...]:
    """What NVSwitch needs beside the driver; empty where there is none."""
    if card is None:
        return ()
    return (*row.fabric_manager, *(row.nvlink5 if card.architecture == NVLINK5 else ()))


def complete(card: Gpu | None, row: DriverPackages) -> bool:
    """True when all that NVSwitch needs comes from where the driver comes from."""
    if card is None:
        return True
    return bool(row.fabric_manager) and (card.architecture != NVLINK5 or bool(row.nvlink5))
