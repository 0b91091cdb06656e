"""What instances cost: EC2's rules for Linux, by the second and a minute at the least for each run. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from orchestrator.ledger.history import BILLED, ENDED, History, histories
from orchestrator.ledger.render import end_reason, reserved_lines
from orchestrator.models import Bill, Charge, Extra, InstanceBill, InstanceStatus, Run

LEAST_S = 60.0
"""AWS bills Linux by the second, and at least a minute for each time that an instance is started."""


def bill(statuses: Iterable[InstanceStatus], at: datetime, incomplete: tuple[str, ...] = ()) -> Bill:
    """The bill of all instances that anything was ever said of.

    Args:
        statuses: in the order in which they were heard.
        at: the present time.
        incomplete: what could not be asked for.
    """
    found = tuple(_of_instance(each, at) for each in histories(statuses, at))
    lacking = [
        f"{each.host} ({each.id}): nobody knows its price an hour"
        for each in found
        if each.usd_per_hour is None
    ]
    lacking += [
        f"{each.host} ({each.id}): AWS does not show its disk any more, which comes on top"
        for each in found
        if len(each.charges) <= 1 and each.usd_per_hour is not None
    ]
    lacking += reserved_lines(found)
    charges = [charge for each in found for charge in each.charges]
    return Bill(
        at=at,
        instances=found,
        usd_least=sum(each.usd_least for each in charges),
        usd_most=sum(each.usd_most for each in charges),
        usd_per_hour=sum(each.running_usd_per_hour for each in found),
        incomplete=(*incomplete, *lacking),
    )


def _of_instance(history: History, at: datetime) -> InstanceBill:
    last = history.last
    runs = tuple(run for run in (history.unseen, *history.runs) if run is not None)
    seconds = (sum(map(_least_s, runs)), sum(map(_most_s, runs)))
    charges = []
    if last.usd_per_hour is not None:
        charges.append(_charge(last.instance_type, seconds, last.usd_per_hour))
    existed = _existed(history, at)
    charges += [
        _charge(each.what, existed if each.while_stopped else seconds, each.usd_per_hour)
        for each in last.extras
    ]
    return InstanceBill(
        id=last.id,
        host=last.host,
        instance_type=last.instance_type,
        zone=last.zone,
        market=last.market,
        usd_per_hour=last.usd_per_hour,
        state=last.state,
        reason=end_reason(last),
        runs=runs,
        charges=tuple(charges),
        running_usd_per_hour=_now_per_hour(last),
        capacity_reservation=last.capacity_reservation,
    )


def _least_s(run: Run) -> float:
    if run.ended_after == run.started_at and run.ended_before > run.started_at:
        return 0.0  # nobody saw it run
    return max(LEAST_S, (run.ended_after - run.started_at).total_seconds())


def _most_s(run: Run) -> float:
    return max(LEAST_S, (run.ended_before - run.started_at).total_seconds())


def _existed(history: History, at: datetime) -> tuple[float, float]:
    """Seconds from its launch to its end, at the least and at the most: what its disk is paid for."""
    began = history.created_at
    if began is None:
        return (0.0, 0.0)
    least, most = history.gone or (at, at)
    return (max(LEAST_S, _s(least - began)), max(LEAST_S, _s(most - began)))


def _s(span: timedelta) -> float:
    return span.total_seconds()


def _charge(what: str, seconds: tuple[float, float], usd_per_hour: float) -> Charge:
    least, most = (each / 3600 for each in seconds)
    return Charge(
        what=what,
        hours_least=least,
        hours_most=most,
        usd_least=least * usd_per_hour,
        usd_most=most * usd_per_hour,
    )


def _now_per_hour(last: InstanceStatus) -> float:
    if last.state in ENDED:
        return 0.0
    running = last.state in BILLED
    kept: Iterable[Extra] = (each for each in last.extras if running or each.while_stopped)
    own = (last.usd_per_hour or 0.0) if running else 0.0
    return own + sum(each.usd_per_hour for each in kept)
