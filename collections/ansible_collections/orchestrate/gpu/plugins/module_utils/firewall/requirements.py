"""What has to stay open for a connection to come about anew: its port, and what it rides on where that ends on this host. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from ansible_collections.orchestrate.gpu.plugins.module_utils.system.network_sockets import (
    Process,
    Snapshot,
    Socket,
    is_loopback,
    is_own,
    listeners,
    owners,
    peer_end,
)

PROTOCOL_OF = {
    "gre": "gre",
    "gretap": "gre",
    "ip6gre": "gre",
    "ip6gretap": "gre",
    "erspan": "gre",
    "ipip": "ipencap",
    "sit": "ipv6",
    "ip6tnl": "ipv6",
    "vti": "esp",
    "vti6": "esp",
    "xfrm": "esp",
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
    holder: Process | None = None
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

    snapshot: Snapshot
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


def requirements(view: View, connection: Socket, carrier: str = "", depth: int = 0) -> list[Requirement]:
    """Everything that has to stay open for this connection."""
    if depth > DEPTH:
        return []
    if is_own(view.snapshot, connection.peer):
        return _through_program(view, connection, depth)
    own = [Requirement("tcp", connection.port, connection.peer, carrier)]
    return own + _through_device(view, connection.peer, depth)


def find_connection(snapshot: Snapshot, words: list[str]) -> Socket:
    """The socket of the connection that SSH_CONNECTION names; one like it where the kernel lists none."""
    peer, address = (word.partition("%")[0].replace("::ffff:", "") for word in (words[0], words[2]))
    wanted = (address, int(words[3]), peer, int(words[1]))
    for one in snapshot.sockets:
        if (one.local, one.port, one.peer, one.peer_port) == wanted:
            return one
    return Socket("tcp", address, int(words[3]), peer, int(words[1]), False, 0, 0)  # noqa: FBT003  as the kernel's table


def _through_program(view: View, connection: Socket, depth: int) -> list[Requirement]:
    """The connections that a program on this host has accepted and passes on; none where it calls out."""
    other = peer_end(view.snapshot, connection)
    found = []
    for holder in owners(view.snapshot, other) if other else ():
        for one in accepted(view.snapshot, holder):
            if one != other:
                found += requirements(view, one, holder.name, depth + 1)
    return found


def _through_device(view: View, peer: str, depth: int) -> list[Requirement]:
    device = view.devices.get(view.route(peer), Device("", ""))
    found = [one for shield in view.protected if in_network(peer, shield.network) for one in _ipsec(shield)]
    if device.kind in BY_PORT:
        found.append(Requirement("udp", device.port, "", f"{device.kind} device {device.name}"))
    elif device.kind in PROTOCOL_OF:
        found.append(Requirement(PROTOCOL_OF[device.kind], 0, "", f"{device.kind} device {device.name}"))
    elif device.kind == "tun":
        found += _through_tun(view, device, depth)
    elif device.kind == "ppp" and not device.uplink:
        found.append(Requirement("udp", 0, "", f"ppp device {device.name}"))
    return found


def _through_tun(view: View, device: Device, depth: int) -> list[Requirement]:
    """What the program behind the device is reached at."""
    if device.holder is None:
        return [] if device.uplink else [Requirement("udp", 0, "", f"tun device {device.name}")]
    if device.holder.name in CALLS_OUT:
        return []
    carrier = f"{device.holder.name} with device {device.name}"
    found = []
    for one in accepted(view.snapshot, device.holder):
        found += requirements(view, one, carrier, depth + 1)
    for one in view.snapshot.sockets:
        held = device.holder in view.snapshot.owners.get(one.inode, ())
        if held and one.protocol == "udp" and one.listens and not is_loopback(one.local):
            found.append(Requirement("udp", one.port, "", carrier))
    return list(dict.fromkeys(found))


def _ipsec(shield: Protected) -> list[Requirement]:
    found = [Requirement("udp", port, "", "IPsec") for port in (500, 4500)]
    return found if shield.in_udp else [*found, Requirement("esp", 0, "", "IPsec")]


def accepted(snapshot: Snapshot, holder: Process) -> list[Socket]:
    """The connections that came in at a port and that this process has."""
    return [
        one
        for one in snapshot.sockets
        if one.protocol == "tcp"
        and not one.listens
        and holder in owners(snapshot, one)
        and listeners(snapshot, one.port)
    ]


def in_network(address: str, network: str) -> bool:
    """Whether an address is in a network, given as one or as an address."""
    try:
        return ip_address(address) in ip_network(network, strict=False)
    except ValueError:
        return False
