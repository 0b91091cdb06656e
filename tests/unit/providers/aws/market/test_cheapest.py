"""Types by memory and price, from the catalog that comes with the package."""

import pytest

from orchestrator.catalog import load
from orchestrator.providers.aws.market.cheapest import cheapest


@pytest.mark.parametrize(
    ("gpu_memory_mib", "first"),
    [(1, "g4dn.xlarge"), (16384, "g4dn.xlarge"), (20000, "g6.xlarge"), (40000, "g6e.xlarge")],
)
def test_the_cheapest_with_enough_memory_comes_first(gpu_memory_mib: int, first: str) -> None:
    assert cheapest(load(), gpu_memory_mib)[0] == first


def test_every_type_of_the_list_can_be_had_and_has_the_memory_on_one_whole_card() -> None:
    catalog = load()
    rows = [catalog.ec2_type(name) for name in cheapest(catalog, 16384)]
    assert len(rows) > 20
    assert all(row.status in ("current", "previous") and row.usd_per_hour for row in rows)
    assert all(row.gpu_memory_mib >= 16384 and row.gpu_share == "1" for row in rows)
    assert [row.usd_per_hour for row in rows] == sorted(row.usd_per_hour for row in rows)
    assert {row.host for row in rows} == {"x86_64"}


def test_a_list_can_be_kept_short() -> None:
    assert cheapest(load(), 16384, count=3) == ("g4dn.xlarge", "g4dn.2xlarge", "g6.xlarge")


def test_hosts_with_an_arm_cpu_have_a_list_of_their_own() -> None:
    assert cheapest(load(), 16384, host="aarch64")[0] == "g5g.xlarge"


def test_no_card_has_a_terabyte() -> None:
    assert cheapest(load(), 1024 * 1024) == ()
