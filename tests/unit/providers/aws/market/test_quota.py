"""Which quota a type counts against, what is in use of it, and when it does not suffice."""

from typing import TYPE_CHECKING

import pytest

from orchestrator.models import Market
from orchestrator.providers.aws.market.quota import Granted, Need, doubt, in_use, quota_of, shortage

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import InstanceTypeDef

G = "Running On-Demand G and VT instances"
SPOT, ON_DEMAND = Market.SPOT, Market.ON_DEMAND


def need(instance_type: str = "g4dn.xlarge", *, market: Market = ON_DEMAND, hosts: int = 1) -> Need:
    return Need(instance_type=instance_type, market=market, region="us-east-1", hosts=hosts)


def granted(*, g: float) -> Granted:
    return Granted(by_name={G: g}, by_code={"L-DB2E81BA": g})


def instance(instance_type: str, *, state: str = "running", lifecycle: str = "") -> "InstanceTypeDef":
    described: InstanceTypeDef = {
        "InstanceType": instance_type,  # type: ignore[typeddict-item]
        "State": {"Name": state},  # type: ignore[typeddict-item]
    }
    return described | {"InstanceLifecycle": lifecycle} if lifecycle else described  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("instance_type", "market", "code"),
    [
        ("g4dn.xlarge", ON_DEMAND, "L-DB2E81BA"),
        ("gr6.4xlarge", ON_DEMAND, "L-DB2E81BA"),
        ("vt1.3xlarge", ON_DEMAND, "L-DB2E81BA"),
        ("p3dn.24xlarge", ON_DEMAND, "L-417A185B"),
        ("p5.4xlarge", ON_DEMAND, "L-417A185B"),
        ("p6-b200.48xlarge", ON_DEMAND, "L-417A185B"),
        ("m5.large", ON_DEMAND, "L-1216C47A"),
        ("im4gn.large", ON_DEMAND, "L-1216C47A"),
        ("g6e.xlarge", SPOT, "L-3819A6DF"),
        ("p3dn.24xlarge", SPOT, "L-7212CCBC"),
        ("p4d.24xlarge", SPOT, "L-7212CCBC"),
        ("p5en.48xlarge", SPOT, "L-C4BD4855"),
        ("t3.micro", SPOT, "L-34B43A08"),
        ("p6-b200.48xlarge", SPOT, ""),
        ("inf2.xlarge", ON_DEMAND, ""),
        ("u-6tb1.metal", ON_DEMAND, ""),
    ],
)
def test_each_class_of_types_counts_against_its_own_quota(
    instance_type: str, market: Market, code: str
) -> None:
    quota = quota_of(instance_type, market)
    assert (quota.code if quota else "") == code


def test_spot_and_on_demand_are_counted_apart_and_what_does_not_run_is_not_counted() -> None:
    used = in_use(
        [
            instance("g4dn.xlarge"),
            instance("g5.2xlarge", state="pending"),
            instance("g4dn.16xlarge", state="stopped"),
            instance("g4dn.xlarge", lifecycle="spot"),
            instance("p5.48xlarge", lifecycle="capacity-block"),
            instance("p4d.24xlarge"),
        ]
    )
    assert used == {
        G: 4 + 8,
        "All G and VT Spot Instance Requests": 4,
        "Running On-Demand P instances": 96,
    }


def test_a_type_outside_the_catalog_counts_with_the_cpus_that_ec2_describes() -> None:
    described = instance("m5.xlarge") | {"CpuOptions": {"CoreCount": 2, "ThreadsPerCore": 2}}
    assert list(in_use([described]).values()) == [4]


def test_no_quota_at_all_says_the_numbers_and_what_to_type() -> None:
    assert shortage(need(), granted(g=0), {}) == (
        f'quota "{G}" in us-east-1 is 0 vCPUs, 4 are needed: aws service-quotas request-service-quota-increase'
        " --service-code ec2 --quota-code L-DB2E81BA --desired-value 4 --region us-east-1"
    )


@pytest.mark.parametrize(
    ("limit", "used", "hosts", "short"),
    [(8, 4, 1, False), (8, 5, 1, True), (8, 4, 2, True), (8, 8, 0, False), (0, 0, 0, False)],
)
def test_what_runs_and_what_is_to_come_have_to_fit_together(
    limit: float, used: int, hosts: int, *, short: bool
) -> None:
    assert bool(shortage(need(hosts=hosts), granted(g=limit), {G: used})) is short


def test_an_increase_covers_what_is_in_use_as_well() -> None:
    said = shortage(need(hosts=2), granted(g=8), {G: 4})
    assert "is 8 vCPUs, 4 of them are in use, 8 are needed" in said
    assert "--desired-value 12 " in said


def test_a_quota_with_another_name_is_found_by_its_code() -> None:
    renamed = Granted(by_name={"Running G": 0}, by_code={"L-DB2E81BA": 0})
    assert shortage(need(), renamed, {})


@pytest.mark.parametrize(
    ("asked", "grants", "said"),
    [
        (need(), None, "the quota could not be read"),
        (need(), Granted(by_name={}, by_code={}), "its quota is not known"),
        (need("p6-b200.48xlarge", market=SPOT), granted(g=0), "its quota is not known"),
        (need("g99.xlarge"), granted(g=0), "its quota is not known"),
        (need(), granted(g=4), ""),
    ],
)
def test_what_is_unknown_is_said_and_keeps_nothing_from_being_offered(
    asked: Need, grants: Granted | None, said: str
) -> None:
    assert doubt(asked, grants) == said
    assert not shortage(asked, grants, {})
