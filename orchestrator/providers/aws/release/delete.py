"""Remove what a fleet has besides its instances, and ask again. Each thing that stays says why; the rest goes on."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from orchestrator.errors import ProviderError
from orchestrator.models import ReceiptLine
from orchestrator.providers.aws.clients import aws_errors
from orchestrator.providers.aws.error_translation import code_of
from orchestrator.providers.aws.network.context import INTERVAL_S, shared_name
from orchestrator.providers.aws.release import resource_types
from orchestrator.providers.aws.release.hosts import Scope
from orchestrator.providers.aws.release.receipt import line
from orchestrator.providers.aws.release.resource_types import TaggedResource
from orchestrator.providers.aws.release.tagged_resources import TaggedIds, any_of, describe_resources, kind_of
from orchestrator.waiting import DeadlineError, NotYet, wait_for

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

DEADLINE_S = 120.0
"""For what hangs on an instance that is terminated: EC2 lets go of it within seconds."""

_GONE = frozenset(
    {
        "Gateway.NotAttached",
        "InvalidAllocationID.NotFound",
        "InvalidAssociationID.NotFound",
        "InvalidGroup.NotFound",
        "InvalidInternetGatewayID.NotFound",
        "InvalidInternetGatewayId.NotFound",
        "InvalidKeyPair.NotFound",
        "InvalidNetworkInterfaceID.NotFound",
        "InvalidPlacementGroup.Unknown",
        "InvalidRouteTableID.NotFound",
        "InvalidRouteTableId.NotFound",
        "InvalidSpotInstanceRequestID.NotFound",
        "InvalidSubnetID.NotFound",
        "InvalidVolume.NotFound",
        "InvalidVpcID.NotFound",
        "InvalidVpcId.NotFound",
    }
)
_HELD = frozenset(
    {
        "DependencyViolation",
        "InvalidGroup.InUse",
        "InvalidIPAddress.InUse",
        "InvalidNetworkInterface.InUse",
        "InvalidPlacementGroup.InUse",
        "InvalidParameterValue",  # EC2's word for an interface that is still attached
        "VolumeInUse",
    }
)
"""What is held by something that is on its way out."""


def wait_until_deleted(
    scope: Scope, kind: str, ended: Iterable[TaggedResource], *, patient: bool
) -> tuple[ReceiptLine, ...]:
    """Lines for volumes or interfaces, which go with their instance; one that was left loose is removed.

    Args:
        scope: whose.
        kind: VOLUME or INTERFACE.
        ended: instances that were ended just now, as they were; what they had was there. EC2's index of tags is no witness: it
            remembers what earlier fleets of that name had.
        patient: wait for them; else what is there now stays.
    """
    refused: dict[str, str] = {}
    was = {id_: _bare(kind, id_) for each in ended for id_ in each.attached if kind_of(id_) == kind}
    left: list[TaggedResource] = []

    def probe() -> bool | NotYet:
        left[:] = scope.there(kind)
        was.update({each.id: each for each in left})
        for each in left:
            if each.state == "available" and each.id not in refused:
                refused[each.id] = _attempt(scope, each, patient=False)
        waited = [each for each in left if refused.get(each.id, "") in {"", _UNKNOWN}]
        return NotYet(f"{len(waited)} are there") if waited else True

    _until(kind, probe, patient=patient)
    return tuple(line(each, left, refusal=refused.get(each.id, "")) for each in was.values())


def delete_resources(
    scope: Scope, kind: str, things: Iterable[TaggedResource], *, patient: bool
) -> tuple[ReceiptLine, ...]:
    """Remove things of a kind, and describe them again.

    Args:
        scope: whose.
        kind: of all of them.
        things: what there is.
        patient: try again what is still held by something else.
    """
    things = tuple(things)
    if not things:
        return ()
    refused = {each.id: _attempt(scope, each, patient=patient) for each in things}
    known = tuple(each for each in things if refused[each.id] != _UNKNOWN)
    if not known:
        return ()
    by_name = kind == resource_types.PLACEMENT_GROUP  # EC2 has no filter for their ids
    wanted = any_of(_FILTERS[kind], [each.name if by_name else each.id for each in known])
    remaining = describe_resources(scope.aws, scope.region, kind, wanted)
    return tuple(line(each, remaining, refusal=refused[each.id]) for each in known)


def group_of(scope: Scope, listed: TaggedIds) -> tuple[TaggedResource, ...]:
    """The groups that the index of tags knows; EC2 is not asked, since removing one that is gone does no harm."""
    return tuple(
        _bare(resource_types.GROUP, id_, shared_name(scope.owner, scope.fleet))
        for id_ in listed.of(resource_types.GROUP)
    )


def cancel_spot_requests(scope: Scope, requests: tuple[TaggedResource, ...]) -> dict[str, str]:
    """Cancel requests for spot instances that nothing came of yet; why EC2 would not, by id."""
    waiting = [each for each in requests if each.state == "open"]
    return {each.id: _attempt(scope, each, patient=False) for each in waiting}


def wait_until_closed(
    scope: Scope, requests: tuple[TaggedResource, ...], refused: dict[str, str]
) -> tuple[ReceiptLine, ...]:
    """Lines for requests for spot instances: they close by themselves when their instance ends."""
    left: list[TaggedResource] = []

    def probe() -> bool | NotYet:
        left[:] = scope.there(resource_types.SPOT_REQUEST)
        return NotYet(f"{len(left)} are open") if left else True

    _until(resource_types.SPOT_REQUEST, probe, patient=not any(refused.values()))
    return tuple(line(each, left, refusal=refused.get(each.id, ""), proof="closed") for each in requests)


_UNKNOWN = "unknown"
"""In place of a refusal: EC2 says that there is no such thing."""


def _attempt(scope: Scope, thing: TaggedResource, *, patient: bool) -> str:
    """Remove a thing; return why not, or nothing."""
    said = ""

    def probe() -> str | NotYet:
        try:
            with aws_errors(f"to remove {thing.kind} {thing.name} in {scope.region}"):
                _REMOVALS[thing.kind](scope.aws.ec2(scope.region), thing)
        except ProviderError as error:
            if code_of(error) in _GONE:
                return _UNKNOWN
            if code_of(error) not in _HELD or (
                thing.kind == resource_types.GROUP and scope.there(resource_types.INSTANCE)
            ):
                return error.cause  # in the group's case a host that EC2 had kept from us until now
            return NotYet(error.cause)
        return ""

    try:
        said = wait_for(thing.id, probe, timeout_s=DEADLINE_S if patient else 0.0, interval_s=INTERVAL_S)
    except DeadlineError as error:
        said = error.seen
    return said


def _until(what: str, probe: Callable[[], bool | NotYet], *, patient: bool) -> None:
    try:
        wait_for(what, probe, timeout_s=DEADLINE_S if patient else 0.0, interval_s=INTERVAL_S)
    except DeadlineError:
        return


def _bare(kind: str, id_: str, called: str = "") -> TaggedResource:
    return TaggedResource(kind=kind, id=id_, state="there", marks={}, called=called)


def _remove_gateway(ec2: "EC2Client", thing: TaggedResource) -> None:
    for vpc in thing.tied_to:
        with _gone_is_fine():
            ec2.detach_internet_gateway(InternetGatewayId=thing.id, VpcId=vpc)
    ec2.delete_internet_gateway(InternetGatewayId=thing.id)


def _remove_route_table(ec2: "EC2Client", thing: TaggedResource) -> None:
    for association in thing.tied_to:
        with _gone_is_fine():
            ec2.disassociate_route_table(AssociationId=association)
    ec2.delete_route_table(RouteTableId=thing.id)


@contextmanager
def _gone_is_fine() -> Iterator[None]:
    try:
        with aws_errors("to take it apart"):
            yield
    except ProviderError as error:
        if code_of(error) not in _GONE:
            raise


_REMOVALS: "dict[str, Callable[[EC2Client, TaggedResource], object]]" = {
    resource_types.VOLUME: lambda ec2, thing: ec2.delete_volume(VolumeId=thing.id),
    resource_types.INTERFACE: lambda ec2, thing: ec2.delete_network_interface(NetworkInterfaceId=thing.id),
    resource_types.SPOT_REQUEST: lambda ec2, thing: ec2.cancel_spot_instance_requests(
        SpotInstanceRequestIds=[thing.id]
    ),
    resource_types.ADDRESS: lambda ec2, thing: ec2.release_address(AllocationId=thing.id),
    resource_types.GROUP: lambda ec2, thing: ec2.delete_security_group(GroupId=thing.id),
    resource_types.KEY_PAIR: lambda ec2, thing: ec2.delete_key_pair(KeyName=thing.name),
    resource_types.PLACEMENT_GROUP: lambda ec2, thing: ec2.delete_placement_group(GroupName=thing.name),
    resource_types.GATEWAY: _remove_gateway,
    resource_types.SUBNET: lambda ec2, thing: ec2.delete_subnet(SubnetId=thing.id),
    resource_types.ROUTE_TABLE: _remove_route_table,
    resource_types.VPC: lambda ec2, thing: ec2.delete_vpc(VpcId=thing.id),
}

_FILTERS = {
    resource_types.ADDRESS: "allocation-id",
    resource_types.GROUP: "group-id",
    resource_types.KEY_PAIR: "key-pair-id",
    resource_types.PLACEMENT_GROUP: "group-name",
    resource_types.GATEWAY: "internet-gateway-id",
    resource_types.SUBNET: "subnet-id",
    resource_types.ROUTE_TABLE: "route-table-id",
    resource_types.VPC: "vpc-id",
}
"""By which a describing call finds a kind by its id without an error where it is gone."""
