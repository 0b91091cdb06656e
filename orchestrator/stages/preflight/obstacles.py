"""All that stands in the way on a host. Pure: it knows what the host said of itself and what is to be installed there."""

from collections.abc import Collection, Mapping

from orchestrator.catalog import Catalog
from orchestrator.errors import HostNotReadyError
from orchestrator.models import HostFacts, Obstacle, Stack
from orchestrator.stages.preflight.cards import card_findings
from orchestrator.stages.preflight.driver import driver_findings
from orchestrator.stages.preflight.machine import disk_findings, machine_findings
from orchestrator.stages.preflight.paths import install_paths


class BlockedError(HostNotReadyError):
    """Something on a host blocks. It tells all that stands in the way, so that one round of mending is enough."""

    def __init__(self, found: tuple[Obstacle, ...]) -> None:
        self.found = tuple(sorted(found, key=lambda obstacle: not obstacle.blocks))
        first = self.found[0]
        super().__init__(f"{first.host}: {first.seen}", first.hint)

    @property
    def lines(self) -> tuple[str, ...]:
        """Every obstacle and its cure, those that block first."""
        return tuple(
            line for each in self.found for line in (f"{each.host}: {each.seen}", f"  try: {each.hint}")
        )


def obstacles(
    facts: HostFacts,
    stack: Stack | None,
    catalog: Catalog,
    role_vars: Mapping[str, object],
    roles: Collection[str] = (),
) -> tuple[Obstacle, ...]:
    """What stands in the way on a host, those that block first.

    Args:
        facts: what the host said of itself.
        stack: what is to be installed; None where the roles install nothing of it.
        catalog: which driver each CUDA needs.
        role_vars: the plan's: where it is to be installed, and what the roles may do.
        roles: the plan's.
    """
    found = [*card_findings(facts), *disk_findings(facts, stack, install_paths(role_vars), roles)]
    if stack is not None:
        found += machine_findings(facts)
        found += driver_findings(facts, stack, catalog, role_vars)
    return tuple(
        Obstacle(host=facts.host, blocks=each.blocks, seen=each.seen, hint=each.hint)
        for each in sorted(found, key=lambda each: not each.blocks)
    )


def refuse_blocked(found: tuple[Obstacle, ...]) -> None:
    """Go no further where something blocks. Raises BlockedError."""
    if any(obstacle.blocks for obstacle in found):
        raise BlockedError(found)
