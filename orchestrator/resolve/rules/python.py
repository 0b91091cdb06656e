"""Which Python: a release of a framework has wheels for some, and what makes the environment can bring some."""

from functools import lru_cache

from orchestrator.catalog.frameworks.releases import FrameworkRelease
from orchestrator.catalog.names import version
from orchestrator.models import Builder, Fact, Framework
from orchestrator.resolve.rules.question import ContradictionError, Question, fact, listed, wish

OLDEST = (3, 9)
"""The oldest Python that is still worth a new environment; older ones are not offered by conda for long."""
_WANTING = "for others something is missing of what it asks for, or Keras"


def pythons(question: Question, release: FrameworkRelease) -> tuple[str, ...]:
    """Those for which the release can be installed for this hardware, oldest first."""
    if question.without_cuda:
        here = release.cpu_pythons if question.hardware.architecture == "x86_64" else release.aarch64_pythons
    elif release.pins:
        here = release.extra_pythons
    else:
        here = release.pythons
    return _worthwhile(here)


@lru_cache(maxsize=256)
def _worthwhile(pythons: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(python for python in pythons if version(python) >= OLDEST)


def suits(question: Question, release: FrameworkRelease) -> bool:
    """True when `choose` will find a Python for the release."""
    possible = pythons(question, release)
    wished = question.wishes.python
    if question.builder is Builder.VENV:
        own = question.distribution.python
        return own in possible and wished in ("", own)
    return wished in possible if wished else bool(possible)


def brought(question: Question) -> str:
    """The Pythons that there can be, in words."""
    if question.builder is Builder.VENV:
        return f"{question.distribution.label}'s Python {question.distribution.python}"
    return f"Python {question.wishes.python or '3.9 and newer'}"


def choose(question: Question, release: FrameworkRelease) -> tuple[str, tuple[Fact, ...]]:
    """The newest that the release is there for, or the one that is wished; with venv the distribution's own.

    Raises:
        ContradictionError: the release is not there for it.
    """
    possible = pythons(question, release)
    wished = question.wishes.python
    there = _there(question, release, possible)
    if question.builder is Builder.VENV:
        own = fact(
            f"{question.distribution.label} has Python {question.distribution.python}", question.distribution
        )
        if wished and wished != question.distribution.python:
            raise ContradictionError(wish(f"Python {wished} is wished"), own)
        if question.distribution.python not in possible:
            raise ContradictionError(own, there)
        return question.distribution.python, (own, there)
    if wished and wished not in possible:
        raise ContradictionError(wish(f"Python {wished} is wished"), there)
    if not possible and version(release.pythons[-1]) >= OLDEST:
        raise ContradictionError(wish(f"{release.title} is wished"), there)
    if not possible:
        raise ContradictionError(wish("environments are made with Python 3.9 or newer"), there)
    return wished or possible[-1], (there,)


def _there(question: Question, release: FrameworkRelease, possible: tuple[str, ...]) -> Fact:
    build = "for the CPU" if question.without_cuda else "with CUDA"
    if question.without_cuda or not release.pins:
        every = possible or release.pythons
        return fact(f"{release.title} {build} is there for Python {listed(every)}", release)
    if possible != release.pythons:
        most = f"can be installed with Python {listed(possible)} only" if possible else "cannot be installed"
        return fact(f"{_with_extra(release)} {most}: {release.note or _WANTING}", release)
    return fact(f"{release.title} {build} is there for Python {listed(possible)}", release)


def _with_extra(release: FrameworkRelease) -> str:
    extra = "tensorflow[and-cuda]" if release.framework is Framework.TENSORFLOW else release.framework.label
    return f"{extra} {release.release}"
