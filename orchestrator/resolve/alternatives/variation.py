"""A question with one thing changed, or two: what it is called, what to type for it, and whether it works. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from orchestrator.catalog.catalog import Catalog
from orchestrator.errors import UsageError
from orchestrator.models import Alternative, Builder, Hardware, Stack, Wishes
from orchestrator.resolve.attempt import ask, attempt
from orchestrator.resolve.rules.question import ContradictionError, Question


@dataclass(frozen=True, slots=True, kw_only=True)
class Variation:
    """A question that differs in one thing or two, and what to type for it."""

    words: str
    """What to change; empty where the parts of the stack say it."""
    options: tuple[str, ...]
    hardware: Hardware
    wishes: Wishes
    builder: Builder


def variation(
    question: Question,
    options: tuple[str, ...],
    *,
    words: str = "",
    hardware: Hardware | None = None,
    wishes: Wishes | None = None,
) -> Variation:
    """The question with this changed."""
    return Variation(
        words=words,
        options=options,
        hardware=hardware or question.hardware,
        wishes=wishes or question.wishes,
        builder=question.builder,
    )


def first(question: Question, variations: Iterable[Variation]) -> list[Alternative]:
    """The first that works, or nothing."""
    for each in variations:
        stack = works(question, each)
        if stack:
            change = f"{each.words}: {in_words(stack)}" if each.words else in_words(stack)
            return [Alternative(change=change, options=each.options)]
    return []


def works(question: Question, variation: Variation) -> Stack | None:
    """The variation's stack; None where it contradicts itself too."""
    return _stack(variation.hardware, variation.wishes, variation.builder, question.catalog)


@lru_cache(maxsize=4096)
def _stack(hardware: Hardware, wishes: Wishes, builder: Builder, catalog: Catalog) -> Stack | None:
    """Questions that are near to each other have variations in common, and so have the ways out of one refusal."""
    try:
        return attempt(ask(hardware, wishes, builder, catalog))
    except (ContradictionError, UsageError):
        return None


def in_words(stack: Stack) -> str:
    """`TensorFlow 2.14.1 with driver 470, Python 3.10`."""
    driver = f" with driver {stack.driver.branch}" if stack.driver else " on the CPU"
    unsure = ", which is not sure" if stack.unsure else ""
    return f"{stack.title}{driver}, Python {stack.python}{unsure}"
