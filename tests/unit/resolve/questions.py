"""Questions for the tests of single rules, with everything at hand that a test does not change."""

from dataclasses import replace

from orchestrator.catalog import Catalog, load
from orchestrator.catalog.frameworks.releases import FrameworkRelease
from orchestrator.catalog.rows import Gpu
from orchestrator.models import Builder, Hardware, Refusal, Stack, Wishes
from orchestrator.resolve import resolve
from orchestrator.resolve.attempt import ask
from orchestrator.resolve.rules.question import Question

NOTHING = Wishes()


def question(
    *gpus: str,
    distribution: str = "debian-12",
    wishes: Wishes = NOTHING,
    builder: Builder = Builder.CONDA,
    catalog: Catalog | None = None,
) -> Question:
    """Asked for an x86_64 host with these cards."""
    hardware = Hardware(gpus=gpus, distribution=distribution, architecture="x86_64")
    return ask(hardware, wishes, builder, catalog or load())


def answer(
    *gpus: str,
    distribution: str = "debian-12",
    wishes: Wishes = NOTHING,
    builder: Builder = Builder.CONDA,
    catalog: Catalog | None = None,
) -> Stack | Refusal:
    """The resolver's."""
    hardware = Hardware(gpus=gpus, distribution=distribution, architecture="x86_64")
    return resolve(hardware, wishes, builder, catalog or load())


def release(name: str) -> FrameworkRelease:
    """The row of this TensorFlow."""
    return next(row for row in load().tensorflow if row.release == name)


def gpu_with(capability: tuple[int, int]) -> Gpu:
    """A card like a Tesla T4, of another compute capability."""
    return replace(load().gpu("Tesla T4"), gpu=f"card {capability}", compute_capability=capability)
