"""What the cards are, whether they go with the host, and whether the job fits on one of them."""

from orchestrator.catalog.rows import Gpu
from orchestrator.models import Confidence, Fact, Framework
from orchestrator.resolve.rules.question import ContradictionError, Question, fact, number, wish


def resolve_cards(question: Question) -> tuple[Fact, ...]:
    """What each kind of card is."""
    return tuple(capability(card) for card in question.cards)


def capability(card: Gpu) -> Fact:
    """The statement that most contradictions start from."""
    return fact(
        f"{card.gpu} ({card.architecture}) has compute capability {number(card.compute_capability)}", card
    )


def go_with_the_host(question: Question) -> tuple[Fact, ...]:
    """On aarch64 TensorFlow has no wheel with CUDA, and of the others nobody read which code theirs have: a card is of no use there.

    Raises:
        ContradictionError: a card is to be used on aarch64, or sits in an aarch64 host only.
    """
    for card in question.cards:
        if "aarch64" in (card.host, question.hardware.architecture):
            newest = question.releases[-1]
            raise ContradictionError(
                fact(f"{card.gpu} is in an aarch64 host", card)
                if card.host == "aarch64"
                else wish("the host is aarch64"),
                fact(
                    f"TensorFlow's wheels for aarch64, up to {newest.release}, are built without CUDA"
                    if question.framework is Framework.TENSORFLOW
                    else f"of {question.framework.label}'s wheels, up to {newest.release}, only those for x86_64 were read",
                    newest,
                ),
            )
    return ()


def hold_the_job(question: Question) -> tuple[Fact, ...]:
    """A job runs on one card: the one with most memory has to have what it needs.

    Raises:
        ContradictionError: none has.
    """
    needed = question.wishes.gpu_memory_mib
    if not needed:
        return ()
    asked = wish(f"a job needs {needed} MiB on one card")
    if not question.cards:
        raise ContradictionError(asked, wish("the host has no card"))
    largest = max(question.cards, key=lambda card: card.memory_mib)
    if any(not card.memory_mib for card in question.cards) and largest.memory_mib < needed:
        unknown = next(card for card in question.cards if not card.memory_mib)
        return (
            Fact(
                statement=f"how much memory {unknown.gpu} has is not in the catalog",
                source=unknown.source,
                confidence=Confidence.LOW,
            ),
        )
    has = fact(f"{largest.gpu} has {largest.memory_mib} MiB", largest)
    if largest.memory_mib < needed:
        raise ContradictionError(asked, has)
    return (asked, has)
