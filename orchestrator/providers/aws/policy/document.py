"""The IAM policy that allows what this provider does for a fleet file, and nothing else. Pure: a value, no call.

Describing has no conditions: EC2 knows none for it. Whatever is created has to carry a fleet's tag from its first moment, and
only what carries one may be changed, removed or given another owner's mark; so nothing that was there before can be harmed with it.
"""

from collections.abc import Iterable

from orchestrator.models import Market
from orchestrator.providers.aws import tags
from orchestrator.providers.aws.market.images import parameters
from orchestrator.providers.aws.market.instance_types import architecture_of
from orchestrator.providers.settings import AwsSettings

INDIRECT = frozenset({"ec2:CreateTags", "iam:CreateServiceLinkedRole", "iam:PassRole"})
"""Never called by us: EC2 asks for them when it tags what it makes, buys spot for the first time, or is given a profile."""

Statement = dict[str, object]
Condition = dict[str, dict[str, object]]

_LOOKS = (
    "DescribeAddresses",
    "DescribeImages",
    "DescribeInstanceTypeOfferings",
    "DescribeInstances",
    "DescribeInternetGateways",
    "DescribeKeyPairs",
    "DescribeNetworkInterfaces",
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
_USES_OF_KEY = (
    "CreateGrant",
    "Decrypt",
    "DescribeKey",
    "GenerateDataKeyWithoutPlaintext",
    "ReEncryptFrom",
    "ReEncryptTo",
)
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
            *(_elastic_ips(settings) if settings.elastic_ip else ()),
            *(_spot(settings) if settings.market is Market.SPOT else ()),
            *(_names(settings) if settings.dns_name else ()),
            *(_profile(settings) if settings.instance_profile else ()),
            *(_key(settings) if settings.kms_key else ()),
        ],
    }


def _looking(settings: AwsSettings) -> Iterable[Statement]:
    spot = ("DescribeSpotPriceHistory",) if settings.market is Market.SPOT else ()
    reserved = ("DescribeCapacityReservations",) if settings.capacity_reservation.startswith("cr-") else ()
    yield _allow("Look", [f"ec2:{each}" for each in (*_LOOKS, *spot, *reserved)])
    prices = [] if spot else ["pricing:GetProducts"]
    yield _allow("LookAtQuotasAndPrices", ["servicequotas:ListServiceQuotas", *prices])
    if not settings.image.startswith("ami-"):
        paths = parameters(settings.image, architecture_of(settings.instance_types[0])).values()
        arns = [f"arn:{_partition(settings)}:ssm:*::parameter{path}" for path in paths]
        yield _allow("LookAtPublicImages", ["ssm:GetParameters"], arns)


def _launching(settings: AwsSettings) -> Iterable[Statement]:
    new = ["instance", "volume", "network-interface"]
    if settings.market is Market.SPOT:
        new.append("spot-instances-request")
    yield _allow("Launch", ["ec2:RunInstances"], _arns(settings, *new), _tagged("Request", settings))
    yield _allow(
        "LaunchBehindOwnGroup",
        ["ec2:RunInstances"],
        _arns(settings, "security-group", "key-pair"),
        _tagged("Resource", settings),
    )
    image = f"arn:{_partition(settings)}:ec2:*::image/*"
    reserved = ["capacity-reservation"] if settings.capacity_reservation.startswith("cr-") else []
    yield _allow("LaunchFromAnyImage", ["ec2:RunInstances"], [image, *_arns(settings, "subnet", *reserved)])
    yield _allow(
        "MakeGroupAndKey",
        ["ec2:CreateSecurityGroup", "ec2:ImportKeyPair"],
        _arns(settings, "security-group", "key-pair"),
        _tagged("Request", settings),
    )
    yield _allow("MakeGroupInAnyVpc", ["ec2:CreateSecurityGroup"], _arns(settings, "vpc"))
    creating = ["RunInstances", "CreateSecurityGroup", "ImportKeyPair"]
    if settings.vpc == "own":
        creating += ["CreateVpc", "CreateSubnet", "CreateInternetGateway", "CreateRouteTable"]
    if settings.elastic_ip:
        creating.append("AllocateAddress")
    creating.append("CreateImage")
    only_then: Condition = {"StringEquals": {"ec2:CreateAction": creating}}
    yield _allow("TagWhatIsMade", ["ec2:CreateTags"], _arns(settings, "*"), only_then)


def _keeping(settings: AwsSettings) -> Iterable[Statement]:
    """Whatever is changed or removed has to carry a fleet's tag already, whatever it is."""
    changing = list(_CHANGES)
    if settings.vpc == "own":
        changing += _NETWORK_CHANGES
    if settings.elastic_ip:
        changing += ["AssociateAddress", "ReleaseAddress"]
    if settings.efa:
        changing.append("AuthorizeSecurityGroupEgress")
    if settings.market is Market.SPOT:
        changing.append("CancelSpotInstanceRequests")
    actions = [f"ec2:{each}" for each in sorted(changing)]
    yield _allow("Adopt", ["ec2:CreateTags"], _arns(settings, "*"), _only_owner(settings))
    yield _allow("ChangeOwn", actions, _arns(settings, "*"), _tagged("Resource", settings))


def _baking(settings: AwsSettings) -> Iterable[Statement]:
    """Images outlive their fleet: they carry its owner's mark alone."""
    made = _arns(settings, "image", "snapshot")
    yield _allow("MakeImage", ["ec2:CreateImage"], made, _tagged("Request", settings, tags.OWNER))
    removing = ["ec2:DeleteSnapshot", "ec2:DeregisterImage"]
    yield _allow("RemoveOwnImage", removing, made, _tagged("Resource", settings, tags.OWNER))


def _own_network(settings: AwsSettings) -> Iterable[Statement]:
    parts = ("vpc", "subnet", "internet-gateway", "route-table")
    creating = ["ec2:CreateInternetGateway", "ec2:CreateRouteTable", "ec2:CreateSubnet", "ec2:CreateVpc"]
    yield _allow("MakeNetwork", creating, _arns(settings, *parts), _tagged("Request", settings))
    # The VPC that a subnet or a route table is made in has its tags already.
    inside = ["ec2:CreateRouteTable", "ec2:CreateSubnet"]
    yield _allow("MakeInOwnVpc", inside, _arns(settings, "vpc"), _tagged("Resource", settings))


def _elastic_ips(settings: AwsSettings) -> Iterable[Statement]:
    yield _allow(
        "MakeAddress", ["ec2:AllocateAddress"], _arns(settings, "elastic-ip"), _tagged("Request", settings)
    )


def _spot(settings: AwsSettings) -> Iterable[Statement]:
    role = f"arn:{_partition(settings)}:iam::*:role/aws-service-role/spot.amazonaws.com/*"
    only_spot: Condition = {"StringEquals": {"iam:AWSServiceName": "spot.amazonaws.com"}}
    yield _allow("FirstSpotHostOfTheAccount", ["iam:CreateServiceLinkedRole"], [role], only_spot)


def _names(settings: AwsSettings) -> Iterable[Statement]:
    zones = [f"arn:{_partition(settings)}:route53:::hostedzone/*"]
    yield _allow("LookAtZones", ["route53:ListHostedZones"])
    yield _allow("LookAtNames", ["route53:ListResourceRecordSets"], zones)
    key = "route53:ChangeResourceRecordSets"
    only_these: Condition = {
        "ForAllValues:StringLike": {
            f"{key}NormalizedRecordNames": [settings.dns_name, f"*.{settings.dns_name}"]
        },
        "ForAllValues:StringEquals": {f"{key}RecordTypes": ["A", "TXT"]},
    }
    yield _allow("ChangeNames", [key], zones, only_these)


def _profile(settings: AwsSettings) -> Iterable[Statement]:
    name = settings.instance_profile.rpartition("/")[2]
    role = f"arn:{_partition(settings)}:iam::*:role/{name}"
    only_ec2: Condition = {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}
    yield _allow("GiveHostsTheirRole", ["iam:PassRole"], [role], only_ec2)


def _key(settings: AwsSettings) -> Iterable[Statement]:
    """EC2 asks for them in the name of whoever launches. An alias is no resource: it is a condition on keys."""
    key = settings.kms_key
    _, is_alias, alias = key.partition("alias/")
    home = key.rpartition(":")[0] or f"arn:{_partition(settings)}:kms:*:*"
    arn = f"{home}:key/{'*' if is_alias else key.rpartition('/')[2]}"
    only: Condition = {
        "StringLike": {"kms:ViaService": [f"ec2.{each}.amazonaws.com*" for each in settings.regions]}
    }
    if is_alias:
        only["ForAnyValue:StringEquals"] = {"kms:ResourceAliases": [f"alias/{alias}"]}
    yield _allow("EncryptDisks", [f"kms:{each}" for each in _USES_OF_KEY], [arn], only)


def _allow(
    sid: str, actions: list[str], resources: list[str] | None = None, condition: Condition | None = None
) -> Statement:
    allowed: Statement = {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources or "*"}
    return {**allowed, "Condition": condition} if condition else allowed


def _arns(settings: AwsSettings, *kinds: str) -> list[str]:
    return [f"arn:{_partition(settings)}:ec2:*:*:{kind if kind == '*' else f'{kind}/*'}" for kind in kinds]


def _tagged(where: str, settings: AwsSettings, tag: str = tags.FLEET) -> Condition:
    """The tag is in the request, or on the resource; and it is one of the regions."""
    return {
        "Null": {f"aws:{where}Tag/{tag}": "false"},
        "StringEquals": {"aws:RequestedRegion": list(settings.regions)},
    }


def _only_owner(settings: AwsSettings) -> Condition:
    """The owner's tag alone is changed, on what carries a fleet's already."""
    return {**_tagged("Resource", settings), "ForAllValues:StringEquals": {"aws:TagKeys": [tags.OWNER]}}


def _partition(settings: AwsSettings) -> str:
    """China and the US government have an AWS of their own."""
    region = settings.regions[0]
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"
