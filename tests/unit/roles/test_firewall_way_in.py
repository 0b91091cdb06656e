"""Which ports a connection needs, where it rides on something that ends on the host, and what the firewall then says."""

import json
from typing import Any

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils.firewall import (
    network as host,
)
from ansible_collections.orchestrate.gpu.plugins.module_utils.firewall import (
    open_ports as ports,
)
from ansible_collections.orchestrate.gpu.plugins.module_utils.firewall import (
    requirements as way,
)
from ansible_collections.orchestrate.gpu.plugins.module_utils.system import network_sockets as sockets

from tests.unit.roles.firewall_wishes import wish

ANYWHERE = "0.0.0.0"  # noqa: S104  as the kernel writes it, nothing binds to it
SSHD = sockets.Process(10, "sshd", 0, 0)
VPN = sockets.Process(20, "openvpn", 0, 0)
SSLH = sockets.Process(30, "sslh", 100, 100)
SESSION = sockets.Process(40, "sshd-session", 1001, 1001)


def snapshot(*held: tuple[str, str, int, str, int, Any]) -> Any:
    found: list[sockets.Socket] = []
    owners: dict[int, tuple[sockets.Process, ...]] = {}
    for inode, (protocol, local, port, peer, peer_port, holder) in enumerate(held, start=100):
        found.append(sockets.Socket(protocol, local, port, peer, peer_port, peer_port == 0, 0, inode))
        if holder is not None:
            owners[inode] = (holder,)
    return sockets.Snapshot(tuple(found), owners, (), ("192.0.2.5", "10.8.0.1"))


LISTENS = ("tcp", ANYWHERE, 22, ANYWHERE, 0, SSHD)
THROUGH_VPN = ("tcp", "10.8.0.1", 22, "10.8.0.2", 40000, SSHD)


def needed(
    seen: Any, connection: str, *devices: Any, route: str = "tun0", protected: tuple[Any, ...] = ()
) -> Any:
    view = way.View(
        seen,
        {one.name: one for one in devices},
        protected,
        lambda address: route if address.startswith("10.") else "eth0",
    )
    return way.requirements(view, sockets.find_connection(seen, connection.split()))


def refusals(seen: Any, requirements: Any, drop_ins: str = "", **changes: Any) -> list[str]:
    asked = wish(**changes)
    return [*ports.problems(asked, seen, requirements, ports.openings(asked, drop_ins))]


def test_a_connection_from_the_network_needs_its_port_alone() -> None:
    seen = snapshot(LISTENS)
    found = needed(seen, "198.51.100.7 40000 192.0.2.5 22", way.Device("eth0", ""))
    assert [(one.protocol, one.port, one.carrier) for one in found] == [("tcp", 22, "")]
    assert refusals(seen, found) == []


@pytest.mark.parametrize(
    ("device", "extra", "asked"),
    [
        (way.Device("wg0", "wireguard", 51820), (), "{ports: [51820], protocol: udp, why: Way in}"),
        (way.Device("vx0", "vxlan", 4789), (), "{ports: [4789], protocol: udp, why: Way in}"),
        (
            way.Device("tun0", "tun", holder=VPN),
            (("udp", ANYWHERE, 1194, ANYWHERE, 0, VPN),),
            "{ports: [1194], protocol: udp",
        ),
        (
            way.Device("tun0", "tun", holder=VPN),
            (
                ("tcp", ANYWHERE, 443, ANYWHERE, 0, VPN),
                ("tcp", "192.0.2.5", 443, "198.51.100.7", 50000, VPN),
            ),
            "{ports: [443], protocol: tcp",
        ),
        (way.Device("gre1", "gre"), (), "`meta l4proto gre accept`"),
        (way.Device("wg0", "wireguard"), (), "Add the port at which the tunnel is reached"),
        (way.Device("tun0", "tun"), (), "Add the port at which the tunnel is reached"),
    ],
    ids=["wireguard", "vxlan", "openvpn-udp", "openvpn-tcp", "gre", "port-unknown", "nobody-seen"],
)
def test_a_tunnel_that_ends_here_has_to_stay_open(device: Any, extra: tuple[Any, ...], asked: str) -> None:
    seen = snapshot(LISTENS, THROUGH_VPN, *extra)
    found = needed(seen, "10.8.0.2 40000 10.8.0.1 22", device, route=device.name)
    (said,) = refusals(seen, found)
    assert device.name in said
    assert asked in said
    assert "firewall_accept: [tunnels]" in said
    assert refusals(seen, found, accept=("tunnels",)) == []


@pytest.mark.parametrize(
    ("changes", "drop_ins"),
    [
        ({"allow": ({"ports": ["51820"], "protocol": "udp", "why": "VPN"},)}, ""),
        ({"allow": ({"ports": ["51000-52000"], "protocol": "udp", "why": "VPN"},)}, ""),
        ({}, "udp dport { 500, 51820 } accept\n"),
        ({}, 'iifname "eth0" udp dport 51820 counter accept\n'),
    ],
)
def test_a_tunnel_whose_port_is_opened_is_no_obstacle(changes: dict[str, Any], drop_ins: str) -> None:
    seen = snapshot(LISTENS, THROUGH_VPN)
    found = needed(seen, "10.8.0.2 40000 10.8.0.1 22", way.Device("wg0", "wireguard", 51820), route="wg0")
    assert refusals(seen, found, drop_ins, **changes) == []
    assert refusals(seen, found, "tcp dport 51820 accept\n") != []


@pytest.mark.parametrize(
    "device",
    [
        way.Device("tun0", "tun", holder=sockets.Process(9, "tailscaled", 0, 0)),
        way.Device("tun0", "tun", holder=VPN),
        way.Device("ppp0", "ppp", uplink=True),
        way.Device("docker0", "bridge"),
    ],
    ids=["tailscale", "client", "uplink", "bridge"],
)
def test_a_network_that_the_host_itself_calls_out_to_needs_no_port(device: Any) -> None:
    seen = snapshot(LISTENS, THROUGH_VPN, ("tcp", "192.0.2.5", 50001, "198.51.100.7", 443, device.holder))
    assert refusals(seen, needed(seen, "10.8.0.2 40000 10.8.0.1 22", device, route=device.name)) == []


def test_ipsec_is_seen_without_a_device() -> None:
    policies = "src 10.8.0.0/24 dst 192.0.2.5/32 \n\tdir in priority 1\n\ttmpl src 198.51.100.7 dst 192.0.2.5\n\t\tproto esp\n"
    seen = snapshot(LISTENS, THROUGH_VPN)
    shields = host.parse_policies(policies, "")
    found = needed(
        seen, "10.8.0.2 40000 10.8.0.1 22", way.Device("eth0", ""), route="eth0", protected=shields
    )
    assert {(one.protocol, one.port) for one in found} == {
        ("tcp", 22),
        ("udp", 500),
        ("udp", 4500),
        ("esp", 0),
    }
    drop_ins = "meta l4proto esp accept\nudp dport { 500, 4500 } accept\n"
    assert refusals(seen, found, drop_ins) == []


def test_a_program_that_passes_connections_on_has_to_stay_reachable() -> None:
    seen = snapshot(
        LISTENS,
        ("tcp", ANYWHERE, 443, ANYWHERE, 0, SSLH),
        ("tcp", "192.0.2.5", 443, "198.51.100.7", 50000, SSLH),
        ("tcp", "127.0.0.1", 45678, "127.0.0.1", 22, SSLH),
        ("tcp", "127.0.0.1", 22, "127.0.0.1", 45678, SSHD),
    )
    (said,) = refusals(seen, needed(seen, "127.0.0.1 45678 127.0.0.1 22"))
    assert "comes in through sslh" in said
    assert "tcp port 443" in said


def test_a_tunnel_that_the_host_keeps_to_a_hub_needs_no_port() -> None:
    client = sockets.Process(50, "ssh", 1000, 1000)
    seen = snapshot(
        LISTENS,
        ("tcp", "192.0.2.5", 50001, "198.51.100.7", 22, client),
        ("tcp", "127.0.0.1", 45678, "127.0.0.1", 22, client),
        ("tcp", "127.0.0.1", 22, "127.0.0.1", 45678, SSHD),
    )
    assert needed(seen, "127.0.0.1 45678 127.0.0.1 22") == []


def test_a_network_over_ssh_from_an_address_that_is_shut_out_is_refused() -> None:
    seen = snapshot(LISTENS, THROUGH_VPN, ("tcp", "192.0.2.5", 22, "198.51.100.7", 50000, SESSION))
    found = needed(seen, "10.8.0.2 40000 10.8.0.1 22", way.Device("tun0", "tun", holder=SESSION))
    (said,) = refusals(seen, found, ssh_from=("10.8.0.0/24",))
    assert "tcp port 22" in said
    assert refusals(seen, found) == []


def test_every_listening_port_that_will_be_shut_is_named_with_its_program() -> None:
    seen = snapshot(
        LISTENS,
        ("tcp", ANYWHERE, 8080, ANYWHERE, 0, SSLH),
        ("tcp", "127.0.0.1", 5432, ANYWHERE, 0, SSLH),
        ("tcp", ANYWHERE, 9100, ANYWHERE, 0, SSLH),
        ("tcp", ANYWHERE, 9000, ANYWHERE, 0, sockets.Process(60, "docker-proxy", 0, 0)),
        ("udp", ANYWHERE, 51820, ANYWHERE, 0, None),
        ("udp", ANYWHERE, 68, ANYWHERE, 0, SSLH),
    )
    rules = ports.openings(wish(allow=({"ports": ["9100"], "from": "10.0.0.0/8", "why": "Board"},)), "")
    assert ports.about_to_be_shut(seen, rules, ()) == ["tcp 8080 (sslh)", "udp 51820 (the kernel)"]


@pytest.mark.parametrize("address", ["192.0.2.5", "gpu1", "10.8.0.1"])
def test_hosts_that_are_reached_at_a_port_of_this_one_are_kept(address: str) -> None:
    seen = snapshot(LISTENS)
    said = refusals(seen, [], other_hosts=(("inner", address, 2222),))
    assert "inner (port 2222)" in said[0]
    assert refusals(seen, [], other_hosts=(("inner", address, 2222),), accept=("forwards",)) == []
    assert refusals(seen, [], other_hosts=(("inner", address, 22), ("far", "203.0.113.9", 2222))) == []


def test_the_end_of_somebodys_tunnel_is_not_shut_unasked() -> None:
    seen = snapshot(LISTENS, ("tcp", ANYWHERE, 2222, ANYWHERE, 0, SESSION))
    assert "sshd listens at 2222" in refusals(seen, [])[0]
    assert refusals(seen, [], allow=({"ports": ["2222"], "why": "Tunnels"},)) == []


def test_links_are_read_with_their_kind_and_port() -> None:
    listing = (
        '[{"ifname": "eth0", "link_type": "ether", "linkinfo": {"info_kind": "veth"}},'
        ' {"ifname": "vx0", "linkinfo": {"info_kind": "vxlan", "info_data": {"id": 7, "port": 4789}}},'
        ' {"ifname": "ppp0", "link_type": "ppp"}, {}]'
    )
    assert host.links_of(json.loads(listing))[:3] == [
        ("eth0", "veth", 0),
        ("vx0", "vxlan", 4789),
        ("ppp0", "ppp", 0),
    ]
