"""What stands in the way on a host. Pure: it knows what the host said of itself and what is to be installed there."""

from typing import TYPE_CHECKING

from orchestrator.errors import HostNotReadyError
from orchestrator.models import HostFacts, Obstacle, Stack
from orchestrator.stages.preflight.places import Places

if TYPE_CHECKING:
    from orchestrator.catalog import Catalog


def obstacles(
    facts: HostFacts, stack: Stack | None, catalog: "Catalog", places: Places
) -> tuple[Obstacle, ...]:
    """All that stands in the way on a host, those that block first.

    Args:
        facts: what the host said of itself.
        stack: what is to be installed; None where the roles install nothing of it.
        catalog: minimum drivers.
        places: where it is to be installed.
    """
    del facts, stack, catalog, places
    return ()


def refuse_blocked(found: tuple[Obstacle, ...]) -> None:
    """Go no further where something blocks. Raises HostNotReadyError, which names the first such thing and its cure."""
    blocking = [obstacle for obstacle in found if obstacle.blocks]
    if blocking:
        first = blocking[0]
        more = f" (and {len(blocking) - 1} more)" if blocking[1:] else ""
        raise HostNotReadyError(f"{first.host}: {first.seen}{more}", first.hint)
