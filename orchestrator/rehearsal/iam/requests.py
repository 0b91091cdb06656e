"""What a request amounts to for IAM: actions, the resources that each touches, and what conditions may ask. Changes nothing."""

import re
from collections.abc import Callable, Iterator, Mapping

from orchestrator.rehearsal.api.request import ApiRequest, tags_for
from orchestrator.rehearsal.iam.policy import Keys, Needed, Target

TagsOf = Callable[[str, str], Mapping[str, str]]
"""(Region, id or name of a key pair) → the tags of what is there."""
PathOf = Callable[[str], str]
"""Name of a role or instance profile → its path: `/`, `/lab/`."""

_KINDS = {
    "ami": "image",
    "eipalloc": "elastic-ip",
    "eni": "network-interface",
    "i": "instance",
    "igw": "internet-gateway",
    "key": "key-pair",
    "pg": "placement-group",
    "rtb": "route-table",
    "rtbassoc": "route-table",
    "sg": "security-group",
    "sir": "spot-instances-request",
    "snap": "snapshot",
    "subnet": "subnet",
    "vol": "volume",
    "vpc": "vpc",
}
"""By the prefix of an id: its kind in ARNs."""
_MADE = {
    "AllocateAddress": ("elastic-ip",),
    "CreateImage": ("image", "snapshot"),
    "CreateInternetGateway": ("internet-gateway",),
    "CreateNetworkInterface": ("network-interface",),
    "CreatePlacementGroup": ("placement-group",),
    "CreateRouteTable": ("route-table",),
    "CreateSecurityGroup": ("security-group",),
    "CreateSubnet": ("subnet",),
    "CreateVolume": ("volume",),
    "CreateVpc": ("vpc",),
    "ImportKeyPair": ("key-pair",),
    "RunInstances": ("instance", "volume", "network-interface"),
}
"""The kinds that an action makes."""
_IAM_TAG = re.compile(r"Tags\.member\.\d+\.Key")
_ID = re.compile(r"([a-z]+)-[0-9a-f]{8,17}")
_NAMES_OF_GROUPS = frozenset({"GroupName", "Placement.GroupName"})
_INTO_GROUPS = frozenset({"DeletePlacementGroup", "RunInstances"})
"""Actions that name a placement group that is there."""
_LOOKS = ("Describe", "GetEbs", "List")
_CHANGE = "route53:ChangeResourceRecordSets"


def required_permissions(
    request: ApiRequest, account: str, tags_of: TagsOf, path_of: PathOf = lambda _name: "/"
) -> tuple[Needed, ...]:
    """The permissions that a request needs.

    Args:
        request: the request.
        account: its number.
        tags_of: looks tags up.
        path_of: looks the path of a role or instance profile up.
    """
    action = f"{request.service}:{request.action}"
    region: Keys = {"aws:requestedregion": (request.region,)}
    if request.service == "ssm":
        names = request.given.get("Names") or [request.given.get("Name", "")]
        arns = (f"arn:aws:ssm:{request.region}::parameter{name}" for name in names)
        return (Needed(action=action, targets=tuple(Target(arn=arn, keys=region) for arn in arns)),)
    if request.service == "route53":
        return (Needed(action=action, targets=(_zone(request),)),)
    if request.service == "iam":
        return tuple(_of_iam(request, account, path_of))
    if request.service != "ec2" or request.action.startswith(_LOOKS):
        return (Needed(action=action, targets=(Target(arn="*", keys=region),)),)
    return tuple(_of_ec2(request, account, tags_of, path_of))


def _of_iam(request: ApiRequest, account: str, path_of: PathOf) -> Iterator[Needed]:
    """Roles and instance profiles by their names. A role that is put into a profile is passed to EC2."""
    given = request.parameters
    asked = _tags(
        "request", {given[key]: given.get(f"{key[:-3]}Value", "") for key in given if _IAM_TAG.fullmatch(key)}
    )
    role, profile = given.get("RoleName", ""), given.get("InstanceProfileName", "")
    names = (("role", role), ("instance-profile", profile))
    targets = tuple(
        Target(arn=f"arn:aws:iam::{account}:{kind}{given.get('Path') or path_of(name)}{name}", keys=asked)
        for kind, name in names
        if name
    )
    about = tuple(each for each in targets if ":instance-profile/" in each.arn) or targets
    yield Needed(action=f"iam:{request.action}", targets=about or (Target(arn="*"),))
    if request.action == "AddRoleToInstanceProfile":
        passed = Target(
            arn=f"arn:aws:iam::{account}:role{path_of(role)}{role}",
            keys={"iam:passedtoservice": ("ec2.amazonaws.com",)},
        )
        yield Needed(action="iam:PassRole", targets=(passed,))


def _of_ec2(request: ApiRequest, account: str, tags_of: TagsOf, path_of: PathOf) -> Iterator[Needed]:
    given, common = request.parameters, {"aws:requestedregion": (request.region,)}

    def arn(kind: str, name: str = "*") -> str:
        return f"arn:aws:ec2:{request.region}:{'' if kind == 'image' else account}:{kind}/{name}"

    made = _made(request)
    new = [Target(arn=arn(kind), keys=common | _tags("request", tags_for(given, kind))) for kind in made]
    own_tags = {value: given.get(f"{key.removesuffix('Key')}Value", "") for key, value in _tag_keys(given)}
    there = [
        Target(
            arn=arn(kind, name),
            keys=common
            | _tags("resource", tags_of(request.region, name))
            | (_tags("request", own_tags) if own_tags else {}),
        )
        for kind, name in _named(request)
    ]
    targets = (*new, *there) or (Target(arn="*", keys=common),)
    yield Needed(action=f"ec2:{request.action}", targets=tuple(targets))
    created = [(kind, tags_for(given, kind)) for kind in made]
    tagged = [
        Target(arn=arn(kind), keys=common | _tags("request", tags) | {"ec2:createaction": (request.action,)})
        for kind, tags in created
        if tags
    ]
    if tagged:
        yield Needed(action="ec2:CreateTags", targets=tuple(tagged))
    profile = (
        given.get("IamInstanceProfile.Name") or given.get("IamInstanceProfile.Arn", "").rpartition("/")[2]
    )
    if profile:
        role = Target(
            arn=f"arn:aws:iam::{account}:role{path_of(profile)}{profile}",
            keys={"iam:passedtoservice": ("ec2.amazonaws.com",)},
        )
        yield Needed(action="iam:PassRole", targets=(role,))


def _made(request: ApiRequest) -> tuple[str, ...]:
    spot = request.parameters.get("InstanceMarketOptions.MarketType") == "spot"
    return (*_MADE.get(request.action, ()), *(("spot-instances-request",) if spot else ()))


def _named(request: ApiRequest) -> Iterator[tuple[str, str]]:
    """(Kind, id) of everything that is there and that the request names, once each."""
    seen: dict[tuple[str, str], None] = {}
    for key, value in request.parameters.items():
        found = _ID.fullmatch(value)
        if key == "KeyName" and request.action != "ImportKeyPair":
            seen["key-pair", value] = None
        elif key in _NAMES_OF_GROUPS and request.action in _INTO_GROUPS:
            seen["placement-group", value] = None
        elif found is not None and found[1] in _KINDS and key != "ClientToken":
            seen[_KINDS[found[1]], value] = None
    yield from seen


def _tag_keys(given: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Of CreateTags and DeleteTags."""
    return ((key, value) for key, value in given.items() if re.fullmatch(r"Tag\.\d+\.Key", key))


def _tags(where: str, tags: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {
        f"aws:{where}tag/{key}".lower(): (value,) for key, value in tags.items()
    }
    if where == "resource":
        return found | {f"ec2:resourcetag/{key}".lower(): (value,) for key, value in tags.items()}
    return found | ({"aws:tagkeys": tuple(tags)} if tags else {})


def _zone(request: ApiRequest) -> Target:
    zone = re.search(r"/hostedzone/([^/]+)", request.http.path)
    if zone is None:
        return Target(arn="*")
    body = request.http.body.decode()
    names = tuple(each.lower().removesuffix(".") for each in re.findall(r"<Name>([^<]+)</Name>", body))
    keys: dict[str, tuple[str, ...]] = {}
    if request.action in _CHANGE:
        keys[f"{_CHANGE}NormalizedRecordNames".lower()] = names
        keys[f"{_CHANGE}RecordTypes".lower()] = tuple(re.findall(r"<Type>([^<]+)</Type>", body))
    return Target(arn=f"arn:aws:route53:::hostedzone/{zone[1]}", keys=keys)
