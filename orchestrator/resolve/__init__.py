"""Which stack works: from hardware and wishes to driver, CUDA, cuDNN, TensorFlow and Python, or why there is none.

Pure: no clock, no network, no disk. Every decision leaves a fact with its source behind.
"""

from orchestrator.catalog.catalog import Catalog
from orchestrator.models import Builder, Hardware, Refusal, Stack, Wishes
from orchestrator.resolve.alternatives import alternatives
from orchestrator.resolve.attempt import ask, attempt
from orchestrator.resolve.instances import about, cards_of, hardware_of
from orchestrator.resolve.role_vars import role_vars
from orchestrator.resolve.rules.question import ContradictionError

__all__ = ["about", "cards_of", "hardware_of", "resolve", "role_vars"]


def resolve(hardware: Hardware, wishes: Wishes, builder: Builder, catalog: Catalog) -> Stack | Refusal:
    """The stack with the newest TensorFlow that works; refused with the two facts that contradict each other.

    Raises:
        UsageError: a card, a distribution or a wish names something that the catalog does not know.
    """
    question = ask(hardware, wishes, builder, catalog)
    try:
        return attempt(question)
    except ContradictionError as contradiction:
        return Refusal(
            hardware=hardware,
            wishes=wishes,
            contradiction=contradiction.pair,
            facts=contradiction.before,
            alternatives=alternatives(question, whatever_release=contradiction.whatever_release),
        )
