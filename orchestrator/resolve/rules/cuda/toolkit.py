"""CUDA for the whole host: for a TensorFlow whose wheels bring none, or for those who compile."""

from collections.abc import Iterator
from dataclasses import dataclass

from orchestrator.catalog.frameworks.releases import FrameworkRelease
from orchestrator.catalog.names import version
from orchestrator.catalog.rows import CudaRelease
from orchestrator.errors import UsageError
from orchestrator.models import Fact, PackageSource, Toolkit
from orchestrator.resolve.rules.cuda.coverage import cudnn_in, serves_all
from orchestrator.resolve.rules.cuda.wheels import Libraries, Need, cuda_serves, driver_for, release_of
from orchestrator.resolve.rules.question import ContradictionError, Question, fact, listed, wish

ABI_STABLE_FROM = (11, 0)
"""From CUDA 11 on a library of a newer minor version takes the place of an older one."""


class UnknownCudaError(UsageError):
    """The catalog has no CUDA of this name."""


def for_tensorflow(question: Question, release: FrameworkRelease) -> Libraries:
    """The toolkit and the cuDNN that a release without `[and-cuda]` finds on the host.

    Raises:
        ContradictionError: the distribution has none that the release and the cards accept.
    """
    wanted = fact(
        f"{release.title} brings no CUDA: it needs {release.cuda} and cuDNN {release.cudnn} on the host",
        release,
    )
    cuda_serves(question, _newest_for(question, release))
    offers = sorted(_offers(question, release), key=_preference)
    wished = question.wishes.cuda
    if wished and not _accepts(release, wished):
        raise ContradictionError(wish(f"CUDA {wished} is wished for the host"), wanted)
    offers = [offer for offer in offers if wished in ("", offer.kit.cuda)]
    if not offers:
        raise ContradictionError(wanted, _nothing(question))
    best = offers[0]
    need = driver_for(question, release, best.cuda)
    return Libraries(
        cuda=best.kit.cuda,
        cudnn=best.kit.cudnn,
        needs=(need,),
        facts=(wanted, *best.facts, need.fact),
        toolkit=best.kit,
    )


def as_wished(question: Question) -> Libraries:
    """The toolkit that the user asked for, beside what the framework's wheels bring.

    Raises:
        UnknownCudaError: there is no such CUDA.
        ContradictionError: a card is too old or too new for it, or it is not packaged.
    """
    wished = question.wishes.cuda
    cuda = next((row for row in question.catalog.cuda if row.cuda == wished), None)
    if cuda is None:
        known = ", ".join(row.cuda for row in question.catalog.cuda)
        raise UnknownCudaError(f"no CUDA {wished} is known", f"one of {known}")
    served = cuda_serves(question, cuda)
    host = question.distribution
    if host.cuda == wished and question.hardware.architecture == "x86_64":
        source, packages = PackageSource.DISTRO, host.cuda_packages
        there = fact(f"{host.label} packages CUDA {wished}", host)
    elif host.distribution in cuda.nvidia_repository:
        source, packages = PackageSource.NVIDIA_REPO, cuda.packages
        there = fact(f"NVIDIA's repository has CUDA {wished} for {host.label}", cuda)
    else:
        raise ContradictionError(_wished(question, cuda), _nothing(question), whatever_release=True)
    oldest = cuda.compatible_driver or cuda.driver
    need = Need(version=oldest, fact=fact(f"CUDA {wished} runs on driver {oldest} or newer", cuda))
    kit = Toolkit(cuda=wished, cudnn="", source=source, packages=packages, reason="it was asked for")
    facts = (wish(f"CUDA {wished} is wished for the host"), served, there, need.fact)
    return Libraries(needs=(need,) if question.cards else (), facts=facts, toolkit=kit)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Offer:
    kit: Toolkit
    cuda: CudaRelease
    newer: bool
    """It is not the CUDA that the release was built with."""
    facts: tuple[Fact, ...]


def _preference(offer: _Offer) -> tuple[object, ...]:
    """What it was built with first, then what the distribution has, then the oldest cuDNN with the newest CUDA."""
    newest_first = tuple(-part for part in version(offer.cuda.cuda))
    return offer.newer, offer.kit.source is PackageSource.NVIDIA_REPO, version(offer.kit.cudnn), newest_first


def _offers(question: Question, release: FrameworkRelease) -> Iterator[_Offer]:
    """What the distribution and NVIDIA's repository have that the release and the cards accept."""
    host = question.distribution
    for cuda in question.catalog.cuda:
        own = host.cuda == cuda.cuda
        listed_there = host.distribution in cuda.nvidia_repository
        if not (own or listed_there) or not _accepts(release, cuda.cuda) or not serves_all(question, cuda):
            continue
        for row in question.catalog.cudnn:
            if not cudnn_in(row, cuda.cuda) or not serves_all(question, row):
                continue
            in_range = version(row.first) <= version(host.cudnn) <= version(row.last)
            if own and in_range and _cudnn_fits(release, host.cudnn):
                there = fact(f"{host.label} packages CUDA {cuda.cuda} and cuDNN {host.cudnn}", host, row)
                packages = (*host.cuda_packages, *host.cudnn_packages)
                yield _offer(release, cuda, host.cudnn, (PackageSource.DISTRO, packages, there))
            if listed_there and host.distribution in row.nvidia_repository and _cudnn_fits(release, row.last):
                there = fact(
                    f"NVIDIA's repository has CUDA {cuda.cuda} and cuDNN {row.last} for {host.label}",
                    cuda,
                    row,
                )
                packages = (*cuda.packages, *row.packages)
                yield _offer(release, cuda, row.last, (PackageSource.NVIDIA_REPO, packages, there))


def _offer(
    release: FrameworkRelease,
    cuda: CudaRelease,
    cudnn: str,
    found: tuple[PackageSource, tuple[str, ...], Fact],
) -> _Offer:
    source, packages, there = found
    kit = Toolkit(
        cuda=cuda.cuda,
        cudnn=cudnn,
        source=source,
        packages=packages,
        reason=f"the wheels of {release.title} bring no CUDA",
    )
    return _Offer(kit=kit, cuda=cuda, newer=cuda.cuda != release.cuda, facts=(there,))


def _accepts(release: FrameworkRelease, cuda: str) -> bool:
    if cuda == release.cuda:
        return True
    built, other = version(release.cuda), version(cuda)
    return built >= ABI_STABLE_FROM and built[0] == other[0] and other > built


def _cudnn_fits(release: FrameworkRelease, cudnn: str) -> bool:
    """TensorFlow wants the major version it was built with, and its minor version or a later one."""
    built, there = version(release.cudnn), version(cudnn)
    return built[0] == there[0] and there[:2] >= built[:2]


def _newest_for(question: Question, release: FrameworkRelease) -> CudaRelease:
    """The newest CUDA that the release accepts, wherever it may be had."""
    rows = [row for row in question.catalog.cuda if _accepts(release, row.cuda)]
    return max(rows, key=lambda row: version(row.cuda), default=release_of(question, release.cuda))


def _wished(question: Question, cuda: CudaRelease) -> Fact:
    """The wish; with the compiler where that stands in its way too, so that nobody goes on to install it by hand."""
    host, asked = question.distribution, f"CUDA {cuda.cuda} is wished for the host"
    if version(cuda.gcc_max) >= version(host.gcc):
        return wish(asked)
    return fact(
        f"{asked}; its nvcc takes gcc up to {cuda.gcc_max}, and {host.label} has gcc {host.gcc}", cuda, host
    )


def _nothing(question: Question) -> Fact:
    host = question.distribution
    rows = [row for row in question.catalog.cuda if host.distribution in row.nvidia_repository]
    cudnn = f" with cuDNN {host.cudnn}" if host.cudnn else ""
    return fact(
        f"for {host.label} there is CUDA {host.cuda}{cudnn} of its own, and {listed(row.cuda for row in rows)}"
        " in NVIDIA's repository",
        host,
        *rows,
    )
