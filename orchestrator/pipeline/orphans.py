"""What a provider holds of fleets that no run folder knows any more. Only what carries our mark is ever removed."""

from dataclasses import dataclass
from pathlib import Path

from orchestrator.journal import fleet_names, owner
from orchestrator.models import ReceiptLine, Resource
from orchestrator.providers.base import Provider, ReleaseAction


@dataclass(frozen=True, slots=True, kw_only=True)
class Orphans:
    """What was found."""

    fleets: dict[str, tuple[Resource, ...]]
    """Ours that no run folder knows, and what is there of each."""
    others: tuple[tuple[str, str], ...]
    """(Fleet, owner) of other people's."""


def orphans(provider: Provider, root: Path) -> Orphans:
    """Look, and change nothing.

    Args:
        provider: where to look.
        root: the state folder that knows our fleets and has our mark.
    """
    ours, known = owner(root), set(fleet_names(root))
    found = provider.fleets()
    return Orphans(
        fleets={
            fleet: provider.resources(fleet)
            for fleet, whose in found
            if whose in {"", ours} and fleet not in known
        },
        others=tuple((fleet, whose) for fleet, whose in found if whose not in {"", ours}),
    )


def collect(provider: Provider, found: Orphans) -> tuple[ReceiptLine, ...]:
    """Remove what was found of ours; a line for each resource."""
    lines = (provider.release(fleet, ReleaseAction.TERMINATE) for fleet in found.fleets)
    return tuple(line for of_fleet in lines for line in of_fleet)
