"""What a provider holds of fleets that no run folder knows any more. Only what carries our mark is ever removed."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from orchestrator.journal import fleet_names, owner
from orchestrator.ledger import bill
from orchestrator.models import Receipt, Resource
from orchestrator.pipeline.costs import receipt
from orchestrator.providers.base import Provider, ReleaseAction


@dataclass(frozen=True, slots=True, kw_only=True)
class Orphans:
    """What was found."""

    fleets: dict[str, tuple[Resource, ...]]
    """Ours that no run folder knows, and what is there of each."""
    others: tuple[tuple[str, str], ...]
    """(Fleet, owner) of other people's."""


def orphans(provider: Provider, root: Path, *, adopted: str | None = None) -> Orphans:
    """Look, and change nothing.

    Args:
        provider: where to look.
        root: the state folder that knows our fleets and has our mark.
        adopted: a fleet that was taken over in order to be found here.
    """
    ours, known = owner(root), set(fleet_names(root)) - {adopted}
    found = provider.fleets()
    return Orphans(
        fleets={
            fleet: provider.resources(fleet)
            for fleet, whose in found
            if whose in {"", ours} and fleet not in known
        },
        others=tuple((fleet, whose) for fleet, whose in found if whose not in {"", ours}),
    )


def collect(provider: Provider, found: Orphans) -> tuple[Receipt, ...]:
    """Remove what was found of ours; a receipt for each fleet, by what the provider still knows of its hosts."""

    def one(fleet: str) -> Receipt:
        before = provider.instances(fleet)
        lines = provider.release(fleet, ReleaseAction.TERMINATE)
        after = provider.instances(fleet)
        at = max((each.at for each in after), default=datetime.now(UTC))
        return receipt(fleet, lines, bill((*before, *after), at))

    return tuple(one(fleet) for fleet in found.fleets)
