"""Hosts with IPv6: what Docker publishes there is forwarded or shut, and the uplink is found without IPv4."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils.firewall import network as host
from ansible_collections.orchestrate.gpu.plugins.module_utils.firewall import open_ports as ports
from ansible_collections.orchestrate.gpu.plugins.module_utils.system import network_sockets as sockets

from tests.unit.roles.firewall_wishes import wish

PROXY = sockets.Process(60, "docker-proxy", 0, 0)
PUBLISHED = tuple(
    sockets.Socket("tcp", local, 8080, local, 0, listens=True, uid=0, inode=inode)
    for inode, local in enumerate(("0.0.0.0", "::"), start=100)  # noqa: S104  as the kernel writes it
)
SEEN = sockets.Snapshot(
    PUBLISHED, {100: (PROXY,), 101: (PROXY,)}, (), ("192.0.2.5", "::1", "fe80::2", "2001:db8::2")
)


def test_what_docker_publishes_is_shut_over_ipv6_where_docker_does_not_forward_it() -> None:
    """docker-proxy itself takes it there, if the host has an address that leads there."""
    rules = ports.openings(wish(), "")
    assert ports.about_to_be_shut(SEEN, rules, ()) == ["tcp 8080 (docker-proxy, over IPv6)"]
    assert ports.about_to_be_shut(SEEN, rules, {("tcp", 8080)}) == []
    assert ports.about_to_be_shut(replace(SEEN, addresses=("192.0.2.5", "::1", "fe80::2")), rules, ()) == []


def test_what_docker_forwards_over_ipv6_is_read_from_its_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """As ip6tables 1.8.9 prints what Docker 20.10 makes with `ip6tables`; the second rule is of a network and an address of its own."""
    listed = (
        "-N DOCKER\n-A DOCKER -i docker0 -j RETURN\n"
        "-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination [fd00:17::2]:80\n"
        "-A DOCKER -d 2001:db8::2/128 ! -i br-1 -p udp -m udp --dport 53 -j DNAT --to-destination [fd00:18::2]:53\n"
    )
    monkeypatch.setattr(
        host, "run", lambda argv: SimpleNamespace(stdout=listed if argv[0] == "ip6tables" else "")
    )
    assert host.forwarded_over_ipv6() == {("tcp", 8080), ("udp", 53)}


def test_a_network_of_a_host_without_ipv4_has_its_uplink_too(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {
        "ip -json -6 route show default": '[{"dst": "default", "gateway": "fe80::1", "dev": "ppp0"}]',
        "ip -json -details link show": '[{"ifname": "ppp0", "link_type": "ppp"}]',
    }
    monkeypatch.setattr(host, "run", lambda argv: SimpleNamespace(stdout=said.get(" ".join(argv), "")))
    monkeypatch.setattr(sockets, "tun_holders", list)
    assert host.read_view(SEEN).devices["ppp0"].uplink
