"""Hosts that start from AWS's image with a driver: it is found and kept, and what does not go with it is refused."""

from dataclasses import replace

import pytest

from orchestrator.answer import Typed, stack_rows
from orchestrator.config import AwsSpec, FleetSpec, StackSpec
from orchestrator.errors import UsageError
from orchestrator.models import LaunchRequest, Offer, PackageSource, Plan
from orchestrator.resolve import role_vars
from orchestrator.stages.plan import PlanContext, plan, plan_from_catalog, with_cheapest
from tests.providers.memory import MemoryProvider

TYPED = Typed(words=("orchestrate", "up"), takes=frozenset())
CONTEXT = PlanContext(token="t", typed=TYPED, architecture="x86_64", local_vars={}, earlier=None, hardware={})


class Rental(MemoryProvider):
    """Offers one type for whatever image."""

    def offers(self, request: LaunchRequest) -> tuple[Offer, ...]:
        return (
            Offer(provider="memory", description="a host", available=True, reason="", price_usd_per_hour=1.0),
        )


def spec(stack: StackSpec | None = None, **aws: object) -> FleetSpec:
    given = {"instance_type": ("g5.xlarge",), "image": "deep-learning"} | aws
    return FleetSpec(
        name="lab",
        cloud="aws",
        stack=stack or StackSpec(builder="conda"),
        aws=AwsSpec.model_validate(given),
        vars={},
    )


def planned(fleet: FleetSpec) -> Plan:
    return plan(fleet, Rental(), CONTEXT)


def test_the_driver_of_the_image_is_kept_and_no_role_replaces_it() -> None:
    made = planned(spec())
    driver = made.stacks["lab-1"].driver
    assert driver is not None
    assert (driver.branch, driver.flavour, driver.source) == ("595", "open", PackageSource.IMAGE)
    assert driver.packages == ()
    assert "nvidia_driver" not in made.roles
    assert [note for note in made.notes if "has a driver, which is found and kept" in note]
    assert dict(stack_rows(made.stacks["lab-1"]))["driver"].endswith(
        "from the image that hosts start from, found and kept"
    )


def test_no_variable_tells_a_role_to_install_what_the_image_has() -> None:
    stack = planned(spec()).stacks["lab-1"]
    assert not [name for name in role_vars(stack) if name.startswith("nvidia_driver_")]
    assert [fact for fact in stack.facts if "Deep Learning AMI has driver 595" in fact.statement]


def test_what_nobody_asked_aws_is_planned_alike() -> None:
    assert plan_from_catalog(spec(), TYPED, {}).stacks == planned(spec()).stacks


def test_a_role_that_is_to_take_the_driver_away_still_does() -> None:
    fleet = spec().model_copy(update={"vars": {"nvidia_driver_state": "absent"}})
    assert "nvidia_driver" in planned(fleet).roles


@pytest.mark.parametrize(
    ("stack", "wished"),
    [
        (StackSpec(builder="conda", driver="580"), "580"),
        (StackSpec(builder="conda", flavour="proprietary"), "proprietary"),
        (StackSpec(builder="conda", source="nvidia_repo"), "nvidia_repo"),
    ],
)
def test_another_driver_than_that_of_the_image_is_refused(stack: StackSpec, wished: str) -> None:
    with pytest.raises(UsageError, match=f"is wished to be {wished}$") as refused:
        planned(spec(stack))
    assert "`image:` under `aws:`" in refused.value.hint


def test_the_driver_that_it_has_may_be_wished() -> None:
    assert planned(spec(StackSpec(builder="conda", driver="595"))).stacks["lab-1"].driver


def test_a_type_whose_card_it_does_not_drive_is_refused() -> None:
    with pytest.raises(UsageError, match=r"p3dn\.24xlarge: .*does not drive its Tesla V100"):
        planned(spec(instance_type=("g5.xlarge", "p3dn.24xlarge")))


def test_the_cheapest_types_are_those_whose_cards_it_drives() -> None:
    types = with_cheapest(spec(cheapest=True)).aws.instance_type
    without = with_cheapest(spec(cheapest=True, image="")).aws.instance_type
    assert types
    assert planned(spec(instance_type=types)).stacks
    assert len(types) == len(without)


def test_a_rehearsal_says_what_the_image_would_bring() -> None:
    made = planned(spec(StackSpec(builder="venv"), rehearse=True))
    assert made.stacks["lab-1"].driver is None
    assert [note for note in made.notes if "for real it would be driver 595" in note]
    assert [note for note in made.notes if note.startswith("nvidia_driver is left out: the image")]


def test_an_image_of_ones_own_and_hosts_of_ones_own_are_planned_as_ever() -> None:
    made = planned(spec(image="ami-0123456789abcdef0"))
    assert "nvidia_driver" in made.roles
    driver = made.stacks["lab-1"].driver
    assert driver is not None
    assert replace(driver, packages=()).source is PackageSource.DISTRO
