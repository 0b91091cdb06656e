"""What is asked, and how a rule answers: with facts, or with two that contradict each other. Values only."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from orchestrator.catalog.catalog import Catalog
from orchestrator.catalog.frameworks.releases import FrameworkRelease
from orchestrator.catalog.rows import Capability, Distribution, Gpu
from orchestrator.models import Builder, Confidence, Fact, Framework, Hardware, Wishes

USER = "what was asked for"
"""Source of facts that the user set."""
_FROM_SURE = tuple(Confidence)


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
        """True where the framework is to compute on the CPU."""
        return not self.cards

    @property
    def framework(self) -> Framework:
        """What is to compute."""
        return self.wishes.framework

    @property
    def releases(self) -> tuple[FrameworkRelease, ...]:
        """Of the framework, oldest first."""
        return self.catalog.releases(self.framework)


class ContradictionError(Exception):
    """Two facts that cannot both be satisfied. Never leaves this package: it becomes a refusal.

    Args:
        first: what was there first: a card, a wish.
        second: what it does not go with.
        whatever_release: no other release of the framework makes a difference.
        of_release: a defect of this release; where every other one fails too, what these say is the reason.
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
    return Fact(
        statement=statement,
        source=_joined(*(row.source for row in rows)),
        confidence=max((row.confidence for row in rows), key=_FROM_SURE.index),
    )


def wish(statement: str) -> Fact:
    """What the user insists on."""
    return Fact(statement=statement, source=USER, confidence=Confidence.HIGH)


def number(capability: Capability) -> str:
    """`8.6`."""
    return f"{capability[0]}.{capability[1]}"


@lru_cache(maxsize=256)
def numbers(capabilities: tuple[Capability, ...]) -> str:
    """`7.5, 8.0 and 8.6`."""
    return listed(map(number, capabilities))


def listed(words: Iterable[str]) -> str:
    """`3.9, 3.10 and 3.11`."""
    every = list(words)
    return " and ".join(([", ".join(every[:-1])] if every[:-1] else []) + every[-1:])


@lru_cache(maxsize=1024)
def _joined(*sources: str) -> str:
    """Each source once, of rows that may have several each."""
    return "; ".join(dict.fromkeys(part for each in sources for part in each.split("; ")))
