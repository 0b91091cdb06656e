"""Another release, another framework, another Python, another environment, another distribution. Pure."""

from collections.abc import Iterator
from dataclasses import replace

from orchestrator.catalog.names import version
from orchestrator.models import Alternative, Builder, Framework, Wishes
from orchestrator.resolve.alternatives.variation import Variation, first, variation, works
from orchestrator.resolve.attempt import ask
from orchestrator.resolve.rules.question import Question


def other_releases(question: Question) -> list[Alternative]:
    """The nearest older and newer one; where none helps, one that does in another environment or distribution."""
    near = [*first(question, _older(question)), *first(question, _newer(question))]
    return [*(near or first(question, _elsewhere_too(question))), *first(question, _other_python(question))]


def other_builder(question: Question) -> Iterator[Variation]:
    """Environments made by the other tool, which has other Pythons."""
    other = Builder.VENV if question.builder is Builder.CONDA else Builder.CONDA
    changed = variation(question, ("--builder", other.value), words=f"environments made by {other}")
    yield replace(changed, builder=other)


def other_frameworks(question: Question) -> Iterator[Variation]:
    """Where this one has nothing for the cards, whatever else is wished: the others, without the release that was wished of this one.

    What is not sure, as TensorFlow on Blackwell, counts as nothing where another is sure.
    """
    if not question.cards:
        return
    own = works(question, variation(question, (), wishes=Wishes(framework=question.framework)))
    for framework in Framework:
        other = variation(
            question,
            ("--framework", framework.value),
            wishes=replace(question.wishes, framework=framework, release=""),
        )
        if framework is question.framework or (own and not own.unsure):
            continue
        stack = works(question, other) if own else None
        if own is None or (stack and not stack.unsure):
            yield other


def other_distributions(question: Question) -> Iterator[Variation]:
    """Every other distribution, in the order of the catalog."""
    for row in question.catalog.distributions:
        if row is not question.distribution:
            yield variation(
                question,
                ("--distribution", row.distribution),
                words=row.label,
                hardware=replace(question.hardware, distribution=row.distribution),
            )


def _older(question: Question) -> Iterator[Variation]:
    wished = question.wishes.release
    if wished:
        for minor in reversed(_minors(question)):
            if version(minor) < version(wished)[:2]:
                yield _with_release(question, minor)


def _newer(question: Question) -> Iterator[Variation]:
    wished = question.wishes.release
    if wished:
        for minor in _minors(question):
            if version(minor) > version(wished)[:2] or (
                version(minor) == version(wished)[:2] and minor != wished
            ):
                yield _with_release(question, minor)


def _elsewhere_too(question: Question) -> Iterator[Variation]:
    """Where no other release helps: another one and another builder or distribution, both."""
    for other in (*other_builder(question), *other_distributions(question)):
        elsewhere = ask(other.hardware, other.wishes, other.builder, question.catalog)
        for each in (*_older(elsewhere), *_newer(elsewhere)):
            yield replace(each, words=other.words, options=(*each.options, *other.options))


def _other_python(question: Question) -> Iterator[Variation]:
    if question.wishes.python:
        stack = works(question, variation(question, (), wishes=replace(question.wishes, python="")))
        if stack:
            yield variation(
                question, ("--python", stack.python), wishes=replace(question.wishes, python=stack.python)
            )


def _with_release(question: Question, minor: str) -> Variation:
    return variation(
        question, (f"--{question.framework}", minor), wishes=replace(question.wishes, release=minor)
    )


def _minors(question: Question) -> list[str]:
    return sorted({row.minor for row in question.releases}, key=version)
