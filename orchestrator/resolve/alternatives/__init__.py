"""What is near to a refused question and works: each variation is resolved, and only what resolves is offered. Pure."""

from collections.abc import Iterator
from itertools import chain, islice

from orchestrator.models import Alternative
from orchestrator.resolve.alternatives import cards, releases, wishes
from orchestrator.resolve.alternatives.variation import first
from orchestrator.resolve.rules.question import Question

MOST = 6


def alternatives(question: Question, *, whatever_release: bool) -> tuple[Alternative, ...]:
    """The nearest things that work: another release, another wish, another host, another card.

    Args:
        question: what was refused.
        whatever_release: no other release makes a difference, so that none is tried.
    """
    found = list(islice(_each(question, whatever_release=whatever_release), MOST))
    if not found:
        others = chain(cards.like_cards(question), cards.rentable_cards(question))
        found = first(question, wishes.nothing_kept(question, others))
    return tuple({offer.options: offer for offer in found}.values())


def _each(question: Question, *, whatever_release: bool) -> Iterator[Alternative]:
    if not whatever_release:
        yield from releases.other_releases(question)
    for other in releases.other_frameworks(question):
        yield from first(question, [other])
    for variations in (
        wishes.other_driver,
        wishes.other_packages,
        wishes.other_cuda,
        wishes.less_memory,
        releases.other_builder,
    ):
        yield from first(question, variations(question))
    yield from first(question, releases.other_distributions(question))
    for variations in (cards.like_cards, cards.rentable_cards):
        yield from first(question, variations(question))
    for alone in cards.each_card_alone(question):
        yield from first(question, [alone])
