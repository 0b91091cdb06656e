"""A request as AWS's services understand it: service, region, action, parameters. Pure."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

_SCOPE = re.compile(r"Credential=([^/]+)/\d+/([^/]*)/([^/]+)/aws4_request")

_ROUTES: tuple[tuple[str, str, str], ...] = (
    ("GET", r"/hostedzonesbyname", "ListHostedZonesByName"),
    ("GET", r"/hostedzone/?", "ListHostedZones"),
    ("POST", r"/hostedzone/?", "CreateHostedZone"),
    ("GET", r"/hostedzone/[^/]+", "GetHostedZone"),
    ("DELETE", r"/hostedzone/[^/]+", "DeleteHostedZone"),
    ("POST", r"/hostedzone/[^/]+/rrset/?", "ChangeResourceRecordSets"),
    ("GET", r"/hostedzone/[^/]+/rrset/?", "ListResourceRecordSets"),
    ("GET", r"/change/[^/]+", "GetChange"),
)
"""Route 53 has no action in its requests: method, path behind the version, action."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request that came in."""

    service: str
    """`ec2`, `ssm`, `sts`, `servicequotas`, `pricing`, `route53`: as IAM names them."""
    action: str
    region: str
    at: float
    """Seconds of the clock that the cloud was given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Http:
    """A request as it came."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str] = field(repr=False)
    """By name in lower case."""
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiRequest:
    """What a request asks."""

    service: str
    """As in `Call`."""
    region: str
    action: str
    parameters: Mapping[str, str]
    """The flat parameters of EC2's protocol: `InstanceId.1`. Of JSON services the strings at the top."""
    http: Http
    key: str = ""
    """The access key that it is signed with."""

    @property
    def given(self) -> dict[str, Any]:
        """What a JSON service is given."""
        return dict(json.loads(self.http.body or b"{}"))


def read(http: Http) -> ApiRequest | None:
    """What a signed request asks; None when it is not one."""
    scope = _SCOPE.search(http.headers.get("authorization", ""))
    if scope is None:
        return None
    key, region, service = scope.groups()
    target = http.headers.get("x-amz-target", "")
    if target:
        action, given = target.rpartition(".")[2], json.loads(http.body or b"{}")
        parameters = {key: value for key, value in given.items() if isinstance(value, str)}
    elif service == "route53":
        action, parameters = _route(http.method, http.path), {}
    else:
        parameters = dict(parse_qsl(http.body.decode(), keep_blank_values=True))
        action = parameters.get("Action", "")
    return ApiRequest(
        service=service, region=region, action=action, parameters=parameters, http=http, key=key
    )


def listed(parameters: Mapping[str, str], name: str) -> tuple[str, ...]:
    """The values of a list in EC2's protocol: `InstanceId.1`, `InstanceId.2` …, in their order."""
    numbered = re.compile(rf"{re.escape(name)}\.(\d+)")
    found = {
        int(match.group(1)): value for key, value in parameters.items() if (match := numbered.fullmatch(key))
    }
    return tuple(found[number] for number in sorted(found))


def filters(parameters: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """The filters of a Describe call: values by name."""
    names = {key[:-5]: value for key, value in parameters.items() if re.fullmatch(r"Filter\.\d+\.Name", key)}
    return {name: listed(parameters, f"{prefix}.Value") for prefix, name in names.items()}


def tags_for(parameters: Mapping[str, str], kind: str) -> dict[str, str]:
    """The tags that a request gives to resources of a kind at their creation."""
    found = {}
    for key, value in parameters.items():
        if re.fullmatch(r"TagSpecification\.\d+\.ResourceType", key) and value == kind:
            prefix = key.removesuffix("ResourceType") + "Tag."
            for tag, name in parameters.items():
                if tag.startswith(prefix) and tag.endswith(".Key"):
                    found[name] = parameters.get(tag.removesuffix("Key") + "Value", "")
    return found


def given_tags(parameters: Mapping[str, str]) -> dict[str, str]:
    """The tags that a request gives to anything that it makes."""
    keys = (each for each in parameters if re.fullmatch(r"TagSpecification\.\d+\.Tag\.\d+\.Key", each))
    return {parameters[each]: parameters.get(f"{each.removesuffix('Key')}Value", "") for each in keys}


def _route(method: str, path: str) -> str:
    tail = re.sub(r"^/\d{4}-\d\d-\d\d", "", path)
    known = (action for verb, form, action in _ROUTES if verb == method and re.fullmatch(form, tail))
    return next(known, f"{method} {tail}")
