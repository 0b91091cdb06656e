"""Write rented hosts down as soon as their provider has taken them on: whoever cannot ask it any more knows what runs. Asks nobody."""

from datetime import UTC, datetime

from orchestrator.journal import Journal
from orchestrator.ledger import LEDGER
from orchestrator.models import Host, InstanceStatus, Market

_SPOT = ", spot"


def taken_on(hosts: tuple[Host, ...], token: str, journal: Journal) -> None:
    """Add a line to the fleet's ledger for each host that is paid for by the hour and not in it yet.

    Args:
        hosts: as `Provider.launch` returned them.
        token: `Plan.token`.
        journal: the fleet's memory.
    """
    known = {each.id for each in journal.entries(LEDGER, InstanceStatus)}
    fresh = (each for each in hosts if each.price_usd_per_hour and each.provider_id not in known)
    journal.append(LEDGER, [_status(each, token) for each in fresh])


def _status(host: Host, token: str) -> InstanceStatus:
    """What is known of it before its provider was asked: neither disks nor addresses."""
    return InstanceStatus(
        at=host.started_at or datetime.now(UTC),
        id=host.provider_id,
        host=host.name,
        token=token,
        instance_type=host.instance_type,
        zone=host.place.removesuffix(_SPOT),
        market=Market.SPOT if host.place.endswith(_SPOT) else Market.ON_DEMAND,
        usd_per_hour=host.price_usd_per_hour,
        state="pending",
        started_at=host.started_at,
        ends_at=host.ends_at,
    )
