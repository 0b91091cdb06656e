"""Whether a framework finds the libraries that it was given: of TensorFlow by what its own loader said, of the others by their guides."""

from dataclasses import dataclass

from orchestrator.catalog.frameworks.loading import LibraryOrigin, LoadOutcome, TensorFlowLoading
from orchestrator.catalog.frameworks.releases import FrameworkRelease
from orchestrator.models import Confidence, Fact, Framework
from orchestrator.resolve.rules.question import ContradictionError, Question, fact, listed

_WHERE = {
    LibraryOrigin.WHEELS: "where pip puts them",
    LibraryOrigin.SYSTEM: "on the linker's path",
}
_GUIDES = {
    Framework.JAX: "JAX, Installation: NVIDIA CUDA installed from pip wheels",
    Framework.TORCH: "PyTorch, Get Started: pip on Linux",
}
NEVER_TRIED = "tools/tensorflow_loading, which has no row for it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loads:
    """What is known of it."""

    facts: tuple[Fact, ...] = ()
    links: tuple[str, ...] = ()
    """Libraries that role ml_env links to where they are looked for."""


def loads(question: Question, release: FrameworkRelease, python: str) -> Loads:
    """The release finds the libraries of the cards' CUDA with this Python; unsure where nobody has tried.

    Raises:
        ContradictionError: it does not, and no link mends it.
    """
    if question.without_cuda:
        return Loads()
    if release.framework is not Framework.TENSORFLOW:
        return Loads(facts=(_by_its_guide(release),))
    origin = LibraryOrigin.WHEELS if release.pins else LibraryOrigin.SYSTEM
    row = question.catalog.loading(release.release, python, origin)
    name = f"{release.title}"
    if row is None:
        untried = Fact(
            statement=f"whether {name} with Python {python} finds NVIDIA's libraries {_WHERE[origin]} was never tried",
            source=NEVER_TRIED,
            confidence=Confidence.LOW,
        )
        return Loads(facts=(untried,))
    if row.outcome is LoadOutcome.FAILED:
        raise ContradictionError(
            fact(f"{name} needs {listed(row.asked)}", row),
            fact(f"its own loader does not find {listed(row.missing)} {_WHERE[origin]}", row),
            of_release=True,
        )
    linked = _linked(row)
    return Loads(facts=(fact(_statement(name, row, linked), row),), links=linked)


def _by_its_guide(release: FrameworkRelease) -> Fact:
    """Both load NVIDIA's libraries themselves from the folders of pip; nobody tried that here, so it is no more than told."""
    return Fact(
        statement=f"{release.framework.label} is to be installed with NVIDIA's wheels, and looks for its libraries where pip puts them:"
        " its installation guide says so, and it was not tried",
        source=_GUIDES[release.framework],
        confidence=Confidence.MEDIUM,
    )


def _statement(name: str, row: TensorFlowLoading, linked: tuple[str, ...]) -> str:
    where = _WHERE[row.libraries]
    if row.outcome is LoadOutcome.MENDED:
        return f"the loader of {name} finds {listed(row.missing)} {where} only through links, which role ml_env makes"
    found = f"the loader of {name} finds all that a GPU needs {where}"
    by_links = f", and {listed(linked)} through links, which role ml_env makes" if linked else ""
    return f"{found}{by_links}" if by_links or not row.left else f"{found}, but not {listed(row.left)}"


def _linked(row: TensorFlowLoading) -> tuple[str, ...]:
    """What is missing without the links and there with them."""
    return tuple(library for library in row.missing if library not in row.left)
