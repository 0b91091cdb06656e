"""The IAM policy that allows what this provider does for a fleet file, and nothing else. Pure: a value, no call.

Describing has no conditions: EC2 knows none for it. Whatever is created has to carry a fleet's tag from its first moment, and
only what carries one may be changed, removed or given another owner's mark; so nothing that was there before can be harmed with it.
"""

from collections.abc import Iterable

from orchestrator.models import Market
from orchestrator.providers.aws import tags
from orchestrator.providers.aws.market.images import parameters
from orchestrator.providers.aws.market.instance_types import architecture_of
from orchestrator.providers.aws.policy import cluster
from orchestrator.providers.aws.policy.controller import makes_role, making_role
from orchestrator.providers.aws.policy.encryption import use_of_key
from orchestrator.providers.aws.policy.statement import (
    Condition,
    Statement,
    allow,
    arns,
    partition,
    tagged,
)
from orchestrator.providers.settings import AwsSettings

INDIRECT = frozenset({"ec2:CreateTags", "iam:CreateServiceLinkedRole", "iam:PassRole"})
"""Never called by us: EC2 asks for them when it tags what it makes, buys spot for the first time, or is given a profile."""

_LOOKS = (
    "DescribeAddresses",
    "DescribeImages",
    "DescribeInstanceTypeOfferings",
    "DescribeInstances",
    "DescribeInternetGateways",
    "DescribeKeyPairs",
    "DescribeNetworkInterfaces",
    "DescribePlacementGroups",
    "DescribeRegions",
    "DescribeRouteTables",
    "DescribeSecurityGroups",
    "DescribeSnapshots",
    "DescribeSpotInstanceRequests",
    "DescribeSubnets",
    "DescribeTags",
    "DescribeVolumes",
    "DescribeVpcs",
)
"""`down` and `gc` look at every kind that the tags speak of, whatever the fleet file says by now."""


_CHANGES = (
    "AuthorizeSecurityGroupIngress",
    "CreateImage",
    "DeleteKeyPair",
    "DeleteNetworkInterface",
    "DeleteSecurityGroup",
    "DeleteVolume",
    "GetConsoleOutput",
    "RevokeSecurityGroupIngress",
    "StartInstances",
    "StopInstances",
    "TerminateInstances",
)
_PARTS_OF_NETWORK = ("vpc", "subnet", "internet-gateway", "route-table")
_MAKES_NETWORK = ("CreateInternetGateway", "CreateRouteTable", "CreateSubnet", "CreateVpc")
_NETWORK_CHANGES = (
    "AssociateRouteTable",
    "AttachInternetGateway",
    "CreateRoute",
    "DeleteInternetGateway",
    "DeleteRouteTable",
    "DeleteSubnet",
    "DeleteVpc",
    "DetachInternetGateway",
    "DisassociateRouteTable",
)


def policy(settings: AwsSettings) -> dict[str, object]:
    """A policy document, as IAM takes it.

    The role of an instance profile is taken to have the profile's name; where it has another, change that line.
    """
    return {
        "Version": "2012-10-17",
        "Statement": [
            *_looking(settings),
            *_launching(settings),
            *_keeping(settings),
            *_baking(settings),
            *(_own_network(settings) if settings.vpc == "own" else ()),
            *(_spot(settings) if settings.market is Market.SPOT else ()),
            *(_names(settings) if settings.dns_name else ()),
            *(_profile(settings) if settings.instance_profile else ()),
            *(use_of_key(settings) if settings.kms_key else ()),
            *making_role(settings),
        ],
    }


def _looking(settings: AwsSettings) -> Iterable[Statement]:
    spot = ("DescribeSpotPriceHistory",) if settings.market is Market.SPOT else ()
    reserved = ("DescribeCapacityReservations",) if settings.capacity_reservation.startswith("cr-") else ()
    yield allow("Look", [f"ec2:{each}" for each in (*_LOOKS, *spot, *reserved)])
    prices = [] if spot else ["pricing:GetProducts"]
    yield allow("LookAtPrices", ["servicequotas:ListServiceQuotas", *prices])
    if not settings.image.startswith("ami-"):
        paths = parameters(settings.image, architecture_of(settings.instance_types[0])).values()
        named = [f"arn:{partition(settings)}:ssm:*::parameter{path}" for path in paths]
        yield allow("LookAtPublicImages", ["ssm:GetParameters"], named)


def _launching(settings: AwsSettings) -> Iterable[Statement]:
    new = ["instance", "volume", "network-interface"]
    if settings.market is Market.SPOT:
        new.append("spot-instances-request")
    yield allow("Launch", ["ec2:RunInstances"], arns(settings, *new), tagged("Request", settings))
    own = ["security-group", "key-pair"]
    making = ["ec2:CreateSecurityGroup", "ec2:ImportKeyPair"]
    if cluster.makes_group(settings):
        own.append(cluster.GROUP)
        making.append("ec2:CreatePlacementGroup")
    yield allow(
        "LaunchBehindOwnGroup", ["ec2:RunInstances"], arns(settings, *own), tagged("Resource", settings)
    )
    image = f"arn:{partition(settings)}:ec2:*::image/*"
    others = ["capacity-reservation"] if settings.capacity_reservation.startswith("cr-") else []
    if cluster.names_group(settings):
        others.append(cluster.GROUP)
    yield allow("LaunchFromAnyImage", ["ec2:RunInstances"], [image, *arns(settings, "subnet", *others)])
    if settings.vpc == "own":
        own += _PARTS_OF_NETWORK
        making += [f"ec2:{each}" for each in _MAKES_NETWORK]
    if settings.elastic_ip:
        own.append("elastic-ip")
        making.append("ec2:AllocateAddress")
    yield allow("Make", making, arns(settings, *own), tagged("Request", settings))
    yield allow("MakeGroupInAnyVpc", ["ec2:CreateSecurityGroup"], arns(settings, "vpc"))
    creating = ["RunInstances", "CreateSecurityGroup", "ImportKeyPair"]
    if settings.vpc == "own":
        creating += _MAKES_NETWORK
    if settings.elastic_ip:
        creating.append("AllocateAddress")
    if cluster.makes_group(settings):
        creating.append("CreatePlacementGroup")
    creating.append("CreateImage")
    only_then: Condition = {"StringEquals": {"ec2:CreateAction": creating}}
    yield allow("TagWhatIsMade", ["ec2:CreateTags"], arns(settings, "*"), only_then)


def _keeping(settings: AwsSettings) -> Iterable[Statement]:
    """Whatever is changed or removed has to carry a fleet's tag already, whatever it is."""
    changing = list(_CHANGES)
    if settings.vpc == "own":
        changing += _NETWORK_CHANGES
    if settings.elastic_ip:
        changing += ["AssociateAddress", "ReleaseAddress"]
    if cluster.makes_group(settings):
        changing.append("DeletePlacementGroup")
    if makes_role(settings):
        changing.append("AssociateIamInstanceProfile")
    if settings.efa:
        changing.append("AuthorizeSecurityGroupEgress")
    if settings.market is Market.SPOT:
        changing.append("CancelSpotInstanceRequests")
    actions = [f"ec2:{each}" for each in sorted(changing)]
    yield allow("Adopt", ["ec2:CreateTags"], arns(settings, "*"), _only_owner(settings))
    yield allow("ChangeOwn", actions, arns(settings, "*"), tagged("Resource", settings))


def _baking(settings: AwsSettings) -> Iterable[Statement]:
    """Images outlive their fleet: they carry its owner's mark alone."""
    made = arns(settings, "image", "snapshot")
    yield allow("MakeImage", ["ec2:CreateImage"], made, tagged("Request", settings, tags.OWNER))
    removing = ["ec2:DeleteSnapshot", "ec2:DeregisterImage"]
    yield allow("RemoveOwnImage", removing, made, tagged("Resource", settings, tags.OWNER))


def _own_network(settings: AwsSettings) -> Iterable[Statement]:
    # The VPC that a subnet or a route table is made in has its tags already.
    inside = ["ec2:CreateRouteTable", "ec2:CreateSubnet"]
    yield allow("MakeInOwnVpc", inside, arns(settings, "vpc"), tagged("Resource", settings))


def _spot(settings: AwsSettings) -> Iterable[Statement]:
    role = f"arn:{partition(settings)}:iam::*:role/aws-service-role/spot.amazonaws.com/*"
    only_spot: Condition = {"StringEquals": {"iam:AWSServiceName": "spot.amazonaws.com"}}
    yield allow("FirstSpotHost", ["iam:CreateServiceLinkedRole"], [role], only_spot)


def _names(settings: AwsSettings) -> Iterable[Statement]:
    zones = [f"arn:{partition(settings)}:route53:::hostedzone/*"]
    yield allow("LookAtZones", ["route53:ListHostedZones"])
    yield allow("LookAtNames", ["route53:ListResourceRecordSets"], zones)
    key = "route53:ChangeResourceRecordSets"
    only_these: Condition = {
        "ForAllValues:StringLike": {
            f"{key}NormalizedRecordNames": [settings.dns_name, f"*.{settings.dns_name}"]
        },
        "ForAllValues:StringEquals": {f"{key}RecordTypes": ["A", "TXT"]},
    }
    yield allow("ChangeNames", [key], zones, only_these)


def _profile(settings: AwsSettings) -> Iterable[Statement]:
    name = settings.instance_profile.rpartition("/")[2]
    role = f"arn:{partition(settings)}:iam::*:role/{name}"
    only_ec2: Condition = {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}
    yield allow("GiveHostsTheirRole", ["iam:PassRole"], [role], only_ec2)


def _only_owner(settings: AwsSettings) -> Condition:
    """The owner's tag alone is changed, on what carries a fleet's already."""
    return {**tagged("Resource", settings), "ForAllValues:StringEquals": {"aws:TagKeys": [tags.OWNER]}}
