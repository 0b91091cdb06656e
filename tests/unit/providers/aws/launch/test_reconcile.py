"""What a launch finds, and what it makes of the dead."""

from datetime import timedelta

import pytest

from orchestrator.errors import HostDiedError, InputRefusedError, ProviderError, QuotaError
from orchestrator.models import HostRequest, LaunchRequest
from orchestrator.providers.aws.launch.reconcile import (
    compare,
    missing_instances,
    refusal_of,
    spent_tokens,
    termination_reason,
)
from tests.unit.providers.aws.builders import BORN, seen

REQUEST = LaunchRequest(
    fleet="t",
    token="t-token",
    hosts=tuple(HostRequest(name=f"t-{number}", distribution="debian-12") for number in (1, 2, 3, 4)),
    user="admin",
    authorized_key="ssh-ed25519 OPER",
    identities={},
    owner="me",
)


def test_hosts_are_kept_started_replaced_or_launched() -> None:
    found = compare(REQUEST, (seen(), seen("stopped", host="t-2"), seen(host="t-3", host_key="")))
    assert [each.host.name for each in found.kept] == ["t-1"]
    assert [each.host.name for each in found.stopped] == ["t-2"]
    assert [each.host.name for each in found.broken] == ["t-3"]
    assert [each.name for each in found.missing] == ["t-3", "t-4"]


def test_somebody_elses_host_of_the_same_name_is_as_if_it_were_not_there() -> None:
    found = compare(REQUEST, (seen(owner="another"), seen("stopped", host="t-2", owner="")))
    assert [each.name for each in found.missing] == ["t-1", "t-2", "t-3", "t-4"]
    assert found.kept + found.stopped + found.broken == ()


def test_somebody_elses_dead_host_takes_no_name() -> None:
    assert len(compare(REQUEST, (seen("terminated", owner="another"),)).missing) == 4


def test_a_host_with_another_distribution_is_not_passed_off_as_the_wanted_one() -> None:
    with pytest.raises(ProviderError, match="t-1 exists with debian-13, and debian-12 is asked for"):
        compare(REQUEST, (seen(distribution="debian-13"),))


def test_a_token_is_spent_when_all_that_came_of_it_is_dead() -> None:
    dead = seen("terminated", launch="A")
    assert spent_tokens((dead, seen("terminated", launch="B"), seen(index=1, launch="B"))) == {"A"}


@pytest.mark.parametrize(("age", "missing"), [(timedelta(seconds=5), 1), (timedelta(minutes=6), 0)])
def test_of_a_recent_batch_those_that_are_not_shown_yet_are_counted(age: timedelta, missing: int) -> None:
    instances = (seen(batch="3"), seen("terminated", index=1, batch="3"))
    assert missing_instances(instances, BORN + age) == missing


def test_a_whole_batch_leaves_nobody_to_wait_for() -> None:
    assert missing_instances((seen(batch="2"), seen(index=1, batch="2")), BORN) == 0


@pytest.mark.parametrize(
    "reason",
    [
        "Server.InsufficientInstanceCapacity",
        "Server.SpotInstanceTermination",
        "Server.InternalError",
        "",
        "Client.UserInitiatedShutdown",
        "Client.InstanceInitiatedShutdown",
    ],
)
def test_what_failed_at_ec2_or_was_ended_on_purpose_may_be_launched_elsewhere(reason: str) -> None:
    assert refusal_of(seen("terminated", reason=reason)) is None


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("Client.VolumeLimitExceeded", QuotaError),
        ("Client.InvalidSnapshot.NotFound", ProviderError),
        ("Client.InternalError", InputRefusedError),
        ("Client.InvalidKMSKey.InvalidState", InputRefusedError),
        ("Client.SomethingElse", HostDiedError),
    ],
)
def test_what_failed_on_our_side_is_refused_with_its_next_step(
    reason: str, kind: type[ProviderError]
) -> None:
    refused = refusal_of(seen("terminated", reason=reason))
    assert isinstance(refused, kind)
    assert reason in refused.cause
    assert refused.hint


def test_the_reason_of_an_end_has_the_state_the_sentence_and_the_code() -> None:
    dead = seen("terminated", reason="Server.SpotInstanceTermination")
    assert termination_reason(dead) == "EC2 says terminated: because (Server.SpotInstanceTermination)"
    assert termination_reason(seen("terminated")) == "EC2 says terminated"
