"""A fleet that is halted and woken, what `gc` makes of one that nobody remembers, and two owners beside each other."""

import shutil
from collections.abc import Iterator

import pytest

from orchestrator.errors import ExitCode
from tests.e2e.user import SHARED_CACHE, User, in_the_engine
from tests.images import LentImages

pytestmark = [pytest.mark.containers, pytest.mark.usefixtures("image_at_hand")]


@pytest.fixture
def other(user: User, lent_images: LentImages) -> Iterator[User]:
    """A second owner, whose fleet has the name of the first one's."""
    someone = User(home=user.home / "other", fleet=user.fleet, cache=SHARED_CACHE)
    someone.home.mkdir()
    lent_images.lend(someone.mark, "debian-12")
    yield someone
    someone.run("down", "--yes")


def test_what_is_stopped_is_the_same_after_start_and_after_up(user: User) -> None:
    launched = user.run("up", "--until", "launch", "--json")
    assert launched.code == 0, launched.err
    born = [host["provider_id"] for host in launched.json["hosts"]]

    stopped = user.run("stop")
    assert (stopped.code, stopped.out.split()[0]) == (ExitCode.OK, "exited")
    assert [host["state"] for host in user.run("status", "--json").json["hosts"]] == ["stopped"]
    assert user.run("stop").out.strip() == f"fleet {user.fleet}: nothing to do"

    assert user.run("start").out.split()[0] == "running"
    user.run("stop")
    again = user.run("up", "--until", "launch", "--json")
    assert [host["provider_id"] for host in again.json["hosts"]] == born


def test_gc_removes_what_no_run_folder_knows_and_names_what_is_somebody_elses(user: User) -> None:
    assert user.run("up", "--until", "launch").code == 0
    assert user.fleet not in user.run("gc").out, "its run folder knows it"

    stranger = user.run("gc", XDG_STATE_HOME=str(user.home / "another"))
    assert f"left alone: {user.fleet} (owner {user.mark})" in stranger.out

    shutil.rmtree(user.run_folder)
    listed = user.run("gc")
    assert f"{user.fleet}  container  {user.container(f'{user.fleet}-1')}  running" in listed.out
    assert len(in_the_engine(user)) == 2, "listing removes nothing"
    removed = user.run("gc", "--yes")
    assert removed.code == ExitCode.OK
    assert f"gone  container  {user.container(f'{user.fleet}-1')}" in removed.out
    assert f"gone  network    {user.container(user.fleet)}" in removed.out
    assert in_the_engine(user) == ()


def test_two_owners_with_fleets_of_one_name_leave_each_others_alone_until_one_adopts(
    user: User, other: User
) -> None:
    host = f"{user.fleet}-1"
    for someone in (user, other):
        assert someone.run("up", "--until", "launch").code == 0
    theirs = in_the_engine(user)
    seen = other.run("status")
    assert seen.out.count(host) == 1
    assert f"fleet {user.fleet} of owner {user.mark}" in seen.err
    for someone in (user, other):
        assert someone.run("ssh", host, "--", "getent", "hosts", host).code == 0
    assert user.container(host) not in other.run("gc", "--yes").out.replace("left alone", "")
    gone = other.run("down", "--yes")
    assert (gone.code, user.container(host) in gone.out) == (ExitCode.OK, False)
    assert other.run("down", "--yes").code == ExitCode.OK, "a second time there is nothing of ours"
    assert in_the_engine(user) == theirs
    assert [each["state"] for each in user.run("status", "--json").json["hosts"]] == ["running"]

    refused = other.run("down", "--adopt", user.fleet)
    assert (refused.code, refused.hint) == (ExitCode.USAGE, f"orchestrate adopt {user.fleet} --yes")
    assert user.container(host) in refused.err, "what it is was shown"
    adopted = other.run("adopt", user.fleet, "--yes")
    assert adopted.code == ExitCode.OK, adopted.err
    assert "a new one was put into its hosts" in adopted.err
    assert user.run("status", "--json").json["hosts"] == []
    assert "nothing is left" in user.run("down", "--yes").out
    again = other.run("up", "--until", "launch", "--json")
    assert again.code == 0, again.err
    assert other.run("ssh", host, "--", "hostname").out.strip() == host
    taken = other.run("down", "--yes")
    assert f"gone  container  {user.container(host)}" in taken.out
    assert in_the_engine(user) == ()


def test_roles_are_applied_to_the_hosts_of_ones_own_fleet_while_another_owner_has_one_of_its_name(
    user: User, other: User
) -> None:
    """Within the minute for which Ansible keeps its connections open."""
    zones = {user: "Europe/Zurich", other: "Asia/Tokyo"}
    for someone, zone in zones.items():
        someone.fleet_file(f"roles: [base]\nvars: {{base_packages: [], base_timezone: {zone}}}\n")
        assert someone.run("up", "--until", "converge").code == 0
    for someone, zone in zones.items():
        seen = someone.run("ssh", user.fleet, "--", "readlink", "/etc/localtime")
        assert seen.out.strip().endswith(zone)


def test_what_cannot_be_extended_or_opened_says_so(user: User) -> None:
    nothing = user.run("extend")
    assert (nothing.code, nothing.cause) == (ExitCode.USAGE, "neither hours nor dollars were given")
    nobody = user.run("extend", "--hours", "2")
    assert (nobody.code, nobody.cause) == (
        ExitCode.USAGE,
        f"fleet {user.fleet} has no hosts on record",
    )
    here = user.run("refresh-access")
    assert (here.code, here.cause) == (
        ExitCode.USAGE,
        "access to hosts on sandbox does not depend on this computer's address",
    )
