"""Another driver or CUDA than was wished, less memory, or nothing of what was wished. Pure."""

from collections.abc import Iterator
from dataclasses import replace

from orchestrator.models import Flavour, PackageSource, Wishes
from orchestrator.resolve.alternatives.variation import Variation, variation, works
from orchestrator.resolve.rules.question import Question


def other_driver(question: Question) -> Iterator[Variation]:
    """The other branches, the nearest to what was wished first."""
    wished = question.wishes.driver
    if wished:
        branches = [row.branch for row in question.catalog.driver_branches if wished.isdigit()]
        for branch in sorted(branches, key=lambda each: abs(int(each) - int(wished))):
            yield variation(question, ("--driver", branch), wishes=replace(question.wishes, driver=branch))


def other_packages(question: Question) -> Iterator[Variation]:
    """The other kernel modules or the other source than was wished."""
    wishes = question.wishes
    for flavour in Flavour if wishes.flavour else ():
        if flavour != wishes.flavour:
            words = f"{flavour} kernel modules"
            changed = replace(wishes, flavour=flavour.value)
            yield variation(question, ("--flavour", flavour.value), words=words, wishes=changed)
    for source in (PackageSource.DISTRO, PackageSource.NVIDIA_REPO) if wishes.source else ():
        if source != wishes.source:
            changed = replace(wishes, source=source.value)
            yield variation(question, ("--source", source.value), words="packages from there", wishes=changed)


def other_cuda(question: Question) -> Iterator[Variation]:
    """The other releases of CUDA, the nearest to what was wished first."""
    wished = question.wishes.cuda
    if wished:
        order = [row.cuda for row in question.catalog.cuda]
        here = order.index(wished) if wished in order else len(order)
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
        stack = works(question, replace(hardware, wishes=Wishes(framework=question.framework)))
        if stack:
            wishes = Wishes(
                framework=question.framework,
                release=stack.release if question.wishes.release else "",
                python=stack.python if question.wishes.python else "",
                driver=stack.driver.branch if question.wishes.driver and stack.driver else "",
                flavour=stack.driver.flavour.value if question.wishes.flavour and stack.driver else "",
                source=stack.driver.source.value if question.wishes.source and stack.driver else "",
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
        (f"--{wishes.framework}", wishes.release),
        ("--python", wishes.python),
        ("--driver", wishes.driver),
        ("--flavour", wishes.flavour),
        ("--source", wishes.source),
    )
    return tuple(word for name, value in named if value for word in (name, value))
