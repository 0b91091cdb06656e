"""Another driver or CUDA than was wished, less memory, or nothing of what was wished. Pure."""

from collections.abc import Iterator
from dataclasses import replace

from orchestrator.models import Wishes
from orchestrator.resolve.alternatives.variation import Variation, variation, works
from orchestrator.resolve.rules.question import Question


def other_driver(question: Question) -> Iterator[Variation]:
    """The other branches, the nearest to what was wished first."""
    wished = question.wishes.driver
    if wished:
        branches = [row.branch for row in question.catalog.driver_branches]
        for branch in sorted(branches, key=lambda each: abs(int(each) - int(wished))):
            yield variation(question, ("--driver", branch), wishes=replace(question.wishes, driver=branch))


def other_cuda(question: Question) -> Iterator[Variation]:
    """The other releases of CUDA, the nearest to what was wished first."""
    wished = question.wishes.cuda
    if wished:
        order = [row.cuda for row in question.catalog.cuda]
        here = order.index(wished)
        for cuda in sorted(order, key=lambda each: abs(order.index(each) - here)):
            yield variation(
                question, ("--cuda", cuda), words=f"CUDA {cuda}", wishes=replace(question.wishes, cuda=cuda)
            )


def less_memory(question: Question) -> Iterator[Variation]:
    """A job that takes what the largest card has."""
    largest = max((card.memory_mib for card in question.cards), default=0)
    if 0 < largest < question.wishes.gpu_memory_mib:
        yield variation(
            question,
            ("--gpu-memory", str(largest)),
            words=f"a job that does with {largest} MiB",
            wishes=replace(question.wishes, gpu_memory_mib=largest),
        )


def nothing_kept(question: Question, cards: Iterator[Variation]) -> Iterator[Variation]:
    """Where one change is not enough: what these cards get, or failing that others, when nothing is wished."""
    for hardware in (variation(question, ()), *cards):
        stack = works(question, replace(hardware, wishes=Wishes()))
        if stack:
            wishes = Wishes(
                tensorflow=stack.tensorflow if question.wishes.tensorflow else "",
                python=stack.python if question.wishes.python else "",
                driver=stack.driver.branch if question.wishes.driver and stack.driver else "",
            )
            options = (*hardware.options, *_typed(wishes))
            if not question.wishes.cuda:
                yield replace(hardware, wishes=wishes, options=options)
                continue
            for cuda in reversed(question.catalog.cuda):
                yield replace(
                    hardware, wishes=replace(wishes, cuda=cuda.cuda), options=(*options, "--cuda", cuda.cuda)
                )


def _typed(wishes: Wishes) -> tuple[str, ...]:
    named = (
        ("--tensorflow", wishes.tensorflow),
        ("--python", wishes.python),
        ("--driver", wishes.driver),
    )
    return tuple(word for name, value in named if value for word in (name, value))
