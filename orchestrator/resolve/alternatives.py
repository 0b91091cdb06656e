"""What is near to a refused question and works: each variation is resolved, and only what resolves is offered. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from orchestrator.catalog.names import version
from orchestrator.catalog.rows import Gpu
from orchestrator.errors import UsageError
from orchestrator.models import Alternative, Builder, Hardware, Stack, Wishes
from orchestrator.resolve.attempt import ask, attempt
from orchestrator.resolve.rules.question import ContradictionError, Question

MOST = 6
TRIES = 12
"""Cards of each sort that are tried: what is farther away is no alternative any more."""
BRANDS = frozenset({"GeForce", "Quadro", "RTX", "TITAN"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Variation:
    """A question that differs in one thing or two, and what to type for it."""

    words: str
    """What to change; empty where the parts of the stack say it."""
    options: tuple[str, ...]
    hardware: Hardware
    wishes: Wishes
    builder: Builder


def alternatives(question: Question, *, whatever_release: bool) -> tuple[Alternative, ...]:
    """The nearest things that work: another release, another wish, another host, another card.

    Args:
        question: what was refused.
        whatever_release: no other TensorFlow makes a difference, so that none is tried.
    """
    offers = [
        *([] if whatever_release else _other_releases(question)),
        *_first(question, _other_driver(question)),
        *_first(question, _other_cuda(question)),
        *_first(question, _less_memory(question)),
        *_first(question, _other_builder(question)),
        *_first(question, _other_distributions(question)),
        *_first(question, _like_cards(question)),
        *_first(question, _rentable_cards(question)),
        *(each for alone in _each_card_alone(question) for each in _first(question, [alone])),
    ]
    return tuple({offer.options: offer for offer in offers or _nothing_kept(question)}.values())[:MOST]


def works(question: Question, variation: Variation) -> Stack | None:
    """The variation's stack; None where it contradicts itself too."""
    try:
        return attempt(ask(variation.hardware, variation.wishes, variation.builder, question.catalog))
    except (ContradictionError, UsageError):
        return None


def in_words(stack: Stack) -> str:
    """`TensorFlow 2.14.1 with driver 470, Python 3.10`."""
    driver = f" with driver {stack.driver.branch}" if stack.driver else " on the CPU"
    unsure = ", which is not sure" if stack.unsure else ""
    return f"TensorFlow {stack.tensorflow}{driver}, Python {stack.python}{unsure}"


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


def _other_releases(question: Question) -> list[Alternative]:
    """The nearest older and newer one; where none helps, one that does in another environment or distribution."""
    near = [*_first(question, _older(question)), *_first(question, _newer(question))]
    return [*(near or _first(question, _elsewhere_too(question))), *_first(question, _other_python(question))]


def _nothing_kept(question: Question) -> list[Alternative]:
    """Where one change is not enough: what the cards get when nothing is wished, as wishes."""
    stack = works(question, variation(question, (), wishes=Wishes()))
    if stack is None:
        return []
    wishes = Wishes(
        tensorflow=stack.tensorflow if question.wishes.tensorflow else "",
        python=stack.python if question.wishes.python else "",
        driver=stack.driver.branch if question.wishes.driver and stack.driver else "",
    )
    options = [
        word
        for name, value in (
            ("tensorflow", wishes.tensorflow),
            ("python", wishes.python),
            ("driver", wishes.driver),
        )
        if value
        for word in (f"--{name}", value)
    ]
    if not question.wishes.cuda:
        return _first(question, [variation(question, tuple(options), wishes=wishes)]) if options else []
    newest_first = reversed([row.cuda for row in question.catalog.cuda])
    return _first(
        question,
        (
            variation(
                question,
                (*options, "--cuda", cuda),
                words=f"CUDA {cuda}",
                wishes=replace(wishes, cuda=cuda),
            )
            for cuda in newest_first
        ),
    )


def _first(question: Question, variations: Iterable[Variation]) -> list[Alternative]:
    """The first that works, or nothing."""
    for each in variations:
        stack = works(question, each)
        if stack:
            change = f"{each.words}: {in_words(stack)}" if each.words else in_words(stack)
            return [Alternative(change=change, options=each.options)]
    return []


def _older(question: Question) -> Iterator[Variation]:
    wished = question.wishes.tensorflow
    if wished:
        for minor in reversed(_minors(question)):
            if version(minor) < version(wished)[:2]:
                yield _with_release(question, minor)


def _newer(question: Question) -> Iterator[Variation]:
    wished = question.wishes.tensorflow
    if wished:
        for minor in _minors(question):
            if version(minor) > version(wished)[:2] or (
                version(minor) == version(wished)[:2] and minor != wished
            ):
                yield _with_release(question, minor)


def _elsewhere_too(question: Question) -> Iterator[Variation]:
    """Where no other release helps: another one and another builder or distribution, both."""
    for other in _elsewhere(question):
        elsewhere = ask(other.hardware, other.wishes, other.builder, question.catalog)
        for each in (*_older(elsewhere), *_newer(elsewhere)):
            yield replace(each, words=other.words, options=(*each.options, *other.options))


def _with_release(question: Question, minor: str) -> Variation:
    return variation(question, ("--tensorflow", minor), wishes=replace(question.wishes, tensorflow=minor))


def _minors(question: Question) -> list[str]:
    return sorted({row.minor for row in question.catalog.tensorflow}, key=version)


def _other_python(question: Question) -> Iterator[Variation]:
    if question.wishes.python:
        stack = works(question, variation(question, (), wishes=replace(question.wishes, python="")))
        if stack:
            yield variation(
                question, ("--python", stack.python), wishes=replace(question.wishes, python=stack.python)
            )


def _other_driver(question: Question) -> Iterator[Variation]:
    wished = question.wishes.driver
    if wished:
        branches = [row.branch for row in question.catalog.driver_branches]
        for branch in sorted(branches, key=lambda each: abs(int(each) - int(wished))):
            yield variation(question, ("--driver", branch), wishes=replace(question.wishes, driver=branch))


def _other_cuda(question: Question) -> Iterator[Variation]:
    wished = question.wishes.cuda
    if wished:
        order = [row.cuda for row in question.catalog.cuda]
        here = order.index(wished)
        for cuda in sorted(order, key=lambda each: abs(order.index(each) - here)):
            yield variation(
                question, ("--cuda", cuda), words=f"CUDA {cuda}", wishes=replace(question.wishes, cuda=cuda)
            )


def _less_memory(question: Question) -> Iterator[Variation]:
    largest = max((card.memory_mib for card in question.cards), default=0)
    if 0 < largest < question.wishes.gpu_memory_mib:
        yield variation(
            question,
            ("--gpu-memory", str(largest)),
            words=f"a job that does with {largest} MiB",
            wishes=replace(question.wishes, gpu_memory_mib=largest),
        )


def _elsewhere(question: Question) -> Iterator[Variation]:
    yield from _other_builder(question)
    yield from _other_distributions(question)


def _other_builder(question: Question) -> Iterator[Variation]:
    other = Builder.VENV if question.builder is Builder.CONDA else Builder.CONDA
    changed = variation(question, ("--builder", other.value), words=f"environments made by {other}")
    yield replace(changed, builder=other)


def _other_distributions(question: Question) -> Iterator[Variation]:
    for row in question.catalog.distributions:
        if row is not question.distribution:
            yield variation(
                question,
                ("--distribution", row.distribution),
                words=row.label,
                hardware=replace(question.hardware, distribution=row.distribution),
            )


def _like_cards(question: Question) -> Iterator[Variation]:
    """Cards of the same kind, the nearest in capability first; with as much memory, if there is one."""
    if len(question.cards) == 1:
        card = question.cards[0]
        others = (each for each in question.catalog.gpus if each is not card and _kind(each) == _kind(card))
        for other in sorted(
            others, key=lambda each: (each.memory_mib < card.memory_mib, *_distance(each, card))
        ):
            yield _with_card(question, other)


def _rentable_cards(question: Question) -> Iterator[Variation]:
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


def _each_card_alone(question: Question) -> Iterator[Variation]:
    if len(question.cards) > 1:
        for card in question.cards:
            names = tuple(name for name in question.hardware.gpus if question.catalog.gpu(name) is card)
            yield variation(
                question,
                tuple(word for _ in names for word in ("--gpu", card.gpu)),
                words=f"{card.gpu} without the others",
                hardware=replace(question.hardware, gpus=names),
            )


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
