"""One way through all rules, in the order in which they are decided. Pure; says no by ContradictionError."""

from collections.abc import Sequence
from dataclasses import replace

from orchestrator.catalog.catalog import Catalog
from orchestrator.catalog.frameworks.releases import FrameworkRelease
from orchestrator.catalog.names import version
from orchestrator.models import Builder, Driver, Fact, Framework, Hardware, Stack, Wishes
from orchestrator.resolve.rules import cards, keras, loading, python, release
from orchestrator.resolve.rules.cuda import toolkit, wheels
from orchestrator.resolve.rules.driver import packages
from orchestrator.resolve.rules.question import ContradictionError, Question
from orchestrator.resolve.rules.wishes import understood


def ask(hardware: Hardware, wishes: Wishes, builder: Builder, catalog: Catalog) -> Question:
    """The question, with the rows that it is about.

    Raises:
        UnknownGpuError: a card is not in the catalog.
        UnknownDistributionError: the distribution is not.
    """
    cards = tuple(dict.fromkeys(catalog.gpu(name) for name in hardware.gpus))
    distribution = catalog.distribution(hardware.distribution)
    return Question(
        hardware=replace(hardware, distribution=distribution.distribution),
        wishes=understood(wishes, cards, distribution, catalog),
        builder=builder,
        catalog=catalog,
        cards=cards,
        distribution=distribution,
    )


def least_drivers(question: Question) -> dict[str, str]:
    """Minor releases of the framework that bring their CUDA and work on the cards, newest first, and the driver that each needs."""
    found: dict[str, str] = {}
    for row in _with_code(question):
        if not row.pins or row.minor in found:
            continue
        try:
            found[row.minor] = max((need.version for need in _libraries(question, row).needs), key=version)
        except ContradictionError:
            continue
    return found


def attempt(question: Question) -> Stack:
    """The stack with the newest release of the framework that works.

    Raises:
        ContradictionError: there is none: why the newest one that has code for the cards does not, a defect of its own aside.
        UsageError: something is wished that does not exist.
    """
    before = (
        *cards.resolve_cards(question),
        *cards.go_with_the_host(question),
        *cards.hold_the_job(question),
    )
    first: ContradictionError | None = None
    newest_has_defect = False
    for candidate in _with_code(question):
        chain = list(before)
        try:
            return _with(question, candidate, chain)
        except ContradictionError as contradiction:
            contradiction.before = tuple(dict.fromkeys(chain))
            if contradiction.whatever_release:
                raise
            newest_has_defect = newest_has_defect or (first is None and contradiction.of_release)
            if first is None or (first.of_release and not contradiction.of_release):
                first = contradiction
    if newest_has_defect:
        # The kernel modules of some cards exclude those of others whatever the framework does: that is the better reason.
        packages.choose(question, ())
    raise first or release.none_has_code(question)


def _with_code(question: Question) -> Sequence[FrameworkRelease]:
    """The releases to try; without those that have no code for the cards, unless it is the one that was wished."""
    candidates = release.candidates(question)
    if question.wishes.release:
        return candidates
    return [
        row for row in candidates if all(release.code_for(card, row) is not None for card in question.cards)
    ]


def _with(question: Question, row: FrameworkRelease, chain: list[Fact]) -> Stack:
    """The stack with this release; what is decided goes into the chain, so that it is there when it breaks off."""
    chain += release.has_code(question, row)
    libraries = _libraries(question, row)
    chain += libraries.facts
    asked = (
        toolkit.as_wished(question) if question.wishes.cuda and not libraries.toolkit else wheels.Libraries()
    )
    chain += asked.facts
    interpreter, why = python.choose(question, row)
    chain += why
    chain += keras.runs_on(row)
    found = loading.loads(question, row, interpreter)
    chain += found.facts
    driver: Driver | None = None
    if question.cards:
        driver, why = packages.choose(question, (*asked.needs, *libraries.needs))
        chain += why
    return Stack(
        hardware=question.hardware,
        driver=driver,
        cuda=libraries.cuda,
        cudnn=libraries.cudnn,
        toolkit=libraries.toolkit or asked.toolkit,
        framework=row.framework,
        release=row.release,
        python=interpreter,
        builder=question.builder,
        requirements=(_requirement(question, row),),
        constraints=(*libraries.constraints, *row.constraints),
        linked_libraries=found.links,
        facts=tuple(dict.fromkeys(chain)),
    )


def _libraries(question: Question, row: FrameworkRelease) -> wheels.Libraries:
    if question.without_cuda:
        return wheels.Libraries()
    return wheels.from_wheels(question, row) if row.pins else toolkit.for_tensorflow(question, row)


def _requirement(question: Question, row: FrameworkRelease) -> str:
    """As role ml_env asks pip for it: module python_env makes the same of the release's name and the accelerator."""
    on_x86 = question.hardware.architecture == "x86_64"
    if question.without_cuda:
        name = "tensorflow-cpu" if row.framework is Framework.TENSORFLOW and on_x86 else row.framework.value
        local = "+cpu" if row.framework is Framework.TORCH and on_x86 else ""
        return f"{name}=={row.release}{local}"
    extra = {Framework.TENSORFLOW: "[and-cuda]", Framework.JAX: "[cuda12]", Framework.TORCH: ""}[
        row.framework
    ]
    return f"{row.package}{extra if row.pins else ''}=={row.release}"
