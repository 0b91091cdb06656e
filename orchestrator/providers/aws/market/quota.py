"""What the account may have, by the names of EC2's quotas, and what of it is in use. Unknown is never taken for too little."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.errors import ProviderError, QuotaError
from orchestrator.models import Market
from orchestrator.providers.aws.clients import Aws, aws_errors
from orchestrator.providers.aws.error_translation import code_of
from orchestrator.providers.aws.market.instance_types import vcpus_of
from orchestrator.providers.aws.placement import Placement

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import InstanceTypeDef

_ON_VCPUS = frozenset({"VcpuLimitExceeded", "InstanceLimitExceeded", "MaxSpotInstanceCountExceeded"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """A limit on the vCPUs of one class of types, in each region."""

    name: str
    code: str


_STANDARD = "A, C, D, H, I, M, R, T, Z"

ON_DEMAND = {
    "G": Quota(name="Running On-Demand G and VT instances", code="L-DB2E81BA"),
    "P": Quota(name="Running On-Demand P instances", code="L-417A185B"),
    "standard": Quota(name=f"Running On-Demand Standard ({_STANDARD}) instances", code="L-1216C47A"),
}
SPOT = {
    "G": Quota(name="All G and VT Spot Instance Requests", code="L-3819A6DF"),
    "P2": Quota(name="All P4, P3 and P2 Spot Instance Requests", code="L-7212CCBC"),
    "P5": Quota(name="All P5 Spot Instance Requests", code="L-C4BD4855"),
    "standard": Quota(name=f"All Standard ({_STANDARD}) Spot Instance Requests", code="L-34B43A08"),
}
"""Names and codes of Service Quotas for service `ec2`, as public projects and dumps of quotas have them; 2026-11-20. Looked
up by name; the code is for an account whose list has another name. The quota for P6 spot is not known."""

_P_SPOT = {"2": "P2", "3": "P2", "4": "P2", "5": "P5"}
_STANDARD_LETTERS = frozenset(_STANDARD.lower().split(", ")) | {"im", "is"}
_COUNTED_STATES = frozenset({"pending", "running"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """The quotas of a region, in vCPUs."""

    by_name: dict[str, float]
    by_code: dict[str, float]

    def limit(self, quota: Quota) -> float | None:
        """What the account may have; None when the list does not say."""
        return self.by_name.get(quota.name, self.by_code.get(quota.code))


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What is to be had of one type in one region."""

    instance_type: str
    market: Market
    region: str
    hosts: int
    """Without those that run already."""


def quota_of(instance_type: str, market: Market) -> Quota | None:
    """The quota that a type counts against; None when none is known."""
    family = re.match(r"([a-z]+)(\d+)", instance_type)
    if family is None:
        return None
    letters, generation = family.groups()
    spot = market is Market.SPOT
    table = SPOT if spot else ON_DEMAND
    if letters in {"g", "gr", "vt"}:
        return table["G"]
    if letters == "p":
        return table.get(_P_SPOT.get(generation, "") if spot else "P")
    return table["standard"] if letters in _STANDARD_LETTERS else None


def read_quotas(aws: Aws, region: str) -> Granted | None:
    """The account's quotas for EC2; None when they cannot be read, whatever the reason."""
    try:
        with aws_errors(f"a look at the quotas in {region}"):
            pages = aws.quotas(region).get_paginator("list_service_quotas").paginate(ServiceCode="ec2")
            listed = [quota for page in pages for quota in page["Quotas"] if "Value" in quota]
    except ProviderError:
        return None
    return Granted(
        by_name={each.get("QuotaName", ""): each["Value"] for each in listed},
        by_code={each.get("QuotaCode", ""): each["Value"] for each in listed},
    )


def in_use(instances: "Iterable[InstanceTypeDef]") -> dict[str, int]:
    """The vCPUs that count against each quota now, by the quota's name. Spot and on-demand are counted apart."""
    used: Counter[str] = Counter()
    for instance in instances:
        state = instance.get("State", {}).get("Name", "")
        lifecycle = instance.get("InstanceLifecycle") or ""
        if state not in _COUNTED_STATES or lifecycle not in {
            "",
            "spot",
        }:  # a Capacity Block has a quota apart
            continue
        quota = quota_of(
            instance.get("InstanceType", ""), Market.SPOT if lifecycle == "spot" else Market.ON_DEMAND
        )
        if quota is not None:
            used[quota.name] += _vcpus(instance)
    return dict(used)


def shortage(need: Need, grants: Granted | None, used: Mapping[str, int]) -> str:
    """Why the quota does not suffice, and what to type; empty when it does, or when nobody knows.

    Args:
        need: what is to be had.
        grants: of its region.
        used: vCPUs by the quota's name.
    """
    quota, limit = _limit(need, grants)
    taken = used.get(quota.name, 0) if quota else 0
    needed = vcpus_of(need.instance_type) * need.hosts
    if quota is None or limit is None or not needed or taken + needed <= limit:
        return ""
    in_use_now = f", {taken} of them are in use" if taken else ""
    return (
        f'quota "{quota.name}" in {need.region} is {limit:g} vCPUs{in_use_now}, {needed} are needed:'
        f" aws service-quotas request-service-quota-increase --service-code ec2 --quota-code {quota.code}"
        f" --desired-value {taken + needed} --region {need.region}"
    )


def doubt(need: Need, grants: Granted | None) -> str:
    """What kept the quota from being compared; empty when it was, and for what was bought beforehand."""
    if need.market is Market.CAPACITY_BLOCK:
        return ""
    if grants is None:
        return "the quota could not be read"
    _, limit = _limit(need, grants)
    return "its quota is not known" if limit is None or not vcpus_of(need.instance_type) else ""


def with_quota(error: ProviderError, placement: Placement, hosts: int) -> ProviderError:
    """A refused launch with the name of the quota that it met, where EC2's code leaves that open; any other refusal as it is.

    Args:
        error: caused by AWS's error, as it is afterwards.
        placement: where hosts were to be, and as what.
        hosts: how many.
    """
    quota = quota_of(placement.instance_type, placement.market)
    if quota is None or code_of(error) not in _ON_VCPUS:
        return error
    more = vcpus_of(placement.instance_type) * hosts
    named = QuotaError(
        f'{error.cause}; it is "{quota.name}" in {placement.region}, and {more or "some"} vCPUs more are needed',
        f"ask for more: aws service-quotas request-service-quota-increase --service-code ec2 --quota-code {quota.code}"
        f" --region {placement.region} --desired-value <vCPUs in all>",
    )
    named.__cause__ = error
    return named


def _limit(need: Need, grants: Granted | None) -> tuple[Quota | None, float | None]:
    quota = quota_of(need.instance_type, need.market)
    return quota, grants.limit(quota) if quota is not None and grants is not None else None


def _vcpus(instance: "InstanceTypeDef") -> int:
    known = vcpus_of(instance.get("InstanceType", ""))
    options = instance.get("CpuOptions") or {}
    return known or options.get("CoreCount", 0) * options.get("ThreadsPerCore", 0)
