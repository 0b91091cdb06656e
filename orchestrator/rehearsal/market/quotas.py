"""The account's quotas for EC2, what of them is in use, and Service Quotas' answers about them. moto has none."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from moto.ec2.models.instance_types import INSTANCE_TYPES
from moto.ec2.models.instances import Instance

from orchestrator.rehearsal.api.replies import Refused, Reply, as_json
from orchestrator.rehearsal.api.request import ApiRequest

CODES = {
    "Running On-Demand G and VT instances": "L-DB2E81BA",
    "Running On-Demand P instances": "L-417A185B",
    "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances": "L-1216C47A",
    "All G and VT Spot Instance Requests": "L-3819A6DF",
    "All P4, P3 and P2 Spot Instance Requests": "L-7212CCBC",
    "All P5 Spot Instance Requests": "L-C4BD4855",
    "All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests": "L-34B43A08",
}
"""Codes by name, as public projects and dumps of quotas have them; 2026-11-20."""

DEFAULTS = {name: 1152.0 if "Standard" in name else 64.0 for name in CODES}
"""In vCPUs, for each region."""

_PAGE = 3
"""Entries on a page where the caller does not say: small, so that whoever does not turn pages notices."""

_COUNTED = frozenset({"pending", "running"})


def check(
    values: Mapping[str, float], parameters: Mapping[str, str], count: int, living: Iterable[Instance]
) -> None:
    """Refuse a RunInstances that the quota does not allow.

    Raises:
        Refused: as EC2 does.
    """
    spot = parameters.get("InstanceMarketOptions.MarketType") == "spot"
    kind = parameters.get("InstanceType", "")
    name = quota_of(kind, spot=spot)
    if name not in values:
        return
    taken = sum(
        _vcpus(each.instance_type)
        for each in living
        if each.state in _COUNTED and quota_of(each.instance_type, spot=each.lifecycle == "spot") == name
    )
    if taken + _vcpus(kind) * count <= values[name]:
        return
    if spot:
        raise Refused("MaxSpotInstanceCountExceeded", "Max spot instance count exceeded")
    raise Refused(
        "VcpuLimitExceeded",
        f"You have requested more vCPU capacity than your current vCPU limit of {values[name]:g} allows for the instance"
        " bucket that the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request"
        " to request an adjustment to this limit.",
    )


def quota_of(kind: str, *, spot: bool) -> str:
    """The name of the quota that a type counts against; empty where none is known."""
    family = re.match(r"([a-z]+)(\d)", kind)
    if family is None:
        return ""
    letters, generation = family.groups()
    if letters in {"g", "gr", "vt"}:
        bucket = "G and VT"
    elif letters == "p":
        bucket = "P5" if spot and generation == "5" else "P4, P3 and P2" if spot else "P instances"
    else:
        bucket = "Standard"
    return next(name for name in CODES if bucket in name and ("Spot" in name) is spot)


def list_service_quotas(request: ApiRequest, values: Mapping[str, float]) -> Reply | None:
    """A page of them; None for other services."""
    given = request.given
    if given.get("ServiceCode") != "ec2":
        return None
    start, most = int(given.get("NextToken") or 0), int(given.get("MaxResults") or _PAGE)
    entries = [_shown(request.region, name, value) for name, value in values.items()]
    answer: dict[str, Any] = {"Quotas": entries[start : start + most]}
    if start + most < len(entries):
        answer["NextToken"] = str(start + most)
    return as_json(answer)


def get_service_quota(request: ApiRequest, values: Mapping[str, float]) -> Reply | None:
    """One, by its code; None for other services."""
    given = request.given
    if given.get("ServiceCode") != "ec2":
        return None
    for name, value in values.items():
        if CODES.get(name) == given.get("QuotaCode"):
            return as_json({"Quota": _shown(request.region, name, value)})
    raise Refused("NoSuchResourceException", "The request failed because the specified quota does not exist.")


def _shown(region: str, name: str, value: float) -> dict[str, Any]:
    code = CODES.get(name, "L-00000000")
    return {
        "ServiceCode": "ec2",
        "ServiceName": "Amazon Elastic Compute Cloud (Amazon EC2)",
        "QuotaArn": f"arn:aws:servicequotas:{region}::ec2/{code}",
        "QuotaCode": code,
        "QuotaName": name,
        "Value": value,
        "Unit": "None",
        "Adjustable": True,
        "GlobalQuota": False,
    }


def _vcpus(kind: str) -> int:
    return int(INSTANCE_TYPES.get(kind, {}).get("VCpuInfo", {}).get("DefaultVCpus", 0))
