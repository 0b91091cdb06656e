"""Wishes as people write them, in the form that the rules compare: `cuda: 12`, `python3.11`, `nvidia-driver-535-open`. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from orchestrator.catalog import Catalog, names
from orchestrator.catalog.rows import CudaRelease, Distribution, Gpu
from orchestrator.models import Flavour, Wishes
from orchestrator.resolve.rules.cuda.coverage import serves


def understood(wishes: Wishes, cards: Sequence[Gpu], distribution: Distribution, catalog: Catalog) -> Wishes:
    """The wishes, each in the one form that the tables have."""
    driver = names.branch(wishes.driver)
    open_modules = wishes.driver.endswith("-open") and not wishes.flavour
    cuda = names.cuda(wishes.cuda)
    if cuda and "." not in cuda:
        cuda = _of_major(cuda, cards, distribution, catalog)
    return replace(
        wishes,
        release=names.release(wishes.release),
        cuda=cuda,
        python=names.python(wishes.python),
        driver=driver,
        flavour=Flavour.OPEN.value if open_modules else wishes.flavour,
    )


def _of_major(major: str, cards: Sequence[Gpu], distribution: Distribution, catalog: Catalog) -> str:
    """Of a major version what the distribution packages itself, else the newest that is there for it and for the cards."""
    rows = [row for row in catalog.cuda if row.cuda.split(".")[0] == major]
    if not rows:
        return major

    def preference(row: CudaRelease) -> tuple[object, ...]:
        own = row.cuda == distribution.cuda
        there = own or distribution.distribution in row.nvidia_repository
        return all(serves(card, row) for card in cards), there, own, names.version(row.cuda)

    return max(rows, key=preference).cuda
