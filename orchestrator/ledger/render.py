"""A bill for people: what ran and why it ended, what that came to, what runs now. What is not known is bounded and said so."""

from collections.abc import Iterable
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from orchestrator.models import Bill, InstanceBill, InstanceStatus, Market, Run

_CENT = Decimal("0.01")
_RUNNING = frozenset({"pending", "running"})
_WHY = {
    "Client.UserInitiatedShutdown": "by a call of EC2's API: `down`, `stop` or the console",
    "Client.InstanceInitiatedShutdown": "by itself: a limit of its own, or a shutdown on the host",
    "Server.SpotInstanceTermination": "taken back by AWS: a spot host",
    "Server.SpotInstanceShutdown": "taken back by AWS: a spot host",
    "Server.ScheduledStop": "stopped by AWS, which retires the machine under it",
    "Server.InternalError": "by a failure at AWS",
    "Server.InsufficientInstanceCapacity": "as it was launched: AWS had no room",
}
_NOT_FOUND = "not found"


def end_reason(last: InstanceStatus) -> str:
    """Why an instance is not running, with the provider's code; empty while it runs."""
    if last.state in _RUNNING:
        return ""
    if last.state == _NOT_FOUND and last.interrupted_at is not None:
        return (
            f"taken back by AWS: a spot host, by the notice that it read for {_when(last.interrupted_at)} UTC"
        )
    if last.state == _NOT_FOUND:
        return "ended while nobody looked; EC2 shows an ended instance for about an hour"
    known = _WHY.get(last.reason, last.message.removeprefix(f"{last.reason}: "))
    if last.reason == "Client.InstanceInitiatedShutdown" and _at_deadline(last):
        known = "by itself, at its deadline"
    return f"{known} ({last.reason})" if last.reason and known else known or last.reason


def dollars(usd: float) -> str:
    """To the cent."""
    return f"${Decimal(repr(usd)).quantize(_CENT, ROUND_HALF_UP)}"


def cost(least: float, most: float) -> str:
    """`$1.59`, or `at least $0.53, at most $1.59` where something is not known."""
    if dollars(least) == dollars(most):
        return dollars(most)
    return (
        f"at most {dollars(most)}"
        if dollars(least) == "$0.00"
        else f"{dollars(least)} to at most {dollars(most)}"
    )


def bill_lines(bill: Bill) -> tuple[str, ...]:
    """The whole bill: for each instance its runs, its end and its charges, then the sum."""
    lines = [line for each in bill.instances for line in _instance_lines(each)]
    lines += [f"not in the sum: {each}" for each in bill.incomplete]
    return (*lines, total_line(bill))


def total_line(bill: Bill) -> str:
    """The sum, or what it is at the most."""
    return f"in all {cost(bill.usd_least, bill.usd_most)} at list prices; traffic and taxes come on top"


def running_line(bill: Bill, fleet: str) -> str:
    """What runs now, what it costs an hour and what ends it; says so where nothing does."""
    running = [each for each in bill.instances if each.state in _RUNNING]
    stopped = [each for each in bill.instances if each.state in {"stopping", "stopped"}]
    end = f"`orchestrate down --name {fleet}` ends it"
    if not running and not stopped:
        return "nothing runs"
    parts = []
    if running:
        parts.append(f"{_count(running)} run{'s' if len(running) == 1 else ''}")
    if stopped:
        parts.append(f"{_count(stopped)} {'is' if len(stopped) == 1 else 'are'} stopped")
    beside = "; ".join(reserved_lines((*running, *stopped)))
    return f"{' and '.join(parts)}, which costs {hourly(bill.usd_per_hour)}: {end}{f' ({beside})' if beside else ''}"


def reserved_lines(several: Iterable[InstanceBill]) -> list[str]:
    """What is paid for beside the hours of hosts because capacity is reserved, once for each reservation."""
    blocks: dict[str, bool] = {}
    for each in several:
        if each.capacity_reservation:
            blocks[each.capacity_reservation] = each.market is Market.CAPACITY_BLOCK
    return [
        f"{id_}, a Capacity Block: all of its hours were paid for in advance, used or not"
        if is_block
        else f"{id_}, a capacity reservation: what no host uses of it is paid for until it is cancelled, and `down` does not cancel it"
        for id_, is_block in blocks.items()
    ]


def hourly(usd_per_hour: float) -> str:
    """`$0.536 an hour`."""
    return f"${usd_per_hour:.3f} an hour"


def _count(several: list[InstanceBill]) -> str:
    names = ", ".join(each.host for each in several)
    return f"{len(several)} host{'' if len(several) == 1 else 's'} ({names})"


def _instance_lines(each: InstanceBill) -> Iterable[str]:
    spot = {Market.SPOT: ", spot", Market.CAPACITY_BLOCK: ", in a Capacity Block"}.get(each.market, "")
    price = hourly(each.usd_per_hour) if each.usd_per_hour is not None else "at an unknown price"
    if each.market is Market.CAPACITY_BLOCK:
        price = f"its hours paid for in advance with {each.capacity_reservation or 'the block'}"
    why = f": {each.reason}" if each.reason else ""
    yield f"{each.host}  {each.id}  {each.instance_type} in {each.zone}{spot}, {price}; {each.state}{why}"
    for run in each.runs:
        yield f"  ran from {_when(run.started_at)} {_until(run)}"
    for charge in each.charges:
        hours = f"{charge.hours_most:.2f} h"
        if f"{charge.hours_least:.2f}" != f"{charge.hours_most:.2f}":
            hours = (
                f"at most {hours}"
                if charge.hours_least < 0.005
                else f"{charge.hours_least:.2f} to at most {hours}"
            )
        yield f"  {charge.what}: {hours}, {cost(charge.usd_least, charge.usd_most)}"


def _until(run: Run) -> str:
    if run.open:
        return f"on, {_when(run.ended_before)} by now"
    if run.ended_after == run.ended_before:
        return f"to {_when(run.ended_before)} UTC"
    if run.ended_after == run.started_at:
        return f"to {_when(run.ended_before)} UTC at the latest; when it ended nobody saw"
    return f"to some moment between {_when(run.ended_after)} and {_when(run.ended_before)} UTC"


def _when(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def _at_deadline(last: InstanceStatus) -> bool:
    end = last.run_ended_at or last.at
    return last.ends_at is not None and abs((end - last.ends_at).total_seconds()) <= 300
