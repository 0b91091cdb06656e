"""What an instance is to a fleet."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from orchestrator.models import HostState
from orchestrator.providers.aws.fleet_instances import host_of, own_instances, parse_instance
from tests.unit.providers.aws.builders import BORN, instance, seen


@pytest.mark.parametrize(
    ("state", "means", "alive"),
    [
        ("pending", HostState.PENDING, True),
        ("running", HostState.RUNNING, True),
        ("stopping", HostState.STOPPED, True),
        ("stopped", HostState.STOPPED, True),
        ("shutting-down", HostState.BROKEN, False),
        ("terminated", HostState.BROKEN, False),
    ],
)
def test_every_state_of_ec2_has_a_meaning(state: str, means: HostState, alive: bool) -> None:
    assert (seen(state).host.state, seen(state).alive) == (means, alive)


def test_a_host_is_read_from_tags_and_description() -> None:
    host = host_of(instance(index=2, batch="3", ends_at="2026-11-21T12:00:00+00:00"), private=False)
    assert (host.name, host.fleet, host.provider_id) == ("t-3", "t", "i-t-1-2")
    assert (host.address, host.port, host.user) == ("198.51.100.7", 22, "admin")
    assert (host.distribution, host.host_key) == ("debian-12", "ssh-ed25519 AAAA")
    assert (host.instance_type, host.place, host.price_usd_per_hour) == ("g4dn.xlarge", "us-east-1a", 0.526)
    assert (host.started_at, host.ends_at) == (BORN, datetime(2026, 11, 21, 12, tzinfo=UTC))


def test_a_private_host_has_its_private_address() -> None:
    assert host_of(instance(), private=True).address == "10.0.0.7"


@pytest.mark.parametrize("state", ["pending", "stopping", "stopped", "terminated"])
def test_a_host_that_does_not_run_has_no_address(state: str) -> None:
    assert host_of(instance(state), private=False).address == ""
    assert host_of(instance(state), private=True).address == ""


def test_a_host_that_has_been_given_none_yet_has_no_address() -> None:
    without = instance()
    del without["PublicIpAddress"]
    assert host_of(without, private=False).address == ""


def test_a_spot_host_says_so_in_its_place_and_its_offer() -> None:
    found = parse_instance(instance() | {"InstanceLifecycle": "spot"}, "us-east-1", private=False)
    assert found is not None
    assert (found.host.place, found.key) == ("us-east-1a, spot", "us-east-1/us-east-1a/g4dn.xlarge/spot")


def test_a_host_whose_key_is_not_on_record_is_beyond_help() -> None:
    assert seen(host_key="").host.state is HostState.BROKEN


def test_what_is_no_host_of_a_fleet_is_not_seen_as_one() -> None:
    assert parse_instance(instance(host=""), "us-east-1", private=False) is None


def test_anothers_hosts_and_dead_ones_are_not_ours() -> None:
    instances = (
        seen(),
        seen(host="t-2", owner="another"),
        seen(host="t-3", owner=""),
        seen("terminated", host="t-4"),
    )
    assert list(own_instances(instances, "me")) == ["t-1"]


def test_of_two_with_one_name_the_older_is_the_host() -> None:
    copy = seen()
    copy = replace(copy, host=replace(copy.host, provider_id="i-copy", started_at=BORN + timedelta(hours=1)))
    assert own_instances((copy, seen()), "me")["t-1"].host.provider_id == "i-t-1-0"
