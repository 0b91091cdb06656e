"""What is asked, and how a rule answers: with facts, or with two that contradict each other. Values only."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from orchestrator.catalog.catalog import Catalog
from orchestrator.catalog.rows import Capability, Distribution, Gpu
from orchestrator.models import Builder, Confidence, Fact, Hardware, Wishes

USER = "what was asked for"
"""Source of facts that the user set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Everything that a stack follows from."""

    hardware: Hardware
    wishes: Wishes
    builder: Builder
    catalog: Catalog
    cards: tuple[Gpu, ...]
    """The kinds of cards of the host, each once."""
    distribution: Distribution

    @property
    def without_cuda(self) -> bool:
        """True where TensorFlow is to compute on the CPU."""
        return not self.cards


class ContradictionError(Exception):
    """Two facts that cannot both be satisfied. Never leaves this package: it becomes a refusal.

    Args:
        first: what was there first: a card, a wish.
        second: what it does not go with.
        whatever_release: no other TensorFlow makes a difference.
        of_release: a defect of this TensorFlow; where every other one fails too, what these say is the reason.
    """

    def __init__(
        self, first: Fact, second: Fact, *, whatever_release: bool = False, of_release: bool = False
    ) -> None:
        super().__init__(f"{first.statement}; {second.statement}")
        self.pair = (first, second)
        self.whatever_release = whatever_release
        self.of_release = of_release
        self.before: tuple[Fact, ...] = ()
        """What had been decided when it was found; whoever keeps the chain fills it in."""


class Sourced(Protocol):
    """Any row of the catalog."""

    @property
    def source(self) -> str:
        """Who says so."""
        ...

    @property
    def confidence(self) -> Confidence:
        """How far it is to be trusted."""
        ...


def fact(statement: str, *rows: Sourced) -> Fact:
    """A statement that rests on these rows, as sure as the least sure of them."""
    sources = dict.fromkeys(part for row in rows for part in row.source.split("; "))
    order = list(Confidence)
    return Fact(
        statement=statement,
        source="; ".join(sources),
        confidence=max((row.confidence for row in rows), key=order.index),
    )


def wish(statement: str) -> Fact:
    """What the user insists on."""
    return Fact(statement=statement, source=USER, confidence=Confidence.HIGH)


def number(capability: Capability) -> str:
    """`8.6`."""
    return f"{capability[0]}.{capability[1]}"


def listed(words: Iterable[str]) -> str:
    """`3.9, 3.10 and 3.11`."""
    every = list(words)
    return " and ".join(([", ".join(every[:-1])] if every[:-1] else []) + every[-1:])
