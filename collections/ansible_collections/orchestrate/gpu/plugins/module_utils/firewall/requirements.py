"""What has to stay open for a connection to come about anew: its port, and what it rides on where that ends on this host. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from ansible_collections.orchestrate.gpu.plugins.module_utils.system import network_sockets as sockets

PROTOCOL_OF = {
    **dict.fromkeys(("gre", "gretap", "ip6gre", "ip6gretap", "erspan"), "gre"),
    **dict.fromkeys(("vti", "vti6", "xfrm"), "esp"),
    **dict.fromkeys(("sit", "ip6tnl"), "ipv6"),
    "ipip": "ipencap",
}
"""Kinds of devices that carry packets in a protocol of their own, by the names of /etc/protocols."""
BY_PORT = frozenset({"wireguard", "vxlan", "geneve", "bareudp", "l2tp", "amt", "gtp"})
"""Kinds that the kernel answers at a UDP port."""
CALLS_OUT = frozenset({"tailscaled", "zerotier-one", "netbird", "twingate-connec", "cloudflared"})
"""Programs that reach their network by themselves, through ports that nobody opened."""
DEPTH = 5
"""A way in has fewer stages."""


@dataclass(frozen=True)
class Device:
    """A network device, as far as it could be the end of a tunnel."""

    name: str
    kind: str
    """wireguard, tun, vxlan; empty for a card."""
    port: int = 0
    """UDP port of one of the kernel's own; 0 for unknown."""
    holder: sockets.Process | None = None
    """The program behind a tun device."""
    uplink: bool = False
    """The default route leads there."""


@dataclass(frozen=True)
class Protected:
    """A network whose packets come in through IPsec."""

    network: str
    in_udp: bool
    """Wrapped into UDP because a NAT is in between."""


@dataclass(frozen=True)
class View:
    """What the decisions look at."""

    snapshot: sockets.Snapshot
    devices: Mapping[str, Device]
    protected: tuple[Protected, ...]
    route: Callable[[str], str]
    """Address -> name of the device that leads there."""


@dataclass(frozen=True)
class Requirement:
    """Something that has to stay open."""

    protocol: str
    """tcp, udp, or a protocol of /etc/protocols."""
    port: int
    """0 for a protocol without ports, or a port that is not known."""
    peer: str
    """The other end; empty for anybody."""
    carrier: str
    """What rides on it; empty for the connection itself."""

    @property
    def has_ports(self) -> bool:
        """Whether the protocol has ports."""
        return self.protocol in ("tcp", "udp")


def requirements(
    view: View, connection: sockets.Socket, carrier: str = "", depth: int = 0
) -> list[Requirement]:
    """Everything that has to stay open for this connection."""
    if depth > DEPTH:
        return []
    if sockets.is_own(view.snapshot, connection.peer):
        return _through_program(view, connection, depth)
    own = [Requirement("tcp", connection.port, connection.peer, carrier)]
    return own + _through_device(view, connection.peer, depth)


def _through_program(view: View, connection: sockets.Socket, depth: int) -> list[Requirement]:
    """The connections that a program on this host has accepted and passes on; none where it calls out."""
    other = sockets.peer_end(view.snapshot, connection)
    holders = sockets.owners(view.snapshot, other) if other else ()
    came_in = [(one, holder.name) for holder in holders for one in accepted(view.snapshot, holder)]
    further = (requirements(view, one, name, depth + 1) for one, name in came_in if one != other)
    return [one for each in further for one in each]


def _through_device(view: View, peer: str, depth: int) -> list[Requirement]:
    device = view.devices.get(view.route(peer), Device("", ""))
    found = [one for shield in view.protected if in_network(peer, shield.network) for one in _ipsec(shield)]
    carrier = f"{device.kind} device {device.name}"
    if device.kind in BY_PORT:
        found.append(Requirement("udp", device.port, "", carrier))
    elif device.kind in PROTOCOL_OF:
        found.append(Requirement(PROTOCOL_OF[device.kind], 0, "", carrier))
    elif device.kind == "tun" and device.holder:
        found += _through_tun(view, device, device.holder, depth)
    elif device.kind in ("tun", "ppp") and not device.uplink:
        found.append(Requirement("udp", 0, "", carrier))
    return found


def _through_tun(view: View, device: Device, holder: sockets.Process, depth: int) -> list[Requirement]:
    """What the program behind the device is reached at."""
    if holder.name in CALLS_OUT:
        return []
    carrier = f"{holder.name} with device {device.name}"
    found = []
    for one in accepted(view.snapshot, holder):
        found += requirements(view, one, carrier, depth + 1)
    held = (one for one in view.snapshot.sockets if holder in view.snapshot.owners.get(one.inode, ()))
    found += [
        Requirement("udp", one.port, "", carrier)
        for one in held
        if one.protocol == "udp" and one.listens and not sockets.is_loopback(one.local)
    ]
    return list(dict.fromkeys(found))


def _ipsec(shield: Protected) -> list[Requirement]:
    found = [Requirement("udp", port, "", "IPsec") for port in (500, 4500)]
    return found if shield.in_udp else [*found, Requirement("esp", 0, "", "IPsec")]


def accepted(snapshot: sockets.Snapshot, holder: sockets.Process) -> list[sockets.Socket]:
    """The connections that came in at a port and that this process has."""
    connections = (one for one in snapshot.sockets if one.protocol == "tcp" and not one.listens)
    came_in = (one for one in connections if sockets.listeners(snapshot, one.port))
    return [one for one in came_in if holder in sockets.owners(snapshot, one)]


def in_network(address: str, network: str) -> bool:
    """Whether an address is in a network, given as one or as an address."""
    try:
        return ip_address(address) in ip_network(network, strict=False)
    except ValueError:
        return False
