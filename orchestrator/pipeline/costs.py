"""The fleet's ledger: what its provider says of rented instances, written down, and the bill that follows from it.

Lines are only ever added. What is on record outlives the instance, the provider's memory of it and the command that saw it.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from orchestrator.elastic import finished_runs, statuses
from orchestrator.errors import OrchestrateError, ProviderError
from orchestrator.journal import Journal
from orchestrator.ledger import ENDED, LEDGER, bill, news
from orchestrator.models import Bill, InstanceBill, InstanceStatus, Plan, Receipt, ReceiptLine, Resource
from orchestrator.providers.base import Provider

UNKNOWN = "whether it runs is not known: "
"""How a line of `Bill.incomplete` begins that is about a host that was asked for and never seen."""
_INSTANCE = "instance"
_GONE = frozenset({"terminated", "not found"})


def bill_from_provider(provider: Provider, journal: Journal) -> Bill:
    """Ask the provider, write down what is new, and return the bill.

    Of a fleet that is not on record nothing is written, and the bill is of what the provider shows.

    Raises:
        ProviderError: the provider refused; what is on record stays.
    """
    planned = journal.load("plan", Plan)
    if planned is not None and journal.exists:
        _record_elastic_runs(planned, provider, journal)
    known = journal.entries(LEDGER, InstanceStatus)
    heard = [
        each for each in provider.instances(journal.fleet) if planned is None or _is_its(each, planned, known)
    ]
    at = max((each.at for each in heard), default=datetime.now(UTC))
    if planned is None or not journal.exists:
        return bill(heard, at)
    fresh = news(known, heard, at)
    journal.append(LEDGER, fresh)
    return bill((*known, *fresh), at)


def bill_from_ledger(journal: Journal, why: str) -> Bill:
    """The bill by what is on record, where the provider cannot be asked; an instance that ran is taken to run on.

    Args:
        journal: the fleet's.
        why: the provider could not be asked.
    """
    known = journal.entries(LEDGER, InstanceStatus)
    seen = {each.host for each in known}
    begun = dict.fromkeys(label for label in journal.intents("host") if label.split("..")[0] not in seen)
    unknown = (f"{UNKNOWN}{label}, which was asked for" for label in begun)
    return bill(known, datetime.now(UTC), (f"what AWS says now: {why}", *unknown))


def record_statuses(provider: Provider, journal: Journal) -> None:
    """As `bill_from_provider`, where the bill is not needed: a provider that does not answer ends nothing."""
    with suppress(ProviderError):
        bill_from_provider(provider, journal)


def billed_or_on_record(provider: Provider, journal: Journal) -> Bill:
    """As `bill_from_provider`; by the record alone where the provider does not answer."""
    try:
        return bill_from_provider(provider, journal)
    except OrchestrateError as error:
        return bill_from_ledger(journal, error.cause)


def record_deadlines(journal: Journal, ends_at: Mapping[str, datetime]) -> None:
    """Write down that hosts may run longer than EC2's tags say.

    Args:
        journal: the fleet's.
        ends_at: by the host's name.
    """
    moved = (replace(each, ends_at=ends_at[each.host]) for each in _not_gone(journal) if each.host in ends_at)
    journal.append(LEDGER, moved)


def record_interruptions(journal: Journal, interrupted_at: Mapping[str, datetime]) -> None:
    """Write down that EC2 has given spot hosts notice: it may have forgotten them when it is asked next.

    Args:
        journal: the fleet's.
        interrupted_at: by the host's name.
    """
    noted = (
        replace(each, interrupted_at=interrupted_at[each.host])
        for each in _not_gone(journal)
        if each.interrupted_at != interrupted_at.get(each.host, each.interrupted_at)
    )
    journal.append(LEDGER, noted)


def receipt(fleet: str, lines: Iterable[ReceiptLine], found: Bill) -> Receipt:
    """What became of everything, hosts that ended before included, and what the fleet has cost.

    Args:
        fleet: its name.
        lines: of what was there until now.
        found: the bill after that.
    """
    by_id = {each.id: each for each in found.instances}
    priced = [_priced(line, by_id.get(line.resource.id)) for line in lines]
    listed = {line.resource.id for line in priced}
    earlier = [_priced(_line_of(each), each) for each in found.instances if each.id not in listed]
    return Receipt(
        fleet=fleet,
        issued_at=datetime.now(UTC),
        lines=(*earlier, *priced),
        bill=found if found.instances else None,
    )


def _record_elastic_runs(planned: Plan, provider: Provider, journal: Journal) -> None:
    """Write down the runs that a cluster's controller has ended: EC2 shows the last run of an instance alone."""
    if planned.cluster is None or planned.cluster.elastic is None:
        return
    runs = finished_runs(planned, provider.find(journal.fleet), journal)
    journal.append(LEDGER, statuses(runs, journal.entries(LEDGER, InstanceStatus)))


def _not_gone(journal: Journal) -> tuple[InstanceStatus, ...]:
    """The last that is on record of each instance, as far as it had not gone then."""
    last = {each.id: each for each in journal.entries(LEDGER, InstanceStatus)}
    return tuple(each for each in last.values() if each.state not in _GONE)


def _is_its(heard: InstanceStatus, planned: Plan, known: Iterable[InstanceStatus]) -> bool:
    """Whether an instance is of the fleet that is planned: what runs is, even if it was launched by whom it was adopted from.

    What had ended before anybody looked, under another token, is of an earlier fleet of that name.
    """
    return (
        heard.token in {"", planned.token}
        or heard.state not in ENDED
        or any(each.id == heard.id for each in known)
    )


def _priced(line: ReceiptLine, instance: InstanceBill | None) -> ReceiptLine:
    if instance is None:
        return line
    own = instance.charges[0] if instance.usd_per_hour is not None else None
    return replace(
        line,
        hours=own.hours_most if own else None,
        cost_usd=round(own.usd_most, 4) if own else None,
        at_most=own is not None and round(own.usd_least, 2) != round(own.usd_most, 2),
    )


def _line_of(instance: InstanceBill) -> ReceiptLine:
    """Of an instance that had ended before anything was removed."""
    why = f": {instance.reason}" if instance.reason else ""
    return ReceiptLine(
        resource=Resource(kind=_INSTANCE, id=instance.id, name=instance.host, state=instance.state),
        gone=instance.state in _GONE,
        proof=f"ec2 DescribeInstances {instance.id}: {instance.state}{why}",
    )
