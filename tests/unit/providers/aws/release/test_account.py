"""What a fleet has, which fleets there are, stop and start."""

import pytest

from orchestrator.errors import CapacityError, UsageError
from orchestrator.providers.aws.release import fleets, resources, start, stop
from orchestrator.providers.settings import AwsSettings
from orchestrator.rehearsal import Fault
from tests.unit.providers.aws.network.accounts import OWNER, Account, account, launch, request

pytestmark = pytest.mark.served


def states(there: Account) -> list[str]:
    found = resources(there.aws, there.settings, "train", OWNER)
    return [each.state for each in found if each.kind == "instance"]


def test_everything_that_a_fleet_has_is_listed_with_its_state() -> None:
    with account() as there:
        launch(there, there.prerequisites())
        found = resources(there.aws, there.settings, "train", OWNER)
        assert [each.kind for each in found] == [
            *("instance", "volume", "network-interface", "security-group", "key-pair")
        ]
        assert (found[0].name, found[-1].name) == ("train-1", "orchestrate-0123456789ab-train")
        assert resources(there.aws, there.settings, "train", "another") == ()


def test_a_fleet_whose_only_rest_is_a_group_or_a_key_is_found() -> None:
    with account(AwsSettings(regions=("us-east-1", "eu-west-1"))) as there:
        there.prerequisites(request("rest"), region="eu-west-1")
        there.prerequisites(request("other", owner="another"))
        assert fleets(there.aws, there.settings) == (("other", "another"), ("rest", OWNER))


def test_hosts_are_stopped_and_started_in_one_call_each_with_proof() -> None:
    with account() as there:
        launch(there, there.prerequisites(), request(hosts=3))
        there.cloud.clear_calls()
        stopped = stop(there.aws, there.settings, "train", OWNER)
        assert [line.proof.rpartition(": ")[2] for line in stopped] == ["stopped"] * 3
        assert not any(line.gone for line in stopped)
        assert there.called().count("StopInstances") == 1
        assert stop(there.aws, there.settings, "train", OWNER) == ()
        started = start(there.aws, there.settings, "train", OWNER)
        assert {line.proof.rpartition(": ")[2] for line in started} <= {"pending", "running"}
        assert there.called().count("StartInstances") == 1
        assert start(there.aws, there.settings, "train", OWNER) == ()


def test_another_owners_hosts_run_on() -> None:
    with account() as there:
        launch(there, there.prerequisites(), request(owner="another"))
        assert stop(there.aws, there.settings, "train", OWNER) == ()
        assert "StopInstances" not in there.called()


def test_spot_hosts_are_not_stopped_and_it_is_said_why() -> None:
    with account() as there:
        launch(there, there.prerequisites(), spot=True)
        with pytest.raises(UsageError, match="train-1: a spot host cannot be stopped") as caught:
            stop(there.aws, there.settings, "train", OWNER)
        assert "orchestrate down" in caught.value.hint
        assert "StopInstances" not in there.called()
        assert states(there) in (["pending"], ["running"])


def test_a_start_without_room_says_so_after_one_try() -> None:
    with account() as there:
        launch(there, there.prerequisites())
        stop(there.aws, there.settings, "train", OWNER)
        there.cloud.inject(Fault(action="StartInstances", code="InsufficientInstanceCapacity", status=500))
        with pytest.raises(CapacityError):
            start(there.aws, there.settings, "train", OWNER)
        assert there.called().count("StartInstances") == 1
