"""Which stack works: from hardware and wishes to driver, CUDA, cuDNN, framework and Python, or why there is none.

Pure: no clock, no network, no disk. Every decision leaves a fact with its source behind.
"""

from dataclasses import replace

from orchestrator.catalog.catalog import Catalog
from orchestrator.catalog.rows import Gpu
from orchestrator.models import Builder, Hardware, Refusal, Stack, Wishes
from orchestrator.resolve.alternatives import alternatives
from orchestrator.resolve.attempt import ask, attempt, least_drivers
from orchestrator.resolve.instances import about, cards_of, hardware_of
from orchestrator.resolve.notes import notes
from orchestrator.resolve.role_vars import role_vars
from orchestrator.resolve.rules.driver.fabric import NVLINK5
from orchestrator.resolve.rules.driver.packages import driver_order, first_facts
from orchestrator.resolve.rules.question import ContradictionError

__all__ = [
    "NVLINK5",
    "about",
    "cards_of",
    "driver_order",
    "drivers_needed",
    "hardware_of",
    "resolve",
    "role_vars",
]


def resolve(hardware: Hardware, wishes: Wishes, builder: Builder, catalog: Catalog) -> Stack | Refusal:
    """The stack with the newest release of the framework that works; refused with the two facts that contradict each other.

    Raises:
        UsageError: a card, a distribution or a wish names something that the catalog does not know.
    """
    question = ask(hardware, wishes, builder, catalog)
    try:
        stack = attempt(question)
        return replace(stack, notes=notes(question, stack))
    except ContradictionError as contradiction:
        return Refusal(
            hardware=hardware,
            wishes=wishes,
            contradiction=contradiction.pair,
            facts=contradiction.before or first_facts(question),
            alternatives=alternatives(question, whatever_release=contradiction.whatever_release),
        )


def drivers_needed(card: Gpu, catalog: Catalog) -> dict[str, str]:
    """Minor releases of TensorFlow that work on a card, newest first, and the oldest version of the driver for each.

    Empty where none does that brings its CUDA: then the choice of a driver does not follow from TensorFlow.
    """
    newest = catalog.distributions[-1].distribution
    hardware = Hardware(gpus=(card.gpu,), distribution=newest, architecture=card.host)
    return least_drivers(ask(hardware, Wishes(), Builder.CONDA, catalog)) if card.host == "x86_64" else {}
