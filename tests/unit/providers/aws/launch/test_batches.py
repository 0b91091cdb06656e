"""Which hosts one call launches."""

from dataclasses import replace

import pytest

from orchestrator.errors import ProviderError
from orchestrator.models import HostIdentity, HostRequest, Market
from orchestrator.providers.aws import tags
from orchestrator.providers.aws.launch.batches import batches, client_token
from orchestrator.providers.aws.placement import Placement

KEY = HostIdentity(public_key="ssh-ed25519 AAAA", private_key="secret")
PLACE = Placement(region="us-east-1", zone="us-east-1a", instance_type="g5.xlarge", market=Market.SPOT)


def host(name: str, distribution: str = "debian-12") -> HostRequest:
    return HostRequest(name=name, distribution=distribution)


def names(*hosts: HostRequest) -> list[tuple[str, ...]]:
    return [batch.names for batch in batches(hosts, {each.name: KEY for each in hosts})]


def test_two_hundred_hosts_of_a_kind_are_one_batch_whatever_their_order() -> None:
    hosts = [host(f"train-{number}") for number in range(200, 0, -1)]
    (batch,) = batches(hosts, {each.name: KEY for each in hosts})
    assert (batch.first, batch.label, len(batch.names)) == ("train-1", "train-1..train-200", 200)
    assert [tags.host_name(batch.first, index) for index in range(200)] == list(batch.names)


def test_a_gap_a_distribution_and_a_name_without_number_each_begin_a_batch() -> None:
    hosts = (host("t-1"), host("t-2"), host("t-4"), host("t-5", "debian-13"), host("t-head"))
    assert names(*hosts) == [("t-1", "t-2"), ("t-4",), ("t-head",), ("t-5",)]


@pytest.mark.parametrize("name", ["t-01", "t-1a", "7", "t-¹"])
def test_a_name_that_cannot_be_counted_on_from_stays_alone(name: str) -> None:
    assert names(host(name), host("t-2")).count((name,)) == 1


def test_hosts_with_keys_of_their_own_are_launched_one_by_one() -> None:
    hosts = (host("t-1"), host("t-2"))
    keys = {"t-1": KEY, "t-2": replace(KEY, public_key="ssh-ed25519 BBBB")}
    assert len(batches(hosts, keys)) == 2


def test_a_host_without_a_first_key_is_not_launched() -> None:
    with pytest.raises(ProviderError, match="no host key was made for t-2"):
        batches((host("t-1"), host("t-2")), {"t-1": KEY})


def test_a_token_changes_with_fleet_place_hosts_and_generation_and_with_nothing_else() -> None:
    token = client_token("fleet", PLACE, ("t-1", "t-2"), 0)
    assert len(token) == 64
    assert token == client_token("fleet", PLACE, ("t-1", "t-2"), 0)
    others = {
        client_token("other", PLACE, ("t-1", "t-2"), 0),
        client_token("fleet", replace(PLACE, zone="us-east-1b"), ("t-1", "t-2"), 0),
        client_token("fleet", PLACE, ("t-1",), 0),
        client_token("fleet", PLACE, ("t-1", "t-2"), 1),
    }
    assert len(others - {token}) == 4
