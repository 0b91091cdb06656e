"""The provider contract: each sentence of `providers/base.py` is a test, run against every provider that must keep it."""

from dataclasses import replace

import pytest

from orchestrator.errors import OrchestrateError, ProviderError
from orchestrator.models import HostState
from orchestrator.providers.base import ReleaseAction
from tests.providers.bench import PARTS, STARTED, Bench, Maker, Stop, facts, ids, nothing, proved

# offers


def test_offers_say_what_could_be_had_for_every_distinct_kind_of_host(bench: Bench) -> None:
    offers = bench.provider.offers(bench.request)
    for kind in {host.distribution for host in bench.request.hosts}:
        assert any(offer.available for offer in offers if offer.kind in {"", kind})
    assert {offer.provider for offer in offers} == {bench.provider.name}
    assert len({offer.description for offer in offers}) == len(offers) > 0
    twice = replace(bench.request, hosts=bench.request.hosts * 2)
    assert bench.provider.offers(twice) == offers


def test_offers_create_and_spend_nothing(bench: Bench) -> None:
    bench.provider.offers(bench.request)
    assert bench.provider.resources(bench.request.fleet) == ()


def test_an_offer_that_is_not_available_says_why_in_reason(bench: Bench) -> None:
    (offer,) = bench.provider.offers(bench.impossible)
    assert not offer.available
    assert offer.reason


# makes


def test_makes_names_every_resource_and_creates_nothing(maker: Maker) -> None:
    lines = maker.provider.makes(maker.request)
    for host in maker.request.hosts:
        assert any(host.name in line for line in lines)
    assert maker.provider.resources(maker.request.fleet) == ()


def test_makes_leaves_out_what_exists_already(bench: Bench) -> None:
    bench.provider.launch(bench.request, nothing)
    assert bench.reopened().makes(bench.request) == ()


# launch


def test_launch_makes_every_requested_host_exist_and_be_started_and_returns_them_in_order(
    bench: Bench,
) -> None:
    hosts = bench.provider.launch(bench.request, nothing)
    assert [host.name for host in hosts] == [host.name for host in bench.request.hosts]
    assert [host.state in STARTED for host in hosts] == [True] * len(hosts)
    assert {host.fleet for host in hosts} == {bench.request.fleet}


def test_the_same_request_twice_makes_nothing_twice(bench: Bench) -> None:
    first = bench.provider.launch(bench.request, nothing)
    owned = bench.provider.resources(bench.request.fleet)
    intended: list[str] = []
    again = bench.provider.launch(bench.request, lambda kind, name: intended.append(f"{kind} {name}"))
    assert ids(again) == ids(first)
    assert bench.provider.resources(bench.request.fleet) == owned
    assert intended == []


def test_a_host_has_the_key_and_the_user_of_its_request(maker: Maker) -> None:
    for host in maker.provider.launch(maker.request, nothing):
        assert host.host_key == maker.request.identities[host.name].public_key
        assert host.user == maker.request.user


def test_hosts_that_exist_are_kept_when_more_are_wanted(maker: Maker) -> None:
    few = replace(maker.request, hosts=maker.request.hosts[:1])
    kept = maker.provider.launch(few, nothing)
    rest = {host.name: maker.request.identities[host.name] for host in maker.request.hosts[1:]}
    hosts = maker.provider.launch(replace(maker.request, identities=rest), nothing)
    assert ids(hosts[:1]) == ids(kept)
    assert len(hosts) == 2


def test_stopped_hosts_are_started_and_stay_the_same(maker: Maker) -> None:
    first = maker.provider.launch(maker.request, nothing)
    maker.booted()
    maker.provider.release(maker.request.fleet, ReleaseAction.STOP)
    again = maker.provider.launch(replace(maker.request, identities={}), nothing)
    assert ids(again) == ids(first)
    assert [host.state in STARTED for host in again] == [True] * 2


def test_what_an_earlier_call_left_half_made_is_finished_or_replaced(maker: Maker) -> None:
    half = maker.request.hosts[1].name
    maker.half_make(half)
    hosts = maker.provider.launch(maker.request, nothing)
    assert [host.state in STARTED for host in hosts] == [True] * 2
    assert len(maker.provider.find(maker.request.fleet)) == 2


def test_intend_is_called_before_each_call_that_creates_something(maker: Maker) -> None:
    intended: set[tuple[str, str]] = set()
    too_late: list[str] = []

    def intend(kind: str, name: str) -> None:
        there = [one for one in maker.provider.resources(maker.request.fleet) if one.name == name]
        too_late.extend(one.name for one in there if (one.kind, one.name) not in intended)
        intended.add((kind, name))

    maker.provider.launch(maker.request, intend)
    assert too_late == []
    owned = maker.provider.resources(maker.request.fleet)
    assert {one.name for one in owned if one.kind not in PARTS} <= {name for _, name in intended}


@pytest.mark.parametrize("calls", [0, 1])
def test_a_launch_killed_before_any_creating_call_goes_on_when_repeated(maker: Maker, calls: int) -> None:
    intended: list[str] = []

    def die_later(_kind: str, name: str) -> None:
        if len(intended) == calls:
            raise Stop
        intended.append(name)

    with pytest.raises(Stop):
        maker.provider.launch(maker.request, die_later)
    assert {one.name for one in maker.provider.resources(maker.request.fleet)} == set(intended)
    hosts = maker.reopened().launch(maker.request, nothing)
    assert [host.state in STARTED for host in hosts] == [True] * 2


def test_what_is_refused_is_a_provider_error_and_what_was_created_so_far_is_found(maker: Maker) -> None:
    maker.occupy(maker.request.hosts[-1].name)
    with pytest.raises(ProviderError) as caught:
        maker.provider.launch(maker.request, nothing)
    assert caught.value.hint
    owned = {one.name for one in maker.provider.resources(maker.request.fleet)}
    made = [host.name for host in maker.provider.find(maker.request.fleet)]
    assert sorted(made) == sorted(host.name for host in maker.request.hosts[:-1])
    assert [any(name in one for one in owned) for name in made] == [True]


def test_what_cannot_be_had_is_refused_with_a_hint_and_nothing_is_made(bench: Bench) -> None:
    with pytest.raises(OrchestrateError) as caught:
        bench.provider.launch(bench.impossible, nothing)
    assert caught.value.hint
    assert bench.provider.resources(bench.impossible.fleet) == ()


# find


def test_find_gives_the_hosts_by_name_order(bench: Bench) -> None:
    bench.provider.launch(bench.request, nothing)
    found = bench.provider.find(bench.request.fleet)
    assert [host.name for host in found] == sorted(host.name for host in bench.request.hosts)


def test_find_is_empty_when_there_are_no_hosts(maker: Maker) -> None:
    assert maker.provider.find(maker.request.fleet) == ()


def test_find_reads_no_file_of_ours(
    bench: Bench, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.provider.launch(bench.request, nothing)
    for variable in ("XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(variable, str(tmp_path_factory.mktemp("empty")))
    found = bench.reopened().find(bench.request.fleet)
    assert facts(found) == facts(bench.provider.find(bench.request.fleet))


# release


def test_release_stops_and_starts_and_returns_a_line_for_each_resource_touched(maker: Maker) -> None:
    maker.provider.launch(maker.request, nothing)
    maker.booted()
    for action, state in ((ReleaseAction.STOP, HostState.STOPPED), (ReleaseAction.START, HostState.RUNNING)):
        lines = maker.provider.release(maker.request.fleet, action)
        assert len(lines) == 2
        assert not any(line.gone for line in lines)
        assert {host.state for host in maker.provider.find(maker.request.fleet)} == {state}


def test_gone_already_is_success(maker: Maker) -> None:
    maker.provider.launch(maker.request, nothing)
    maker.provider.release(maker.request.fleet, ReleaseAction.TERMINATE)
    for action in ReleaseAction:
        assert maker.provider.release(maker.request.fleet, action) == ()


def test_after_terminate_each_lines_gone_was_proved_by_asking_again(maker: Maker) -> None:
    maker.provider.launch(maker.request, nothing)
    owned = maker.provider.resources(maker.request.fleet)
    lines = maker.provider.release(maker.request.fleet, ReleaseAction.TERMINATE)
    receipted = sorted((line.resource.kind, line.resource.id) for line in lines)
    assert receipted == sorted((one.kind, one.id) for one in owned)
    assert [proved(line) for line in lines] == [True] * len(lines)
    assert maker.reopened().find(maker.request.fleet) == ()
    assert maker.reopened().resources(maker.request.fleet) == ()


@pytest.mark.parametrize("action", list(ReleaseAction))
def test_hosts_that_were_not_made_here_are_not_stopped_started_or_terminated(
    onprem_bench: Bench, action: ReleaseAction
) -> None:
    with pytest.raises(ProviderError, match=f"did not make .* will not {action}"):
        onprem_bench.provider.release(onprem_bench.request.fleet, action)


# explain


def test_of_a_host_that_is_gone_it_is_explained_why(maker: Maker) -> None:
    (host, *_) = maker.provider.launch(maker.request, nothing)
    maker.provider.release(maker.request.fleet, ReleaseAction.TERMINATE)
    assert maker.provider.explain(host)


# fleets


def test_fleets_are_those_that_have_anything_here(maker: Maker) -> None:
    maker.half_make(maker.request.hosts[0].name)
    assert maker.request.fleet in [fleet for fleet, _ in maker.provider.fleets()]
    maker.provider.release(maker.request.fleet, ReleaseAction.TERMINATE)
    assert maker.request.fleet not in [fleet for fleet, _ in maker.provider.fleets()]


# resources


def test_resources_hold_half_made_things_and_terminate_takes_them_away(maker: Maker) -> None:
    half = maker.request.hosts[0].name
    maker.half_make(half)
    assert any(half in one.name for one in maker.provider.resources(maker.request.fleet))
    assert maker.provider.find(maker.request.fleet)[0].state is HostState.BROKEN
    lines = maker.provider.release(maker.request.fleet, ReleaseAction.TERMINATE)
    assert [proved(line) for line in lines] == [True] * len(lines)
    assert maker.provider.resources(maker.request.fleet) == ()


def test_resources_are_empty_when_nothing_is_left(bench: Bench) -> None:
    assert bench.provider.resources("t-nobody") == ()
