"""The plan: what the user wants, what the provider offers, and a refusal before anything is made."""

import pytest

from orchestrator.config import FleetSpec
from orchestrator.errors import ProviderError
from orchestrator.models import LaunchRequest, Offer
from orchestrator.stages.plan import plan
from tests.providers.memory import MemoryProvider


class SoldOut(MemoryProvider):
    """Has nothing."""

    def offers(self, request: LaunchRequest) -> tuple[Offer, ...]:
        offer = Offer(
            provider="memory",
            description="debian-12",
            available=False,
            reason="no engine",
            price_usd_per_hour=0.0,
        )
        return (offer,)


def test_a_plan_holds_hosts_roles_and_workloads_in_order() -> None:
    planned = plan(FleetSpec(name="lab", hosts=2), MemoryProvider(), token="lab-1", surroundings_vars={})
    assert [host.name for host in planned.hosts] == ["lab-1", "lab-2"]
    assert planned.roles == ("base", "ssh_server", "ml_env", "datasets")
    assert [request.workload for request in planned.workloads] == ["smoke", "fashion_mnist"]


def test_the_users_variables_win_over_this_computers() -> None:
    spec = FleetSpec(vars={"base_pip_config": {"index-url": "https://mine.example"}})
    of_this_computer: dict[str, object] = {
        "base_pip_config": {"index-url": "https://ours.example"},
        "base_proxy": {},
    }
    planned = plan(spec, MemoryProvider(), token="t", surroundings_vars=of_this_computer)
    assert planned.role_vars == {"base_pip_config": {"index-url": "https://mine.example"}, "base_proxy": {}}


def test_the_same_wish_is_the_same_plan() -> None:
    spec, provider = FleetSpec(), MemoryProvider()
    first = plan(spec, provider, token="t", surroundings_vars={})
    assert plan(spec, provider, token="t", surroundings_vars={}) == first


def test_what_is_not_to_be_had_is_refused_with_its_reason() -> None:
    with pytest.raises(ProviderError, match="not to be had: debian-12: no engine"):
        plan(FleetSpec(), SoldOut(), token="t", surroundings_vars={})
