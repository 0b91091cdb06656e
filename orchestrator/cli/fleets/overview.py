"""What each fleet on record is doing, what it has cost and when it ends: its provider is asked, and its own records."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from orchestrator.cli.context import journal_of, open_fleet_provider, read_existing_spec
from orchestrator.errors import OrchestrateError
from orchestrator.journal import Journal
from orchestrator.models import Certificate, Host, HostState
from orchestrator.progress import Silent
from orchestrator.waiting import for_each

UNKNOWN = "unknown"
"""State of a fleet whose provider cannot be asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetOverview:
    """One fleet."""

    fleet: str
    cloud: str
    state: str
    """`running`, `stopped`, `2 of 3 running`, `gone`, `not made`, or UNKNOWN."""
    why: str
    """What the provider said, where the state is UNKNOWN."""
    hosts: tuple[str, ...]
    verdict: str
    """Of its certificate, `expired` where that is over; empty where there is none."""
    valid_until: datetime | None
    usd_least: float | None
    """So far; None where nothing is rented, or it is not known."""
    usd_most: float | None
    usd_per_hour: float | None
    """As it is now."""
    ends_at: datetime | None
    """When the first of its hosts ends at the latest; None where none has a deadline."""


def read_overviews(names: tuple[str, ...], config: Path | None) -> tuple[FleetOverview, ...]:
    """Ask for all of them at once. A provider that does not answer makes its fleet's state UNKNOWN, and ends nothing."""
    return for_each(names, lambda name: _overview(name, config))


def _overview(name: str, config: Path | None) -> FleetOverview:
    spec = read_existing_spec(config, {"name": name})
    journal = journal_of(spec)
    known = journal.load("hosts", tuple[Host, ...]) or ()
    verdict, valid_until = _certificate(journal, datetime.now(UTC))
    hosts, why, bill = known, "", None
    try:
        provider = open_fleet_provider(spec, Silent())
        hosts = provider.find(name)
        if spec.cloud == "aws":
            from orchestrator.pipeline.costs import billed_or_on_record

            bill = billed_or_on_record(provider, journal)
    except OrchestrateError as error:
        why = error.cause
    return FleetOverview(
        fleet=name,
        cloud=spec.cloud,
        state=UNKNOWN if why else state_of(hosts, was_made=bool(known), planned=journal.exists),
        why=why,
        hosts=tuple(host.name for host in hosts),
        verdict=verdict,
        valid_until=valid_until,
        usd_least=bill.usd_least if bill else None,
        usd_most=bill.usd_most if bill else None,
        usd_per_hour=bill.usd_per_hour if bill else None,
        ends_at=min((host.ends_at for host in hosts if host.ends_at), default=None),
    )


def state_of(hosts: tuple[Host, ...], *, was_made: bool, planned: bool) -> str:
    """In a word or two.

    Args:
        hosts: those that the provider finds.
        was_made: there are hosts on record.
        planned: the fleet was begun.
    """
    if not hosts:
        return "gone" if was_made or not planned else "not made"
    running = sum(host.state is HostState.RUNNING for host in hosts)
    if running in {0, len(hosts)}:
        return "running" if running else str(hosts[0].state)
    return f"{running} of {len(hosts)} running"


def _certificate(journal: Journal, now: datetime) -> tuple[str, datetime | None]:
    certificate = journal.load("certificate", Certificate)
    if certificate is None:
        return "", None
    until = certificate.valid_until
    return ("expired" if until and until <= now else str(certificate.verdict)), until
