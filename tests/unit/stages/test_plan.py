"""The plan: what the user wants, what the provider offers, and a refusal before anything is made."""

from dataclasses import replace

import pytest

from orchestrator.answer import Typed
from orchestrator.config import FleetSpec, StackSpec
from orchestrator.errors import ProviderError, RefusedError
from orchestrator.models import Builder, BuilderChoice, Hardware, Host, LaunchRequest, Offer
from orchestrator.stages.plan import PlanContext, plan
from tests.providers.memory import MemoryProvider
from tests.unit.builders import host
from tests.unit.stacks import hardware

VENV = StackSpec(builder="venv")
"""Nobody is asked whether conda's servers answer."""


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


class LaboratoryHosts(MemoryProvider):
    """Has two that exist."""

    def find(self, fleet: str) -> tuple[Host, ...]:
        return (host("lab-1"), host("lab-2"))


def context(
    *, seen: dict[str, Hardware] | None = None, local_vars: dict[str, object] | None = None
) -> PlanContext:
    return PlanContext(
        token="t",
        typed=Typed(words=("orchestrate", "up"), takes=frozenset({"--tensorflow"})),
        architecture="x86_64",
        local_vars=local_vars or {},
        earlier=None,
        hardware=seen or {},
    )


def test_a_plan_holds_hosts_stacks_roles_and_workloads_in_order() -> None:
    planned = plan(FleetSpec(name="lab", hosts=2, stack=VENV), MemoryProvider(), context())
    assert [host.name for host in planned.hosts] == ["lab-1", "lab-2"]
    assert list(planned.stacks) == ["lab-1", "lab-2"]
    assert planned.roles == (
        "base",
        "ssh_server",
        "ml_env",
        "datasets",
        "recheck",
        "gpu_telemetry",
        "gpu_leases",
    )
    assert [request.workload for request in planned.workloads] == ["smoke", "fashion_mnist"]


def test_a_host_that_is_made_here_has_no_card_and_its_notes_say_what_that_means() -> None:
    planned = plan(FleetSpec(stack=VENV), MemoryProvider(), context())
    assert planned.stacks["sandbox-1"].driver is None
    assert planned.builder == BuilderChoice(builder=Builder.VENV, reason="`builder:` under `stack:` says so")
    assert planned.notes == (
        "environments are made with venv: `builder:` under `stack:` says so",
        "nvidia_driver and cuda are left out: hosts are containers and are given no card",
        "conda is left out: nothing is built with it",
    )


def test_a_host_with_a_card_gets_the_stack_for_it() -> None:
    spec = FleetSpec(name="lab", hosts=2, cloud="onprem", stack=VENV)
    planned = plan(
        spec, LaboratoryHosts(), context(seen={"lab-1": hardware("Tesla T4"), "lab-2": hardware()})
    )
    assert planned.stacks["lab-1"].driver is not None
    assert planned.stacks["lab-2"].driver is None
    assert "nvidia_driver" in planned.roles


def test_a_card_that_no_stack_works_for_is_refused_with_the_hosts_name() -> None:
    spec = FleetSpec(stack=StackSpec(tensorflow="2.15", builder="conda"))
    with pytest.raises(RefusedError, match="refused for sandbox-1: Tesla K80") as caught:
        plan(spec, MemoryProvider(), context(seen={"sandbox-1": hardware("Tesla K80")}))
    assert any("--tensorflow 2.14" in line for line in caught.value.lines)


def test_without_a_role_that_a_stack_decides_for_there_is_none() -> None:
    planned = plan(FleetSpec(roles=("base",)), MemoryProvider(), context())
    assert (planned.stacks, planned.builder, planned.notes) == ({}, None, ())


def test_the_users_variables_win_over_this_computers() -> None:
    spec = FleetSpec(vars={"base_pip_config": {"index-url": "https://mine.example"}}, roles=("base",))
    of_this_computer: dict[str, object] = {
        "base_pip_config": {"index-url": "https://ours.example"},
        "base_proxy": {},
    }
    planned = plan(spec, MemoryProvider(), context(local_vars=of_this_computer))
    assert planned.role_vars == {"base_pip_config": {"index-url": "https://mine.example"}, "base_proxy": {}}


def test_the_same_wish_is_the_same_plan() -> None:
    spec, provider = FleetSpec(stack=VENV), MemoryProvider()
    first = plan(spec, provider, context())
    assert plan(spec, provider, replace(context(), earlier=first)) == first


def test_what_is_not_to_be_had_is_refused_with_its_reason() -> None:
    with pytest.raises(ProviderError, match="not to be had: debian-12: no engine"):
        plan(FleetSpec(), SoldOut(), context())
