"""Which branches drive the cards: from which to which, with open or proprietary modules, and all cards at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from orchestrator.catalog.catalog import Catalog
from orchestrator.catalog.rows import DriverBranch, Gpu
from orchestrator.errors import UsageError
from orchestrator.models import Fact, Flavour
from orchestrator.resolve.rules.question import ContradictionError, Question, fact, listed, wish


class UnknownBranchError(UsageError):
    """The catalog has no driver branch of this name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverOption:
    """A branch in one flavour."""

    branch: DriverBranch
    flavour: Flavour


def driver_options(question: Question) -> tuple[DriverOption, ...]:
    """All that drive every card, of the branch that is wished, oldest first.

    Raises:
        UnknownBranchError: the branch that is wished does not exist.
        ContradictionError: there is none.
    """
    return as_wished(question, drive_all(question))


def drives(question: Question, card: Gpu) -> tuple[DriverOption, ...]:
    """The branches that drive one card, from the first that knew it to the last, in the flavours that do."""
    return _drives(question.catalog, card.architecture, card.first_branch, card.newest_branch)


@lru_cache(maxsize=1024)
def _drives(catalog: Catalog, architecture: str, first: str, newest: str) -> tuple[DriverOption, ...]:
    return tuple(
        DriverOption(branch=branch, flavour=flavour)
        for branch in catalog.driver_branches
        if int(first) <= int(branch.branch) <= int(newest or branch.branch)
        for flavour, architectures in ((Flavour.OPEN, branch.open), (Flavour.PROPRIETARY, branch.proprietary))
        if architecture in architectures
    )


def drive_all(question: Question) -> tuple[DriverOption, ...]:
    """The ways that every card has: a host has one driver.

    Raises:
        ContradictionError: two cards have none in common.
    """
    common = drives(question, question.cards[0])
    for index, card in enumerate(question.cards[1:], start=1):
        its = drives(question, card)
        both = tuple(option for option in common if option in its)
        if not both:
            raise ContradictionError(
                *_conflict(question, question.cards[:index], card), whatever_release=True
            )
        common = both
    return common


def as_wished(question: Question, common: tuple[DriverOption, ...]) -> tuple[DriverOption, ...]:
    """Those of the branch and with the modules that the user insists on.

    Raises:
        UnknownBranchError: there is no such branch.
        ContradictionError: it does not drive the cards.
    """
    wished = question.wishes.driver
    if not wished:
        return in_flavour(question, common)
    if question.catalog.branch(wished) is None:
        known = ", ".join(row.branch for row in question.catalog.driver_branches)
        raise UnknownBranchError(f"no driver branch {wished} is known", f"one of {known}")
    kept = tuple(option for option in common if option.branch.branch == wished)
    if not kept:
        strangers = (card for card in question.cards if wished not in _names(drives(question, card)))
        raise ContradictionError(
            wish(f"driver {wished} is wished"),
            span(question, next(strangers, question.cards[0])),
            whatever_release=True,
        )
    return in_flavour(question, kept)


def in_flavour(question: Question, possible: tuple[DriverOption, ...]) -> tuple[DriverOption, ...]:
    """Those with the kernel modules that the user insists on.

    Raises:
        ContradictionError: the cards do not work with these.
    """
    wished = question.wishes.flavour
    kept = tuple(option for option in possible if wished in ("", option.flavour))
    if kept:
        return kept
    strangers = (
        card for card in question.cards if wished not in {option.flavour for option in drives(question, card)}
    )
    raise ContradictionError(
        wish(f"{wished} kernel modules are wished"),
        span(question, next(strangers, question.cards[0])),
        whatever_release=True,
    )


def span(question: Question, card: Gpu) -> Fact:
    """From which branch to which there are drivers for the card, and with which modules."""
    its = drives(question, card)
    first, last = its[0].branch, its[-1].branch
    newest = question.catalog.driver_branches[-1]
    reach = f"from branch {first.branch} on"
    if last is not newest:
        reach = (
            f"by branches {first.branch} to {last.branch}"
            if first is not last
            else f"by branch {first.branch} alone"
        )
    flavours = listed(sorted({option.flavour for option in its}))
    only = " only" if len({option.flavour for option in its}) == 1 else ""
    return fact(
        f"{card.gpu} ({card.architecture}) is driven {reach}, with {flavours} modules{only}",
        card,
        first,
        last,
    )


def _conflict(question: Question, before: Iterable[Gpu], card: Gpu) -> tuple[Fact, Fact]:
    """The card, and the first one before it with which it has no driver in common."""
    its = drives(question, card)
    earlier = list(before)
    other = next((each for each in earlier if not set(drives(question, each)) & set(its)), earlier[0])
    return span(question, other), span(question, card)


def _names(found: Iterable[DriverOption]) -> set[str]:
    return {option.branch.branch for option in found}
