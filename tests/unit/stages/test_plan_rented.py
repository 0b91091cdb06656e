"""Plans for rented hosts: a stack for every type that may be launched, the price and the most, and what a rehearsal leaves out."""

from dataclasses import replace

import pytest

from orchestrator.ansible_hosts import installed_core
from orchestrator.answer import Typed
from orchestrator.config import AwsSpec, FleetSpec, LimitsSpec, StackSpec
from orchestrator.config.spec import DISTRIBUTIONS, ROLES, Distribution
from orchestrator.errors import CapacityError, RefusedError, UsageError
from orchestrator.models import LaunchRequest, Offer
from orchestrator.stages.plan import PlanContext, plan, same_intent, with_launched_types
from tests.providers.memory import MemoryProvider
from tests.unit.builders import host

VENV = StackSpec(builder="venv")
CONTEXT = PlanContext(
    token="t",
    typed=Typed(words=("orchestrate", "up"), takes=frozenset()),
    architecture="x86_64",
    local_vars={},
    earlier=None,
    hardware={},
)


class Rental(MemoryProvider):
    """Offers each of two places at its price; what costs nothing is sold out."""

    prices = (0.5, 2.0)

    def offers(self, request: LaunchRequest) -> tuple[Offer, ...]:
        return tuple(
            Offer(
                provider="memory",
                description=f"place {number}",
                available=price > 0,
                reason="" if price else "no quota",
                price_usd_per_hour=price,
                key=f"place-{number}",
            )
            for number, price in enumerate(self.prices, 1)
        )


class SoldOut(Rental):
    prices = (0.0, 0.0)


class SecondOnly(Rental):
    prices = (0.0, 2.0)


def spec(aws: AwsSpec | None = None, limits: LimitsSpec | None = None) -> FleetSpec:
    return FleetSpec(
        name="lab",
        cloud="aws",
        hosts=2,
        stack=VENV,
        aws=aws or AwsSpec(instance_type=("g4dn.xlarge", "g5.xlarge")),
        limits=limits or LimitsSpec(max_hours=10),
    )


def test_the_price_is_that_of_the_first_offer_and_the_most_that_of_the_dearest() -> None:
    planned = plan(spec(), Rental(), CONTEXT)
    assert planned.price_usd_per_hour == 2 * 0.5
    disk, address = 100 * 0.08 / 720, 0.005
    assert planned.most_usd == pytest.approx(2 * (2.0 + disk + address) * 10)
    assert [each.what for each in planned.extras] == ["disk of 100 GiB (gp3)", "public IPv4 address"]


def test_an_offer_that_cannot_be_had_is_passed_over() -> None:
    assert plan(spec(), SecondOnly(), CONTEXT).price_usd_per_hour == 2 * 2.0


def test_a_budget_is_the_most_however_long_it_lasts() -> None:
    planned = plan(spec(limits=LimitsSpec(max_hours=0, max_cost_usd=3)), Rental(), CONTEXT)
    beside = 100 * 0.08 / 720 + 0.005
    assert planned.most_usd == pytest.approx(
        2 * (3.0 + beside * 3.0 / 0.5)
    )  # disks last longer at the lower price


def test_disks_are_counted_where_they_are_dearest_and_private_hosts_have_no_address() -> None:
    aws = AwsSpec(regions=("us-east-1", "sa-east-1"), private=True)
    (disk,) = plan(spec(aws=aws), Rental(), CONTEXT).extras
    assert disk.usd_per_hour == pytest.approx(100 * 0.152 / 720)


def test_without_limits_the_most_is_not_known() -> None:
    assert plan(spec(limits=LimitsSpec(max_hours=0)), Rental(), CONTEXT).most_usd == 0.0


def test_where_nothing_can_be_had_each_reason_is_named() -> None:
    with pytest.raises(CapacityError, match="place 1: no quota; place 2: no quota"):
        plan(spec(), SoldOut(), CONTEXT)


def test_every_type_that_may_be_launched_has_its_stack_and_a_host_gets_that_of_its_own() -> None:
    planned = plan(spec(), Rental(), CONTEXT)
    assert [stack.hardware.gpus for stack in planned.rented_stacks.values()] == [("Tesla T4",), ("A10G",)]
    assert planned.stacks["lab-2"].hardware.gpus == ("Tesla T4",)
    launched = (
        replace(host("lab-1"), instance_type="g4dn.xlarge", distribution="ubuntu-24.04"),
        replace(host("lab-2"), instance_type="g5.xlarge", distribution="ubuntu-24.04"),
    )
    stacks = with_launched_types(planned, launched).stacks
    assert [stack.hardware.gpus for stack in stacks.values()] == [("Tesla T4",), ("A10G",)]


def test_a_type_on_which_nothing_works_is_refused_though_it_comes_second() -> None:
    with pytest.raises(RefusedError, match=r"p3\.2xlarge"):
        plan(spec(AwsSpec(instance_type=("g4dn.xlarge", "p3.2xlarge"))), Rental(), CONTEXT)


def test_limits_reach_the_role_that_keeps_them() -> None:
    planned = plan(spec(limits=LimitsSpec(max_hours=3, idle_minutes=20)), Rental(), CONTEXT)
    assert "lifetime" in planned.roles
    assert planned.role_vars["lifetime_max_hours"] == 3
    assert planned.role_vars["lifetime_idle_minutes"] == 20


def test_nothing_ends_hosts_that_nobody_pays_for_and_limits_that_were_set_are_not_passed_over_in_silence() -> (
    None
):
    free = plan(FleetSpec(stack=VENV), MemoryProvider(), CONTEXT)
    assert "lifetime" not in free.roles
    told = plan(FleetSpec(stack=VENV, limits=LimitsSpec(max_hours=3)), MemoryProvider(), CONTEXT)
    assert "`limits:` are for hosts that are paid for by the hour; nothing ends these" in told.notes
    by_hand = plan(FleetSpec(stack=VENV, vars={"lifetime_max_hours": 3}), MemoryProvider(), CONTEXT)
    assert "lifetime" in by_hand.roles


def test_a_rehearsal_has_no_card_and_says_what_it_would_be_for_real() -> None:
    planned = plan(spec(AwsSpec(rehearse=True)), Rental(), CONTEXT)
    assert planned.rehearsed
    assert planned.stacks["lab-1"].driver is None
    assert planned.rented_stacks == {}
    assert "nvidia_driver" not in planned.roles
    assert any(note.startswith("rehearsal: ") for note in planned.notes)
    assert any("for real it would be driver" in note and "Tesla T4" in note for note in planned.notes)


def test_a_rehearsal_says_that_its_ubuntu_is_a_debian_that_says_so() -> None:
    said = "rehearsal: a host of Ubuntu 24.04 is a Debian 12 that says it is Ubuntu 24.04: its packages are Debian's"
    assert said in plan(spec(AwsSpec(rehearse=True)), Rental(), CONTEXT).notes
    debian = spec(AwsSpec(rehearse=True)).model_copy(update={"distribution": "debian-12"})
    assert not [note for note in plan(debian, Rental(), CONTEXT).notes if "that says it is" in note]


def test_other_prices_are_the_same_intent_and_another_type_is_not() -> None:
    planned = plan(spec(), Rental(), CONTEXT)
    assert same_intent(planned, plan(spec(), SecondOnly(), CONTEXT))
    assert not same_intent(planned, plan(spec(AwsSpec()), Rental(), CONTEXT))


def test_regions_of_an_earlier_plan_are_still_looked_in() -> None:
    earlier = plan(spec(AwsSpec(regions=("us-west-2",))), Rental(), CONTEXT)
    planned = plan(spec(), Rental(), replace(CONTEXT, earlier=earlier))
    assert planned.regions == ("us-east-1", "us-west-2")


def test_hosts_on_aws_are_of_ubuntu_where_nobody_says_another() -> None:
    assert {host.distribution for host in spec().host_requests} == {"ubuntu-24.04"}
    debian = FleetSpec(cloud="aws", distribution="debian-13")
    assert {host.distribution for host in debian.host_requests} == {"debian-13"}


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_every_distribution_can_be_rented_with_every_role(distribution: Distribution) -> None:
    planned = plan(everything(distribution), Rental(), CONTEXT)
    driver = planned.rented_stacks[f"g5.xlarge/{distribution}"].driver
    assert driver is not None
    assert driver.packages
    assert {"nvidia_driver", "firewall", "vnc", "notebooks"} <= {*planned.roles}
    untried = [note for note in planned.notes if note.startswith("nothing was tried on a real Ubuntu")]
    assert bool(untried) == distribution.startswith("ubuntu-")


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
@pytest.mark.parametrize("newest", ["3.13", "3.14"])
def test_a_host_whose_python_ansible_was_not_made_for_is_told_before_it_is_rented(
    distribution: Distribution, newest: str
) -> None:
    ansible = replace(installed_core(), version="2.99", newest_python=newest)
    planned = plan(everything(distribution), Rental(), replace(CONTEXT, ansible=ansible))
    told = [
        note for note in planned.notes if "and ansible-core 2.99 of this computer was made for 3.13" in note
    ]
    assert bool(told) == (distribution == "ubuntu-26.04" and newest == "3.13")


def test_ubuntu_whose_python_is_too_new_for_tensorflow_is_refused_with_conda_as_the_way_out() -> None:
    with_venv = everything("ubuntu-26.04").model_copy(update={"stack": VENV})
    with pytest.raises(RefusedError, match=r"ubuntu-26\.04") as refused:
        plan(with_venv, Rental(), CONTEXT)
    assert "  Ubuntu 26.04 has Python 3.14" in refused.value.lines
    assert plan(everything("ubuntu-26.04"), Rental(), CONTEXT).stacks["lab-1"].python == "3.13"


def test_the_sandbox_makes_no_ubuntu_and_says_what_to_type() -> None:
    with pytest.raises(UsageError, match="sandbox makes hosts of Debian alone") as refused:
        plan(FleetSpec(distribution="ubuntu-24.04", stack=VENV), MemoryProvider(), CONTEXT)
    assert "--cloud aws" in refused.value.hint


def everything(distribution: Distribution) -> FleetSpec:
    """A fleet with every role, on a host of that distribution."""
    return FleetSpec(
        name="lab",
        cloud="aws",
        distribution=distribution,
        roles=ROLES,
        stack=StackSpec(builder="conda"),
        aws=AwsSpec(instance_type=("g5.xlarge",)),
    )
