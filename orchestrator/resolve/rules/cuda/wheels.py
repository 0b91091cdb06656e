"""CUDA and cuDNN for a framework, from the wheels that it asks for: do they serve the cards, and what caps them."""

import re
from dataclasses import dataclass

from orchestrator.catalog.frameworks.releases import FrameworkRelease
from orchestrator.catalog.names import version
from orchestrator.catalog.rows import CudaRelease
from orchestrator.models import Confidence, Fact, Toolkit
from orchestrator.resolve.rules.cards import capability
from orchestrator.resolve.rules.cuda import cudnn
from orchestrator.resolve.rules.cuda.coverage import cudnn_in, serves, serves_all
from orchestrator.resolve.rules.question import ContradictionError, Question, fact, number, numbers
from orchestrator.resolve.rules.release import Code, code_for

VERSIONED_AS_CUDA = ("cublas", "cuda-cupti", "cuda-nvcc", "cuda-nvrtc", "cuda-runtime", "nvjitlink")
"""NVIDIA's wheels `nvidia-<name>-cu12` whose versions are those of CUDA."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """A driver version below which something does not work."""

    version: str
    fact: Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Libraries:
    """What the framework computes with."""

    cuda: str = ""
    cudnn: str = ""
    constraints: tuple[str, ...] = ()
    needs: tuple[Need, ...] = ()
    facts: tuple[Fact, ...] = ()
    toolkit: Toolkit | None = None


def from_wheels(question: Question, release: FrameworkRelease) -> Libraries:
    """The libraries that the release brings: TensorFlow with `[and-cuda]`, JAX with `[cuda12]`, PyTorch always.

    Raises:
        ContradictionError: they have no code for one of the cards.
    """
    runtime, asked = (_pin(release, name) for name in ("cuda-runtime", "cudnn"))
    if runtime.startswith("=="):
        return _pinned(question, release, asked.removeprefix("=="))
    return _open(question, release, asked)


def cuda_serves(question: Question, cuda: CudaRelease, subject: str = "") -> Fact:
    """The release has code for every card; `subject` begins the sentence that says so.

    Raises:
        ContradictionError: for one it has not.
    """
    holds = f"{subject or f'CUDA {cuda.cuda}'} has code for {numbers(cuda.capabilities)}"
    for card in question.cards:
        if not serves(card, cuda):
            good = [row.cuda for row in question.catalog.cuda if serves(card, row)]
            known = (
                f": {good[0]} to {good[-1]} have code for {number(card.compute_capability)}" if good else ""
            )
            raise ContradictionError(capability(card), fact(f"{holds}{known}", cuda))
    return fact(holds, cuda)


def driver_for(question: Question, release: FrameworkRelease, cuda: CudaRelease) -> Need:
    """The oldest driver for the release on this CUDA.

    Minor-version compatibility (from CUDA 11 on) covers machine code. PTX has to be known to the driver, so that it has to be
    as new as the CUDA that wrote it. CUDA compatibility guide, minor version compatibility.
    """
    jitted = [card for card in question.cards if code_for(card, release) is Code.PTX]
    if jitted:
        isa = release.ptx_isa or release_of(question, release.cuda).ptx_isa
        knows = next(row for row in question.catalog.cuda if version(row.ptx_isa) >= version(isa))
        return Need(
            version=knows.driver,
            fact=fact(
                f"{jitted[0].gpu} runs PTX of version {isa}, which drivers know from CUDA {knows.cuda} and"
                f" {knows.driver} on",
                release,
                knows,
            ),
        )
    oldest = cuda.compatible_driver or cuda.driver
    return Need(version=oldest, fact=fact(f"CUDA {cuda.cuda} runs on driver {oldest} or newer", cuda))


def release_of(question: Question, cuda: str) -> CudaRelease:
    """The row of a CUDA that another table names; the tests of the catalog see to it that there is one."""
    return next(row for row in question.catalog.cuda if row.cuda == cuda)


def _pinned(question: Question, release: FrameworkRelease, pin: str) -> Libraries:
    cudnn.works_with(question, release, pin)
    cuda = release_of(question, release.cuda)
    served = cuda_serves(question, cuda, f"{release.title} pins CUDA {cuda.cuda}, which")
    row = next(
        row
        for row in question.catalog.cudnn
        if version(row.first) <= version(pin) <= version(row.last) and cudnn_in(row, release.cuda)
    )
    statement = (
        f"{release.title} pins cuDNN {pin}, which has code for {number(row.cc_min)} to {number(row.cc_max)}"
    )
    for card in question.cards:
        if not serves(card, row):
            raise ContradictionError(capability(card), fact(statement, release, row))
    need = driver_for(question, release, cuda)
    return Libraries(
        cuda=release.cuda,
        cudnn=pin,
        needs=(need,),
        facts=(served, fact(statement, release, row), need.fact),
    )


def _open(question: Question, release: FrameworkRelease, asked: str) -> Libraries:
    """pip would take the newest libraries: cap what the cards do not run, and what nobody has looked at."""
    major = release.cuda.split(".")[0]
    releases = [row for row in question.catalog.cuda if row.cuda.split(".")[0] == major]
    cuda = max(releases, key=lambda row: version(row.cuda))
    facts = [cuda_serves(question, cuda)]
    wheels = []
    oldest = min(
        (row for row in releases if serves_all(question, row) and version(row.cuda) >= version(release.cuda)),
        key=lambda row: version(row.cuda),
    )
    if oldest.cuda != release.cuda:
        wheels = [f"nvidia-{name}-cu{major}>={oldest.cuda}" for name in VERSIONED_AS_CUDA]
        newest_card = max(question.cards, key=lambda card: card.compute_capability)
        facts += [
            fact(
                f"CUDA {oldest.cuda} is the first with code for {number(newest_card.compute_capability)}",
                oldest,
            ),
            Fact(
                statement=f"{release.title} was built before there was {newest_card.architecture}, so that"
                f" it works there is inferred: {release.note}",
                source=release.source,
                confidence=Confidence.LOW,
            ),
        ]
    bounds, why = cudnn.bounds(question, release, asked, cuda.cuda)
    need = driver_for(question, release, cuda)
    return Libraries(
        cuda=cuda.cuda,
        cudnn=bounds,
        constraints=(f"nvidia-cudnn-cu{major}{bounds}", *wheels),
        needs=(need,),
        facts=(*facts, *why, need.fact),
    )


def _pin(release: FrameworkRelease, name: str) -> str:
    """`<10.0,>=9.3.0.75` of `nvidia-cudnn-cu12<10.0,>=9.3.0.75`; of a runtime that `cuda-toolkit[…]` brings, that one's version."""
    names = rf"nvidia-{name}-cu\d+" + (r"|cuda-toolkit\[[^\]]+\]" if name == "cuda-runtime" else "")
    pattern = re.compile(rf"(?:{names})(.+)")
    return next(found[1] for pin in release.pins if (found := pattern.fullmatch(pin)))
