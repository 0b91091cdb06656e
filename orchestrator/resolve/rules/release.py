"""Which release of the framework: what was wished, what there is for the Python, and whether its wheel has code for the cards."""

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from functools import lru_cache

from orchestrator.catalog.frameworks.releases import FrameworkRelease
from orchestrator.catalog.names import version
from orchestrator.catalog.rows import Capability, Gpu
from orchestrator.errors import UsageError
from orchestrator.models import Confidence, Fact
from orchestrator.resolve.rules.cards import capability
from orchestrator.resolve.rules.driver.branch import drives
from orchestrator.resolve.rules.python import brought, suits
from orchestrator.resolve.rules.question import (
    ContradictionError,
    Question,
    fact,
    listed,
    number,
    numbers,
    wish,
)


class Code(StrEnum):
    """How a card runs a wheel."""

    SASS = "machine code"
    PTX = "PTX, which the driver compiles when the program starts"


class UnknownReleaseError(UsageError):
    """The catalog has no release of this name."""


def candidates(question: Question) -> Sequence[FrameworkRelease]:
    """The releases to try, newest first: of each minor version the newest there is for the Python.

    What was wished, and the newest where nothing is there for the Python, are tried all the same: that says why not.

    Raises:
        UnknownReleaseError: there is no such release.
        ContradictionError: the one that was wished was withdrawn or is known to be broken.
    """
    wished, label = question.wishes.release, question.framework.label
    rows = list(reversed(question.releases))
    if wished:
        rows = [row for row in rows if f"{row.release}.".startswith(f"{wished}.")]
        if not rows:
            known = dict.fromkeys(row.minor for row in question.releases)
            raise UnknownReleaseError(f"no {label} {wished} is known", f"one of {', '.join(known)}")
    good = [row for row in rows if row.usable and not row.yanked]
    if not good:
        why = "was withdrawn" if rows[0].yanked else f"is not chosen: {rows[0].note}"
        raise ContradictionError(wish(f"{label} {wished} is wished"), fact(f"{rows[0].title} {why}", rows[0]))
    if good[-1].release == wished:
        return (good[-1],)
    newest: dict[str, FrameworkRelease] = {}
    for row in good:
        if suits(question, row):
            newest.setdefault(row.minor, row)
    return tuple(newest.values()) or good[:1]


def code_for(card: Gpu, release: FrameworkRelease) -> Code | None:
    """Machine code runs on cards of its major version with the same or a higher minor one; PTX on any newer card,

    unless it was written for one architecture alone. CUDA C++ programming guide, binary and PTX compatibility.
    """
    return _code(card.compute_capability, release.sass, release.ptx, ptx_for_newer=release.ptx_for_newer)


@lru_cache(maxsize=4096)
def _code(
    has: Capability, sass: tuple[Capability, ...], ptx: tuple[Capability, ...], *, ptx_for_newer: bool
) -> Code | None:
    if any(built[0] == has[0] and built[1] <= has[1] for built in sass):
        return Code.SASS
    newer = ptx_for_newer and any(built <= has for built in ptx)
    return Code.PTX if newer or has in ptx else None


def has_code(question: Question, release: FrameworkRelease) -> tuple[Fact, ...]:
    """The wheel has code for every card.

    Raises:
        ContradictionError: for one it has not.
    """
    facts = []
    for card in question.cards:
        code = code_for(card, release)
        if code is None:
            raise ContradictionError(_card(question, card), _no_code(question, card, release))
        facts.append(
            fact(
                f"the wheel of {release.title} has code for {_holds(release)}: {card.gpu} runs its {code}",
                release,
            )
        )
        facts += _before_the_card(question, card, release) if code is Code.PTX else []
    return tuple(facts)


def none_has_code(question: Question) -> ContradictionError:
    """Why none of the candidates does for the cards, said by the last release that has code for the oldest of them."""
    card = min(question.cards, key=lambda each: each.compute_capability)
    rows = [row for row in question.releases if row.usable and code_for(card, row)]
    if not rows:
        oldest = question.releases[0]
        return ContradictionError(
            _card(question, card),
            fact(f"no {question.framework.label} since {oldest.release} has code for {_cc(card)}", oldest),
        )
    last = rows[-1]
    return ContradictionError(
        _card(question, card),
        fact(
            f"no {question.framework.label} for {brought(question)} has code for {_cc(card)}: {last.release} is the last that has,"
            f" and it is for Python {listed(last.pythons)}",
            last,
        ),
    )


def _card(question: Question, card: Gpu) -> Fact:
    """What the card is, and with which driver it ends, since that is what its owner looks for next."""
    known = capability(card)
    its = drives(question, card)
    if not its or its[-1].branch is question.catalog.driver_branches[-1]:
        return known
    return replace(known, statement=f"{known.statement}; driver {its[-1].branch.branch} is the last for it")


def _before_the_card(question: Question, card: Gpu, release: FrameworkRelease) -> list[Fact]:
    """A release that was built before CUDA knew the card rests on PTX in all that it does: seen to compile, and then to fail."""
    built = [row for row in question.catalog.cuda if row.cuda == release.cuda]
    newest = max(built[0].capabilities)
    if release.pins or newest >= card.compute_capability:
        return []
    return [
        Fact(
            statement=f"{release.title} was built with CUDA {release.cuda}, before there was {card.architecture}:"
            f" that it computes on {card.gpu} is inferred, and such builds were seen to fail there (tensorflow#60739)",
            source="tensorflow/tensorflow#60739",
            confidence=Confidence.LOW,
        )
    ]


def _no_code(question: Question, card: Gpu, release: FrameworkRelease) -> Fact:
    good = [row for row in question.releases if row.usable and code_for(card, row)]
    after = [row for row in good if version(row.release) > version(release.release)]
    known = (
        f"; {after[0].release} has" if after else f"; {good[-1].release} is the last that has" if good else ""
    )
    return fact(
        f"the wheel of {release.title} has code for {_holds(release)}, none that {_cc(card)} runs{known}",
        release,
    )


def _holds(release: FrameworkRelease) -> str:
    sass = numbers(release.sass)
    if not release.ptx:
        return f"{sass} and no PTX"
    ptx = [each for each in release.ptx if each not in release.sass] or release.ptx[-1:]
    only = "" if release.ptx_for_newer else " alone"
    return f"{sass} and PTX for {numbers(tuple(ptx))}{only}"


def _cc(card: Gpu) -> str:
    return number(card.compute_capability)
