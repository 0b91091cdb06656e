"""Twice is once: whatever is lost, late or killed, there are never two hosts for one."""

from dataclasses import replace

import boto3
import pytest

from orchestrator.errors import ThrottledError
from orchestrator.models import HostState, LaunchRequest
from orchestrator.providers.aws.errors import TokenUsedError
from orchestrator.providers.base import ReleaseAction
from orchestrator.rehearsal import Cloud, Fault, Kind
from tests.unit.providers.aws.rig import Rig, request

pytestmark = pytest.mark.served

RUN = "RunInstances"


def next_process(rig: Rig, asked: LaunchRequest) -> LaunchRequest:
    """The same fleet, with a new first key, begun where the last one was."""
    fresh = request(len(asked.hosts), process="another")
    return replace(fresh, tried_last=rig.last)


def test_a_lost_answer_is_asked_for_again_under_the_same_token(rig: Rig, cloud: Cloud) -> None:
    cloud.inject(Fault(action=RUN, kind=Kind.LOST_REPLY, times=1))
    (host,) = rig.provider().launch(request(), rig.intend)
    assert rig.calls()[RUN] == 2
    assert [tracked.instance.id for tracked in rig.alive()] == [host.provider_id]


@pytest.mark.parametrize("count", [1, 3])
def test_what_a_killed_process_launched_is_found_however_late_it_shows(
    rig: Rig, cloud: Cloud, count: int
) -> None:
    cloud.inject(Fault(action=RUN, kind=Kind.HIDDEN, seconds=0.5, times=1))
    asked = request(count)
    rig.provider().launch(asked, rig.intend)  # nobody hears of it
    hosts = rig.provider().launch(next_process(rig, asked), rig.intend)
    assert len(rig.alive()) == count
    assert {host.host_key for host in hosts} == {"ssh-ed25519 AAAAa"}


def test_what_never_shows_is_not_launched_a_second_time(rig: Rig, cloud: Cloud) -> None:
    cloud.inject(Fault(action=RUN, kind=Kind.HIDDEN, seconds=60, times=1))
    asked = request()
    rig.provider().launch(asked, rig.intend)
    with pytest.raises(
        TokenUsedError, match=r"was launched as g4dn\.xlarge in us-east-1a by an earlier run"
    ) as caught:
        rig.provider().launch(next_process(rig, asked), rig.intend)
    assert "orchestrate down" in caught.value.hint
    assert len(rig.alive()) == 1


def test_the_same_object_does_not_ask_again_for_what_it_cannot_see_yet(rig: Rig, cloud: Cloud) -> None:
    cloud.inject(Fault(action=RUN, kind=Kind.HIDDEN, seconds=60, times=1))
    provider = rig.provider()
    first = provider.launch(request(), rig.intend)
    assert provider.find("t") == ()
    assert provider.explain(first[0]) == ""
    assert provider.launch(request(), rig.intend) == first
    assert rig.calls()[RUN] == 1


def test_a_killed_process_is_followed_from_the_place_that_it_was_at(rig: Rig, cloud: Cloud) -> None:
    cloud.inject(
        Fault(action=RUN, code="InsufficientInstanceCapacity", status=500, times=1),
        Fault(action=RUN, kind=Kind.HIDDEN, seconds=0.3, times=1),
    )
    asked = request()
    rig.provider().launch(asked, rig.intend)
    assert rig.last.split("/")[1] == "us-east-1b"
    (host,) = rig.provider().launch(next_process(rig, asked), rig.intend)
    assert host.place == "us-east-1b"
    assert [tracked.instance.id for tracked in rig.alive()] == [host.provider_id]


def test_a_host_that_was_terminated_is_launched_anew_and_only_once(rig: Rig, cloud: Cloud) -> None:
    asked = request()
    (old,) = rig.provider().launch(asked, rig.intend)
    cloud.states.terminate(cloud.states.by_id[old.provider_id])
    (new,) = rig.provider().launch(next_process(rig, asked), rig.intend)
    (same,) = rig.provider().launch(next_process(rig, asked), rig.intend)
    assert new.provider_id != old.provider_id
    assert same.provider_id == new.provider_id


def test_too_many_requests_are_repeated_until_patience_ends(rig: Rig, cloud: Cloud) -> None:
    cloud.inject(Fault(action=RUN, code="RequestLimitExceeded", status=503, times=3))
    rig.provider().launch(request(), rig.intend)
    assert rig.calls()[RUN] == 4
    cloud.inject(Fault(action=RUN, code="RequestLimitExceeded", status=503))
    with pytest.raises(ThrottledError, match="RequestLimitExceeded"):
        rig.provider().launch(request(2), rig.intend)


def test_a_group_that_is_too_new_to_be_known_is_named_again(rig: Rig, cloud: Cloud) -> None:
    cloud.inject(Fault(action=RUN, code="InvalidGroup.NotFound", times=2))
    rig.provider().launch(request(), rig.intend)
    assert rig.calls()[RUN] == 3


def test_a_fleet_that_runs_is_left_alone(rig: Rig, cloud: Cloud) -> None:
    asked = request(3)
    rig.provider().launch(asked, rig.intend)
    cloud.clear_calls()
    hosts = rig.provider().launch(next_process(rig, asked), rig.intend)
    assert [host.state for host in hosts] == [HostState.RUNNING] * 3
    assert set(rig.calls()) == {"DescribeInstances"}


def test_stopped_hosts_are_started_by_one_call_with_their_old_selves(rig: Rig, cloud: Cloud) -> None:
    asked = request(3)
    born = rig.provider().launch(asked, rig.intend)
    for host in born:
        cloud.states.stop(cloud.states.by_id[host.provider_id])
    cloud.clear_calls()
    again = rig.provider().launch(next_process(rig, asked), rig.intend)
    assert [host.provider_id for host in again] == [host.provider_id for host in born]
    assert {host.state for host in again} == {HostState.PENDING}
    assert rig.calls()["StartInstances"] == 1
    assert rig.calls()[RUN] == 0


def test_a_host_that_is_still_stopping_is_started_when_it_has(rig: Rig) -> None:
    with Cloud(settle_s=0.4) as slow:
        there = Rig(cloud=slow)
        (born,) = there.provider().launch(request(), there.intend)
        slow.instances()
        with slow.lock:
            slow.states.by_id[born.provider_id].instance._state.name = "running"
            slow.states.stop(slow.states.by_id[born.provider_id])
        (again,) = there.provider().launch(request(), there.intend)
        assert (again.provider_id, again.state) == (born.provider_id, HostState.PENDING)


def test_another_owners_fleet_of_the_same_name_is_beside_ours_and_not_touched(rig: Rig, cloud: Cloud) -> None:
    theirs = Rig(cloud=cloud, owner="them")
    (their_host,) = theirs.provider().launch(request(), theirs.intend)
    mine = rig.provider()
    assert mine.find("t") == ()
    (our_host,) = mine.launch(request(), rig.intend)
    assert our_host.provider_id != their_host.provider_id
    assert ("security-group", "orchestrate-me-t") in rig.intended
    assert ("security-group", "orchestrate-them-t") in theirs.intended
    receipt = mine.release("t", ReleaseAction.TERMINATE)
    assert their_host.provider_id not in {line.resource.id for line in receipt}
    assert [host.provider_id for host in theirs.provider().find("t")] == [their_host.provider_id]


def test_a_hand_made_instance_is_never_ours(rig: Rig, cloud: Cloud) -> None:
    ec2 = boto3.client(
        "ec2",
        endpoint_url=cloud.url,
        region_name="us-east-1",
        aws_access_key_id="x",
        aws_secret_access_key="x",
    )
    rig.provider().launch(request(), rig.intend)
    (ours,) = rig.alive()
    ec2.run_instances(ImageId=ours.instance.image_id, InstanceType="g4dn.xlarge", MinCount=1, MaxCount=1)
    assert [host.provider_id for host in rig.provider().find("t")] == [ours.instance.id]
