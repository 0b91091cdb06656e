"""The servers on the way to a host, and the keys that they show, over real SSH."""

import pytest

from orchestrator.ansible_hosts import Hop, open_inventory, route, shown_key
from orchestrator.errors import UnreachableError
from tests.unit.ansible_hosts.lab import Lab

FAR = "all: {{hosts: {{far: {{ansible_host: 127.0.0.1, ansible_port: @port, ansible_ssh_common_args: '{args}'}}}}}}"


def hops(lab: Lab, args: str) -> tuple[Hop, ...]:
    command = open_inventory(lab.inventory(FAR.format(args=args))).connection("far").ssh()
    assert command is not None
    return route(command)


@pytest.mark.parametrize(
    "args",
    [
        "-F @config -J jump",
        "-F @config -o ProxyJump=gate@jump",
        '-F @config -o ProxyCommand="ssh -F @config -W %h:%p -q jump"',
        '-F @config -o ProxyCommand="ssh -F @config jump -W %h:%p"',
    ],
)
def test_jump_hosts_come_first_and_each_shows_its_key(lab: Lab, args: str) -> None:
    jump, far = hops(lab, args)
    assert (jump.host, jump.port, jump.known_hosts) == ("127.0.0.1", lab.jump.port, lab.known_hosts)
    assert (far.host, far.port, far.known_hosts) == ("127.0.0.1", lab.far.port, lab.known_hosts)
    assert shown_key(jump) == lab.jump.public_key
    assert shown_key(far) == lab.far.public_key


def test_nobody_is_logged_in_to_on_the_host_that_shows_its_key(lab: Lab) -> None:
    _, far = hops(lab, "-F @config -J jump")
    shown_key(far)
    assert lab.far.users == []


def test_the_key_behind_a_jump_host_that_is_on_no_record_is_not_asked_for(lab: Lab) -> None:
    lab.remember()
    jump, far = hops(lab, "-F @config -J jump")
    with pytest.raises(UnreachableError):
        shown_key(far)
    assert shown_key(jump) == lab.jump.public_key
    assert lab.known_hosts.read_text() == ""


def test_an_alias_of_the_key_is_what_known_hosts_is_asked_for(lab: Lab) -> None:
    (far,) = hops(lab, "-F @config -o HostKeyAlias=rack-7")
    assert (far.host, far.port) == ("rack-7", 22)
    assert shown_key(far) == lab.far.public_key
