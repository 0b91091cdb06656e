"""Which releases of cuDNN a framework may be given: those with code for the cards, without those that it fails with."""

from orchestrator.catalog.frameworks.defects import CudnnDefect
from orchestrator.catalog.frameworks.releases import FrameworkRelease
from orchestrator.catalog.names import minor, version
from orchestrator.catalog.rows import CudnnRange
from orchestrator.models import Fact, Framework
from orchestrator.resolve.rules.cards import capability
from orchestrator.resolve.rules.cuda.coverage import cudnn_in, serves_all
from orchestrator.resolve.rules.question import ContradictionError, Question, fact, number


def works_with(question: Question, release: FrameworkRelease, cudnn: str) -> None:
    """Nothing is known against this release of cuDNN.

    Raises:
        ContradictionError: the release is known to fail with it.
    """
    for defect in _defects(question, release):
        if version(defect.first) <= version(cudnn) <= version(defect.last):
            raise ContradictionError(
                fact(f"{release.title} comes with cuDNN {cudnn}", release),
                _failure(defect),
                of_release=True,
            )


def bounds(
    question: Question, release: FrameworkRelease, asked: str, cuda: str
) -> tuple[str, tuple[Fact, ...]]:
    """`>=9.3,<9.11` and why.

    Raises:
        ContradictionError: none has code for the cards, or the release fails with those that have.
    """
    rows, good = _rows(question, release, asked, cuda)
    lowest = _bound(asked, ">=")
    best = good[-1]
    later = rows[rows.index(best) + 1 :]
    low = lowest if good[0] is rows[0] else good[0].first
    why: tuple[Fact, ...] = (_last(release, best, later),)
    for defect in _defects(question, release):
        if version(low) > version(defect.last) or version(best.last) < version(defect.first):
            continue
        if version(best.last) < version(defect.works_from):
            raise ContradictionError(why[0], _failure(defect), of_release=True)
        low = defect.works_from
        why = (*why, _failure(defect))
    beyond = minor(later[0].first) if later else _next_minor(best.last)
    return f">={minor(low)},<{beyond}", why


def _rows(
    question: Question, release: FrameworkRelease, asked: str, cuda: str
) -> tuple[list[CudnnRange], list[CudnnRange]]:
    """What the release accepts, and what of it has code for every card, oldest first."""
    lowest, highest = (_bound(asked, sign) for sign in (">=", "<"))
    rows = sorted(
        (
            row
            for row in question.catalog.cudnn
            if cudnn_in(row, cuda)
            and version(row.last) >= version(lowest)
            and version(row.first) < version(highest)
        ),
        key=lambda row: version(row.first),
    )
    good = [row for row in rows if serves_all(question, row)]
    if not good:
        card = min(question.cards, key=lambda each: each.compute_capability)
        raise ContradictionError(
            capability(card),
            fact(f"no cuDNN that {release.title} accepts has code for that", release, rows[-1]),
        )
    return rows, good


def _last(release: FrameworkRelease, best: CudnnRange, later: list[CudnnRange]) -> Fact:
    if later:
        return fact(
            f"cuDNN {best.last} is the last with code for {number(best.cc_min)}: {later[0].first} begins at"
            f" {number(later[0].cc_min)}, and {release.title} leaves the newest open",
            best,
            later[0],
        )
    return fact(
        f"cuDNN {best.last} is the newest that is known, with code for {number(best.cc_min)} to {number(best.cc_max)}",
        best,
    )


def _defects(question: Question, release: FrameworkRelease) -> tuple[CudnnDefect, ...]:
    return tuple(
        row
        for row in question.catalog.cudnn_defects
        if release.framework is Framework.TENSORFLOW and row.tensorflow == release.release
    )


def _failure(defect: CudnnDefect) -> Fact:
    return fact(
        f"with cuDNN {defect.first} to {defect.last} TensorFlow {defect.tensorflow} fails at {defect.fails};"
        f" with {defect.works_from} it works",
        defect,
    )


def _bound(specifier: str, sign: str) -> str:
    return next(part.removeprefix(sign) for part in specifier.split(",") if part.startswith(sign))


def _next_minor(text: str) -> str:
    major, last = version(text)[:2]
    return f"{major}.{last + 1}"
