"""Hosts in a capacity reservation or a Capacity Block: what the plan says, what is launched, every refusal with its way out."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from orchestrator.errors import CapacityError, InputRefusedError, ProviderError
from orchestrator.models import LaunchRequest, Limits, Market, Offer
from orchestrator.providers.aws.clients import Aws
from orchestrator.providers.aws.policy import policy
from orchestrator.providers.base import ReleaseAction
from orchestrator.providers.settings import AwsSettings
from orchestrator.rehearsal import Cloud, Fault
from orchestrator.rehearsal.cloud import AccountSettings
from tests.unit.providers.aws.reservations.reserving import block, reservation
from tests.unit.providers.aws.rig import Rig, request

pytestmark = pytest.mark.served

P4D = ("p4d.24xlarge",)


@pytest.fixture
def rig() -> Iterator[Rig]:
    """An account whose time stands still."""
    with Cloud(settings=AccountSettings(settle_s=0, clock=lambda: 0.0)) as cloud:
        yield Rig(cloud=cloud)


def offered(rig: Rig, settings: AwsSettings, asked: LaunchRequest) -> tuple[Offer, ...]:
    return rig.provider(settings).offers(asked)


def launched(rig: Rig, settings: AwsSettings, asked: LaunchRequest) -> LaunchRequest:
    """The request that was carried out."""
    asked = replace(asked, offers=offered(rig, settings, asked))
    rig.provider(settings).launch(asked, rig.intend)
    return asked


def refusal(rig: Rig, settings: AwsSettings, hosts: int = 1) -> tuple[type[ProviderError], str, str]:
    with pytest.raises(ProviderError) as caught:
        offered(rig, settings, request(hosts))
    assert rig.alive() == []
    return type(caught.value), caught.value.cause, caught.value.hint


def described(rig: Rig) -> list[tuple[str, str, str]]:
    """Reservation, zone and lifecycle of each instance."""
    answer = Aws(rig.cloud.admin_url).ec2("us-east-1").describe_instances()
    return [
        (
            each.get("CapacityReservationId", ""),
            each["Placement"].get("AvailabilityZone", ""),
            str(each.get("InstanceLifecycle", "")),
        )
        for held in answer["Reservations"]
        for each in held.get("Instances", [])
    ]


def test_hosts_are_offered_and_launched_where_the_reservation_is_and_in_it(rig: Rig) -> None:
    id_ = reservation(rig.cloud, zone="us-east-1b")
    settings = AwsSettings(capacity_reservation=id_, instance_types=("g5.xlarge", "g4dn.xlarge"))
    (offer,) = offered(rig, settings, request(2))
    assert offer.description == (
        f"g4dn.xlarge in us-east-1b, on demand, in {id_}, which is paid for also while no host runs in it, until it is cancelled"
    )
    assert (offer.available, offer.prepaid, offer.until) == (True, False, None)
    assert offer.price_usd_per_hour > 0
    launched(rig, settings, request(2))
    assert described(rig) == [(id_, "us-east-1b", "")] * 2


def test_what_runs_in_it_already_is_not_counted_against_its_room(rig: Rig) -> None:
    id_ = reservation(rig.cloud, count=2)
    settings = AwsSettings(capacity_reservation=id_)
    launched(rig, settings, request(2))
    (offer,) = offered(rig, settings, request(2))
    assert offer.available
    with pytest.raises(CapacityError) as caught:
        offered(rig, settings, request(3))
    assert caught.value.cause == f"capacity reservation {id_} has room for 0 instances, and 1 are needed"
    assert "aws ec2 modify-capacity-reservation" in caught.value.hint


def test_a_reservation_that_no_region_has_is_refused_with_the_command_that_lists_them(rig: Rig) -> None:
    settings = AwsSettings(
        capacity_reservation="cr-0123456789abcdef0", regions=("us-east-1", "us-west-2"), zones=()
    )
    kind, cause, hint = refusal(rig, settings)
    assert kind is InputRefusedError
    assert cause.startswith("us-east-1 or us-west-2 has no capacity reservation cr-0123456789abcdef0")
    assert hint.startswith("aws ec2 describe-capacity-reservations --region us-east-1 shows")


def test_it_is_found_in_the_second_region_and_nothing_is_offered_in_the_first(rig: Rig) -> None:
    id_ = reservation(rig.cloud, zone="us-west-2b")
    settings = AwsSettings(capacity_reservation=id_, regions=("us-east-1", "us-west-2"))
    assert [offer.key for offer in offered(rig, settings, request())] == [
        "us-west-2/us-west-2b/g4dn.xlarge/on-demand"
    ]


@pytest.mark.parametrize(
    ("settings", "cause", "hint"),
    [
        (
            AwsSettings(instance_types=("g5.xlarge",)),
            "is for g4dn.xlarge, and g5.xlarge is asked for",
            "instance_type: g4dn.xlarge under `aws:`",
        ),
        (
            AwsSettings(zones=("us-east-1a", "us-east-1c")),
            "is in us-east-1b, and us-east-1a or us-east-1c is asked for",
            "zones: us-east-1b under `aws:`, or none",
        ),
    ],
)
def test_another_type_or_zone_is_refused_with_what_to_write(
    rig: Rig, settings: AwsSettings, cause: str, hint: str
) -> None:
    id_ = reservation(rig.cloud)
    told = refusal(rig, replace(settings, capacity_reservation=id_))
    assert told == (InputRefusedError, f"capacity reservation {id_} {cause}", hint)


def test_a_reservation_for_windows_is_refused(rig: Rig) -> None:
    id_ = reservation(rig.cloud, platform="Windows")
    kind, cause, _ = refusal(rig, AwsSettings(capacity_reservation=id_))
    assert kind is InputRefusedError
    assert "is for Windows with default tenancy" in cause


def test_a_reservation_that_was_cancelled_is_refused(rig: Rig) -> None:
    id_ = reservation(rig.cloud)
    Aws(rig.cloud.admin_url).ec2("us-east-1").cancel_capacity_reservation(CapacityReservationId=id_)
    kind, cause, hint = refusal(rig, AwsSettings(capacity_reservation=id_))
    assert (kind, cause) == (CapacityError, f"capacity reservation {id_} was cancelled")
    assert hint == "name another one, or leave `capacity_reservation:` out"


def test_room_that_goes_between_plan_and_launch_is_said_without_naming_other_zones(rig: Rig) -> None:
    id_ = reservation(rig.cloud, count=1)
    settings = AwsSettings(capacity_reservation=id_)
    asked = replace(request(), offers=offered(rig, settings, request()))
    rig.cloud.inject(Fault(action="RunInstances", code="ReservationCapacityExceeded", message="full"))
    with pytest.raises(CapacityError) as caught:
        rig.provider(settings).launch(asked, rig.intend)
    assert "ReservationCapacityExceeded" in caught.value.cause
    assert "describe-capacity-reservations" in caught.value.hint
    assert "zones:" not in caught.value.hint


def test_spot_and_a_reservation_do_not_go_together(rig: Rig) -> None:
    settings = AwsSettings(capacity_reservation=reservation(rig.cloud), market=Market.SPOT)
    kind, _, hint = refusal(rig, settings)
    assert (kind, hint) == (
        InputRefusedError,
        "market: on-demand under `aws:`, or leave `capacity_reservation:` out",
    )


def test_a_policy_for_it_lets_hosts_be_launched_in_it(rig: Rig) -> None:
    id_ = reservation(rig.cloud)
    document = json.dumps(policy(AwsSettings(capacity_reservation=id_)))
    assert "ec2:DescribeCapacityReservations" in document
    assert ":capacity-reservation/*" in document
    assert "apacity" not in json.dumps(policy(AwsSettings()))


def test_none_keeps_hosts_out_of_open_reservations(rig: Rig) -> None:
    reservation(rig.cloud)
    launched(rig, AwsSettings(capacity_reservation="none"), request())
    assert [id_ for id_, _, _ in described(rig)] == [""]
    assert "DescribeCapacityReservations" not in rig.calls()


def test_a_block_costs_nothing_more_and_ends_hosts_before_ec2_does(rig: Rig) -> None:
    id_, ends_at = block(rig.cloud, hours=24)
    settings = AwsSettings(capacity_reservation=id_, instance_types=P4D)
    asked = launched(rig, settings, request(2, limits=Limits(max_hours=100)))
    (offer,) = asked.offers
    until = ends_at - timedelta(minutes=30)
    assert (offer.price_usd_per_hour, offer.prepaid, offer.until) == (0.0, True, until)
    assert offer.description == (
        f"p4d.24xlarge in us-east-1a, in a Capacity Block, in {id_}, which was paid for in advance;"
        f" EC2 takes hosts back from {until:%Y-%m-%d %H:%M} UTC on"
    )
    assert [(each[0], each[2]) for each in described(rig)] == [(id_, "capacity-block")] * 2
    hosts = rig.provider(settings).find("t")
    assert {host.ends_at for host in hosts if host.ends_at is not None and host.ends_at <= until} == {
        host.ends_at for host in hosts
    }
    assert all(host.is_rented for host in hosts)


def test_limits_that_end_sooner_than_the_block_hold(rig: Rig) -> None:
    id_, ends_at = block(rig.cloud, hours=24)
    settings = AwsSettings(capacity_reservation=id_, instance_types=P4D)
    launched(rig, settings, request(limits=Limits(max_hours=2)))
    (host,) = rig.provider(settings).find("t")
    assert host.ends_at is not None
    assert host.ends_at < ends_at - timedelta(hours=20)


def test_a_block_that_has_not_begun_is_refused_with_its_beginning(rig: Rig) -> None:
    id_, _ = block(rig.cloud, in_hours=30)
    begins = rig.cloud.clock.now() + timedelta(hours=30)
    kind, cause, hint = refusal(rig, AwsSettings(capacity_reservation=id_, instance_types=P4D))
    assert kind is CapacityError
    assert cause == (
        f"Capacity Block {id_} begins at {begins:%Y-%m-%d %H:%M} UTC; nothing can be launched in it before"
    )
    assert hint == "`orchestrate up` from then on, or leave `capacity_reservation:` out"


def test_a_block_in_its_last_half_hour_and_one_that_is_over_are_refused(rig: Rig) -> None:
    id_, ends_at = block(rig.cloud, hours=24)
    settings = AwsSettings(capacity_reservation=id_, instance_types=P4D)
    left = (ends_at - rig.cloud.clock.now()).total_seconds()
    rig.cloud.clock.advance(left - 60)
    assert f"ends at {ends_at:%Y-%m-%d %H:%M} UTC, and since" in refusal(rig, settings)[1]
    rig.cloud.clock.advance(120)
    assert f"has expired (it ended at {ends_at:%Y-%m-%d %H:%M} UTC)" in refusal(rig, settings)[1]


def test_ec2_takes_hosts_of_a_block_back_half_an_hour_before_its_end(rig: Rig) -> None:
    id_, ends_at = block(rig.cloud, hours=24)
    settings = AwsSettings(capacity_reservation=id_, instance_types=P4D)
    launched(rig, settings, request())
    left = (ends_at - rig.cloud.clock.now()).total_seconds() - 30 * 60
    rig.cloud.clock.advance(left - 60)
    assert len(rig.alive()) == 1
    rig.cloud.clock.advance(61)
    assert rig.alive() == []


def test_the_room_comes_back_when_hosts_are_gone(rig: Rig) -> None:
    id_ = reservation(rig.cloud, count=1)
    settings = AwsSettings(capacity_reservation=id_)
    launched(rig, settings, request())
    rig.provider(settings).release("t", ReleaseAction.TERMINATE)
    (offer,) = offered(rig, settings, request())
    assert offer.available
