"""Lines of a receipt: what became of a thing, for how long it ran, and what that cost. Pure."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from orchestrator.models import ReceiptLine
from orchestrator.providers.aws import tags
from orchestrator.providers.aws.release import kinds
from orchestrator.providers.aws.release.kinds import Belonging

_CALLS = {
    kinds.INSTANCE: "DescribeInstances",
    kinds.VOLUME: "DescribeVolumes",
    kinds.INTERFACE: "DescribeNetworkInterfaces",
    kinds.SPOT_REQUEST: "DescribeSpotInstanceRequests",
    kinds.ADDRESS: "DescribeAddresses",
    kinds.GROUP: "DescribeSecurityGroups",
    kinds.KEY_PAIR: "DescribeKeyPairs",
    kinds.GATEWAY: "DescribeInternetGateways",
    kinds.SUBNET: "DescribeSubnets",
    kinds.ROUTE_TABLE: "DescribeRouteTables",
    kinds.VPC: "DescribeVpcs",
}
_WHEN = re.compile(r"\((\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (?:GMT|UTC)\)")
_STANDING_STILL = frozenset({"stopping", "stopped"})
NO_MORE = "not found"


def line(
    was: Belonging, remaining: Iterable[Belonging], *, refusal: str = "", proof: str = ""
) -> ReceiptLine:
    """What became of a thing, by what is still there.

    Args:
        was: the thing as it was.
        remaining: what EC2 describes now of its kind.
        refusal: why it could not be removed; empty when nothing said so.
        proof: EC2's word for what is gone, in place of `not found`.
    """
    now = next((each for each in remaining if each.id == was.id), None)
    said = proof or NO_MORE
    if now is not None:
        said = f"{now.state}: {refusal}" if refusal else now.state
    return ReceiptLine(
        resource=(now or was).resource,
        gone=now is None,
        proof=f"ec2 {_CALLS[was.kind]} {was.id}: {said}",
    )


def host_line(was: Belonging, now: Belonging | None, at: datetime, refusal: str = "") -> ReceiptLine:
    """What became of an instance.

    Args:
        was: as it was before.
        now: as EC2 describes it now; None when it does not any more.
        at: the present time, which counts for one that runs.
        refusal: why it could not be moved; empty when nothing said so.
    """
    state = now.state if now is not None else NO_MORE
    gone = now is None or now.state == "terminated"
    hours = ran_hours(was if was.state in _STANDING_STILL else now or was, at)
    price = usd_per_hour(was)
    return ReceiptLine(
        resource=(now or was).resource,
        gone=gone,
        proof=f"ec2 DescribeInstances {was.id}: {state}{f': {refusal}' if refusal and not gone else ''}",
        hours=hours,
        cost_usd=None if hours is None or price is None else round(hours * price, 4),
    )


def ran_hours(instance: Belonging, at: datetime) -> float | None:
    """Hours since the instance was last started, until it was stopped or terminated, or until `at`."""
    if instance.started_at is None:
        return None
    moved = _WHEN.search(instance.moved)
    until = datetime.fromisoformat(moved[1]).replace(tzinfo=UTC) if moved else at
    return max(0.0, (until - instance.started_at).total_seconds() / 3600)


def usd_per_hour(instance: Belonging) -> float | None:
    """The price that was agreed to; None when the tag does not say one."""
    try:
        return float(instance.marks.get(tags.PRICE, "")) or None
    except ValueError:
        return None
