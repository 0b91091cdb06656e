"""What of a card's memory a training can have. Pure: the figures are the catalog's.

TensorFlow reserves a share for CUDA's own libraries by the card's generation; with a fraction it takes just that of the whole.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import floor

from orchestrator.catalog.catalog import Catalog
from orchestrator.catalog.rows import Gpu
from orchestrator.errors import UsageError
from orchestrator.fit.memory.estimate import Part
from orchestrator.models import Framework

MIB = 2**20
ECC = re.compile(r"(Tesla (T4|M60|M40|P4|P40)|T4G|A2|A10|A16|A40|L20|L40)( |$)")
"""Cards with GDDR memory on which error correction is on as they come, and whose row in the table has the whole memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a card is used."""

    framework: Framework = Framework.TENSORFLOW
    memory_fraction: float = 0.0
    """Of the whole card that the framework may take; 0 for its own default."""
    desktop_mib: int = 0
    """That a desktop takes of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """One card's memory."""

    gpu: str
    total_mib: int
    usable: int
    """Bytes."""
    withheld: tuple[Part, ...]
    """What is not."""


def room(gpu: Gpu, settings: Settings, catalog: Catalog, *, memory_mib: int = 0) -> Room:
    """What a training has of one card.

    Args:
        gpu: the card, or a slice of it.
        settings: how it is used.
        catalog: has the figures.
        memory_mib: as the provider says it, for a rented card; 0 for the catalog's.

    Raises:
        UsageError: nobody knows how much memory the card has.
    """
    total = memory_mib or gpu.memory_mib
    if not total:
        raise UsageError(
            f"the catalog does not say how much memory {gpu.gpu} has",
            f"its size behind the name: --gpu '{gpu.gpu.split(' (')[0]} 12GB'",
        )
    withheld = tuple(_withheld(gpu, total, settings, catalog))
    usable = total * MIB - sum(part.bytes for part in withheld)
    if settings.memory_fraction:
        most = floor(total * MIB * settings.memory_fraction)
        if most < usable:
            withheld = (
                *withheld,
                Part(
                    name="fraction",
                    bytes=usable - most,
                    basis=f"--memory-fraction {settings.memory_fraction:g} of the card",
                ),
            )
            usable = most
    return Room(gpu=gpu.gpu, total_mib=total, usable=max(0, usable), withheld=withheld)


def _withheld(gpu: Gpu, total_mib: int, settings: Settings, catalog: Catalog) -> Iterator[Part]:
    def part(name: str, constant: str, mib: float) -> Part:
        row = catalog.fit_constant(constant)
        return Part(
            name=name,
            bytes=round(mib * MIB),
            basis=f"{row.meaning}: {row.value:g} {row.unit} ({row.confidence}: {row.source})",
        )

    ecc = (
        total_mib * catalog.fit_constant("ecc_share").value
        if ECC.match(gpu.gpu) and not total_mib % 1024
        else 0
    )
    if ecc:
        yield part("ECC", "ecc_share", ecc)
    driver = (total_mib - ecc) * catalog.fit_constant("driver_share").value
    yield part("driver", "driver_share", driver)
    context = catalog.fit_constant("context_mib").value
    yield part("CUDA", "context_mib", context)
    if settings.desktop_mib:
        yield Part(
            name="desktop", bytes=settings.desktop_mib * MIB, basis="that a desktop takes, as --desktop says"
        )
    left = total_mib - ecc - driver - context - settings.desktop_mib
    if settings.framework is Framework.TENSORFLOW and not settings.memory_fraction:
        constant = _reserve(gpu, left)
        yield part("reserve", constant, catalog.fit_constant(constant).value)
    if settings.framework is Framework.TORCH:
        yield part("libraries", "torch_libraries_mib", catalog.fit_constant("torch_libraries_mib").value)
    if settings.framework is Framework.JAX and not settings.memory_fraction:
        share = catalog.fit_constant("jax_share").value
        yield part("share", "jax_share", max(0.0, left - total_mib * share))


def _reserve(gpu: Gpu, left_mib: float) -> str:
    if left_mib < 2048:
        return "tf_reserve_small"
    major = min(9, max(6, gpu.compute_capability[0]))
    return f"tf_reserve_{major}"
