"""Which cards NVIDIA's libraries hold code for."""

from orchestrator.catalog.names import version
from orchestrator.catalog.rows import CudaRelease, CudnnRange, Gpu
from orchestrator.resolve.rules.question import Question

_OF_ONE_ALONE = 10
"""The first major version from which on code for an older minor one is not counted on."""


def serves(card: Gpu, row: CudaRelease | CudnnRange) -> bool:
    """True when the libraries hold code that the card runs.

    Those of CUDA say for which compute capabilities they hold it. Code for an older one of the same major version runs too, but
    from 10.0 on they hold code that is for one alone. CUDA C++ programming guide, family- and architecture-specific features.
    """
    has = card.compute_capability
    if isinstance(row, CudaRelease):
        older = (each for each in row.capabilities if each[0] == has[0] < _OF_ONE_ALONE and each <= has)
        return has in row.capabilities or any(older)
    return row.cc_min <= has and (has <= row.cc_max or has[0] == row.cc_max[0])


def serves_all(question: Question, row: CudaRelease | CudnnRange) -> bool:
    """True when there is code for every card of the host."""
    return all(serves(card, row) for card in question.cards)


def cudnn_in(row: CudnnRange, cuda: str) -> bool:
    """True when the range goes with this CUDA."""
    return version(row.cuda_first) <= version(cuda) <= version(row.cuda_last)
