"""No room here: the next zone, the next type, the next region, in the order that was agreed to and no further."""

from dataclasses import replace

import pytest

from orchestrator.errors import (
    CapacityError,
    HostDiedError,
    InputRefusedError,
    QuotaError,
)
from orchestrator.models import AtEnd, HostState, LaunchRequest, Limits, Market
from orchestrator.providers.aws.provider import AwsProvider
from orchestrator.providers.settings import AwsSettings
from orchestrator.rehearsal import Cloud, Fault, Kind
from tests.unit.providers.aws.rig import TYPE, Rig, request

pytestmark = pytest.mark.served

FULL = Fault(action="RunInstances", code="InsufficientInstanceCapacity", status=500, message="No room.")
TWO_ZONES = AwsSettings(zones=("us-east-1a", "us-east-1b"))
LIKELY = Fault(action="RunInstances", kind=Kind.DIES, code="Server.InsufficientInstanceCapacity", times=1)


def key(zone: str, instance_type: str = TYPE, market: Market = Market.ON_DEMAND) -> str:
    return f"{zone[:-1]}/{zone}/{instance_type}/{market}"


def agreed(provider: AwsProvider, asked: LaunchRequest) -> LaunchRequest:
    return replace(asked, offers=provider.offers(asked))


def test_a_zone_without_room_is_followed_by_the_next_and_that_is_said(rig: Rig, cloud: Cloud) -> None:
    cloud.inject(replace(FULL, when=(("Placement.AvailabilityZone", "us-east-1a"),)))
    (host,) = rig.provider(TWO_ZONES).launch(request(), rig.intend)
    assert host.place == "us-east-1b"
    assert rig.tried == [key("us-east-1a"), key("us-east-1b")]
    assert rig.said == ["t-1: g4dn.xlarge in us-east-1a: no capacity; trying g4dn.xlarge in us-east-1b"]


def test_a_type_without_room_is_followed_by_the_next_type(rig: Rig, cloud: Cloud) -> None:
    cloud.inject(replace(FULL, when=(("InstanceType", TYPE),)))
    settings = replace(TWO_ZONES, instance_types=(TYPE, "g5.xlarge"))
    (host,) = rig.provider(settings).launch(request(), rig.intend)
    assert (host.instance_type, host.place) == ("g5.xlarge", "us-east-1a")
    assert host.price_usd_per_hour == pytest.approx(1.006)


def test_a_region_without_room_is_followed_by_the_next_region_with_a_security_group_of_its_own(
    rig: Rig, cloud: Cloud
) -> None:
    cloud.inject(replace(FULL, when=(("Placement.AvailabilityZone", "us-east-1"),)))
    provider = rig.provider(
        AwsSettings(regions=("us-east-1", "us-west-2"), zones=("us-east-1a", "us-west-2b"))
    )
    (host,) = provider.launch(request(), rig.intend)
    assert host.place == "us-west-2b"
    assert [seen.name for seen in provider.find("t")] == ["t-1"]
    assert [name for kind, name in rig.intended if kind == "security-group"] == ["orchestrate-me-t"] * 2


def test_a_type_that_a_zone_turns_out_not_to_offer_is_looked_for_in_the_next(rig: Rig, cloud: Cloud) -> None:
    cloud.inject(
        Fault(
            action="RunInstances",
            code="Unsupported",
            when=(("Placement.AvailabilityZone", "us-east-1a"),),
        )
    )
    (host,) = rig.provider(TWO_ZONES).launch(request(), rig.intend)
    assert host.place == "us-east-1b"


def test_when_nothing_agreed_to_has_room_each_is_tried_once_and_named(rig: Rig, cloud: Cloud) -> None:
    cloud.inject(FULL)
    with pytest.raises(CapacityError) as caught:
        rig.provider(TWO_ZONES).launch(request(), rig.intend)
    assert rig.tried == [key("us-east-1a"), key("us-east-1b")]
    assert caught.value.cause == (
        "no room for t-1: g4dn.xlarge in us-east-1a: no capacity (InsufficientInstanceCapacity);"
        " g4dn.xlarge in us-east-1b: no capacity (InsufficientInstanceCapacity)"
    )
    assert "`zones:`" in caught.value.hint
    assert rig.alive() == []


def test_only_what_was_agreed_to_is_tried(rig: Rig, cloud: Cloud) -> None:
    cloud.inject(FULL)
    provider = rig.provider()
    asked = agreed(provider, request())
    with pytest.raises(CapacityError):
        provider.launch(replace(asked, offers=asked.offers[1:2]), rig.intend)
    assert rig.tried == [asked.offers[1].key]


def test_spot_never_turns_into_on_demand(rig: Rig, cloud: Cloud) -> None:
    cloud.inject(FULL)
    with pytest.raises(CapacityError):
        rig.provider(replace(TWO_ZONES, market=Market.SPOT)).launch(request(), rig.intend)
    assert {name.rpartition("/")[2] for name in rig.tried} == {"spot"}
    assert len(rig.tried) == 2


def test_a_spot_host_is_one(rig: Rig) -> None:
    (host,) = rig.provider(replace(TWO_ZONES, market=Market.SPOT)).launch(request(), rig.intend)
    assert host.place.endswith(", spot")
    assert [tracked.instance.lifecycle for tracked in rig.alive()] == ["spot"]


def test_a_spot_host_that_should_stop_at_its_end_is_refused_before_anything_is_made(rig: Rig) -> None:
    limited = request(limits=Limits(max_hours=1, at_end=AtEnd.STOP))
    with pytest.raises(InputRefusedError, match="cannot be stopped"):
        rig.provider(replace(TWO_ZONES, market=Market.SPOT)).launch(limited, rig.intend)
    assert rig.intended == []


def test_a_quota_ends_the_search_and_is_named_with_how_to_get_more(rig: Rig, cloud: Cloud) -> None:
    cloud.inject(Fault(action="RunInstances", code="VcpuLimitExceeded", message="You want too much."))
    with pytest.raises(QuotaError) as caught:
        rig.provider(TWO_ZONES).launch(request(), rig.intend)
    assert '"Running On-Demand G and VT instances" in us-east-1' in caught.value.cause
    assert "--quota-code L-DB2E81BA" in caught.value.hint
    assert rig.tried == [key("us-east-1a")]


def test_a_host_that_died_at_once_is_replaced_from_the_next_offer(rig: Rig, cloud: Cloud) -> None:
    cloud.inject(LIKELY)
    provider = rig.provider(TWO_ZONES)
    asked = agreed(provider, request())
    (born,) = provider.launch(asked, rig.intend)
    assert provider.find("t") == ()
    assert "Server.InsufficientInstanceCapacity" in provider.explain(born)
    (host,) = provider.launch(asked, rig.intend)
    assert (born.place, host.place) == ("us-east-1a", "us-east-1b")
    assert [seen.provider_id for seen in provider.find("t")] == [host.provider_id]


def test_of_several_only_the_one_that_died_is_replaced(rig: Rig, cloud: Cloud) -> None:
    provider = rig.provider(TWO_ZONES)
    asked = agreed(provider, request(3))
    born = provider.launch(asked, rig.intend)
    cloud.states.terminate(cloud.states.by_id[born[1].provider_id], ("Server.InternalError", "lost"))
    again = provider.launch(asked, rig.intend)
    assert [one.provider_id == other.provider_id for one, other in zip(born, again, strict=True)] == [
        True,
        False,
        True,
    ]
    assert again[1].place == "us-east-1b"


def test_hosts_that_go_on_dying_are_given_up_when_the_offers_are(rig: Rig, cloud: Cloud) -> None:
    cloud.inject(replace(LIKELY, times=-1))
    provider = rig.provider(TWO_ZONES)
    asked = agreed(provider, request())
    provider.launch(asked, rig.intend)
    provider.launch(asked, rig.intend)
    with pytest.raises(HostDiedError, match="nothing is left to try for t-1") as caught:
        provider.launch(asked, rig.intend)
    assert "Server.InsufficientInstanceCapacity" in caught.value.cause
    assert len(rig.tried) == 2


def test_what_would_kill_a_host_everywhere_is_not_tried_again(rig: Rig, cloud: Cloud) -> None:
    cloud.inject(replace(LIKELY, code="Client.VolumeLimitExceeded"))
    provider = rig.provider(TWO_ZONES)
    asked = agreed(provider, request())
    provider.launch(asked, rig.intend)
    with pytest.raises(QuotaError, match=r"Client\.VolumeLimitExceeded"):
        provider.launch(asked, rig.intend)
    assert len(rig.tried) == 1


def test_the_next_process_launches_a_dead_host_anew_in_the_same_place(rig: Rig, cloud: Cloud) -> None:
    cloud.inject(LIKELY)
    one_zone = replace(TWO_ZONES, zones=("us-east-1a",))
    rig.provider(one_zone).launch(request(), rig.intend)
    again = replace(request(process="b"), tried_last=rig.last)
    (host,) = rig.provider(one_zone).launch(again, rig.intend)
    assert host.state is HostState.PENDING
    assert len(rig.alive()) == 1
