"""The sentences of the contract about owners: several share a provider, each with fleets of the same names."""

from dataclasses import replace

import pytest

from orchestrator.errors import UsageError
from orchestrator.providers.base import UNMARKED, ReleaseAction
from tests.providers.bench import STARTED, Maker, facts, ids, nothing, proved


def test_fleets_of_two_owners_and_one_name_stand_side_by_side(maker: Maker) -> None:
    fleet, theirs = maker.request.fleet, maker.neighbour()
    there = facts(theirs.launch(maker.request, nothing))
    assert maker.provider.find(fleet) == ()
    assert maker.provider.resources(fleet) == ()
    assert [
        any(host.name in line for line in maker.provider.makes(maker.request)) for host in maker.request.hosts
    ] == [
        True,
        True,
    ]
    ours = maker.provider.launch(maker.request, nothing)
    assert [host.name for host in ours] == [host.name for host in maker.request.hosts]
    assert set(ids(ours)).isdisjoint(each[1] for each in there)
    assert len([each for each, _ in maker.provider.fleets() if each == fleet]) == 2

    maker.booted()
    owned = theirs.resources(fleet)
    for action in (ReleaseAction.STOP, ReleaseAction.START, ReleaseAction.TERMINATE):
        lines = maker.provider.release(fleet, action)
        assert lines
        assert {line.resource.id for line in lines}.isdisjoint(one.id for one in owned)
        assert facts(maker.neighbour().find(fleet)) == sorted(there)
        assert [host.state in STARTED for host in maker.neighbour().find(fleet)] == [True] * 2
    assert maker.neighbour().resources(fleet) == owned
    assert maker.reopened().resources(fleet) == ()


def test_what_carries_no_mark_is_nobodys_to_take(maker: Maker) -> None:
    fleet, before = maker.request.fleet, maker.make_unmarked()
    assert (fleet, UNMARKED) in maker.provider.fleets()
    assert maker.provider.find(fleet) == ()
    assert maker.provider.resources(fleet) == ()
    hosts = maker.provider.launch(maker.request, nothing)
    assert [host.name for host in maker.provider.find(fleet)] == sorted(host.name for host in hosts)
    assert len(maker.provider.release(fleet, ReleaseAction.TERMINATE)) >= len(hosts)
    assert maker.make_unmarked() == before
    assert (fleet, UNMARKED) in maker.reopened().fleets()


# foreign, adopt, admit


def test_foreign_is_what_carries_the_name_and_not_our_mark_and_nothing_changes(maker: Maker) -> None:
    fleet, theirs = maker.request.fleet, maker.neighbour()
    assert maker.provider.foreign(fleet) == ()
    there = theirs.launch(maker.request, nothing)
    maker.make_unmarked()
    found = {each.owner: each for each in maker.provider.foreign(fleet)}
    (neighbour,) = set(found) - {UNMARKED}
    assert [host.name for host in found[neighbour].hosts] == sorted(host.name for host in there)
    assert {one.id for one in found[neighbour].resources} == {one.id for one in theirs.resources(fleet)}
    assert [host.name for host in found[UNMARKED].hosts] == [maker.request.hosts[0].name]
    assert [each.owner for each in theirs.foreign(fleet)] == [UNMARKED]
    assert maker.provider.find(fleet) == ()


def test_what_was_adopted_is_ours_as_it_is_and_no_more_the_other_ones(maker: Maker) -> None:
    fleet, theirs = maker.request.fleet, maker.neighbour()
    there, owned = theirs.launch(maker.request, nothing), theirs.resources(fleet)
    (other,) = maker.provider.foreign(fleet)
    taken = maker.provider.adopt(fleet, other.owner, nothing)
    assert {one.id for one in taken} == {one.id for one in owned}
    assert facts(maker.reopened().find(fleet)) == sorted(facts(there))
    assert {one.id for one in owned} <= {one.id for one in maker.provider.resources(fleet)}
    for action in ReleaseAction:
        assert maker.neighbour().release(fleet, action) == ()
    assert maker.neighbour().find(fleet) == ()

    again = maker.reopened().launch(replace(maker.request, identities={}), nothing)
    assert sorted(ids(again)) == sorted(ids(there))
    lines = maker.provider.release(fleet, ReleaseAction.TERMINATE)
    assert {one.id for one in owned} <= {line.resource.id for line in lines}
    assert [proved(line) for line in lines] == [True] * len(lines)
    assert maker.reopened().resources(fleet) == ()
    assert fleet not in [each for each, _ in maker.provider.fleets()]


def test_nothing_to_adopt_and_a_host_of_our_own_of_that_name_are_refused(maker: Maker) -> None:
    fleet = maker.request.fleet
    with pytest.raises(UsageError):
        maker.provider.adopt(fleet, "nobody", nothing)
    one = replace(maker.request, hosts=maker.request.hosts[:1])
    there = facts(maker.neighbour().launch(one, nothing))
    ours = facts(maker.provider.launch(one, nothing))
    (other,) = maker.provider.foreign(fleet)
    with pytest.raises(UsageError, match="of your own"):
        maker.provider.adopt(fleet, other.owner, nothing)
    assert facts(maker.provider.find(fleet)) == ours
    assert facts(maker.neighbour().find(fleet)) == there
