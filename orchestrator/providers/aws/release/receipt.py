"""Lines of a receipt: what became of a thing, and the proof of it. Pure."""

from collections.abc import Iterable

from orchestrator.models import ReceiptLine
from orchestrator.providers.aws.release import resource_types
from orchestrator.providers.aws.release.resource_types import TaggedResource

_CALLS = {
    resource_types.INSTANCE: "DescribeInstances",
    resource_types.VOLUME: "DescribeVolumes",
    resource_types.INTERFACE: "DescribeNetworkInterfaces",
    resource_types.SPOT_REQUEST: "DescribeSpotInstanceRequests",
    resource_types.ADDRESS: "DescribeAddresses",
    resource_types.GROUP: "DescribeSecurityGroups",
    resource_types.KEY_PAIR: "DescribeKeyPairs",
    resource_types.PLACEMENT_GROUP: "DescribePlacementGroups",
    resource_types.GATEWAY: "DescribeInternetGateways",
    resource_types.SUBNET: "DescribeSubnets",
    resource_types.ROUTE_TABLE: "DescribeRouteTables",
    resource_types.VPC: "DescribeVpcs",
}
NO_MORE = "not found"


def line(
    was: TaggedResource, remaining: Iterable[TaggedResource], *, refusal: str = "", proof: str = ""
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


def host_line(was: TaggedResource, now: TaggedResource | None, refusal: str = "") -> ReceiptLine:
    """What became of an instance. What it cost is the ledger's to say, which knows of its earlier runs too.

    Args:
        was: as it was before.
        now: as EC2 describes it now; None when it does not any more.
        refusal: why it could not be moved; empty when nothing said so.
    """
    state = now.state if now is not None else NO_MORE
    gone = now is None or now.state == "terminated"
    return ReceiptLine(
        resource=(now or was).resource,
        gone=gone,
        proof=f"ec2 DescribeInstances {was.id}: {state}{f': {refusal}' if refusal and not gone else ''}",
    )
