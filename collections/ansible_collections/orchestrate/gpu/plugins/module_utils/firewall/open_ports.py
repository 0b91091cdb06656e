"""Which ports new rules leave open, which listening ones they shut, and whether that takes away a way in. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from ansible_collections.orchestrate.gpu.plugins.module_utils.firewall.requirements import (
    Requirement,
    in_network,
)
from ansible_collections.orchestrate.gpu.plugins.module_utils.firewall.rules import Wish
from ansible_collections.orchestrate.gpu.plugins.module_utils.system import network_sockets as sockets

LEASES = (68, 546)
DOCKER = "docker-proxy"
"""What it listens at is forwarded before it gets there, and Docker's own rules decide. Over IPv6 only where Docker has such rules."""
DROP_IN = re.compile(r"\b(tcp|udp) dport (\{[^}]*\}|\S+)[^#\n]*\baccept\b")
DROP_IN_PROTOCOL = re.compile(r"\b(?:ip protocol|ip6 nexthdr|meta l4proto) (\{[^}]*\}|\S+)[^#\n]*\baccept\b")
NUMBERS = {"gre": "47", "esp": "50", "ipencap": "4", "ipv6": "41"}


@dataclass(frozen=True)
class Opening:
    """What the rules let in."""

    protocol: str
    first: int
    last: int
    network: str
    """Who may come in; empty for everybody."""


def openings(wish: Wish, drop_ins: str) -> list[Opening]:
    """Everything that the rules let in, drop-ins included."""
    found = [Opening("tcp", port, port, where) for port in wish.ssh_ports for where in wish.ssh_from or ("",)]
    for one in wish.allow:
        protocol, where = one.get("protocol") or "tcp", one.get("from") or ""
        found += [Opening(protocol, *parse_range(str(port)), where) for port in one["ports"]]
    for protocol, ports in DROP_IN.findall(drop_ins):
        numbers = re.findall(r"(?<![\w-])\d+(?:-\d+)?(?![\w-])", ports)
        found += [Opening(protocol, *parse_range(number), "") for number in numbers]
    for protocols in DROP_IN_PROTOCOL.findall(drop_ins):
        found += [Opening(word, 0, 0, "") for word in re.findall(r"[\w-]+", protocols)]
    return found


def parse_range(text: str) -> tuple[int, int]:
    """9000 and 9010 of `9000-9010`."""
    low, _dash, high = text.partition("-")
    return int(low), int(high or low)


def is_open(requirement: Requirement, rules: Iterable[Opening]) -> bool:
    """Whether the rules let this in."""
    names = {requirement.protocol, NUMBERS.get(requirement.protocol, requirement.protocol)}
    return any(
        one.protocol in names
        and one.first <= requirement.port <= one.last
        and (requirement.port > 0 or not requirement.has_ports)
        and (not one.network or not requirement.peer or in_network(requirement.peer, one.network))
        for one in rules
    )


def about_to_be_shut(
    snapshot: sockets.Snapshot, rules: Sequence[Opening], forwarded: Collection[tuple[str, int]]
) -> list[str]:
    """The ports that something listens at and that nobody would reach any more, each with what listens.

    Args:
        snapshot: what listens.
        rules: what stays open.
        forwarded: protocol and port of what Docker forwards over IPv6, as it does over IPv4.
    """
    found: dict[tuple[str, int], set[str]] = {}
    for socket in snapshot.sockets:
        if socket.listens and shut(socket, rules):
            names = {one.name for one in sockets.owners(snapshot, socket)} or {"the kernel"}
            if names == {DOCKER}:
                if not _is_reached_over_ipv6(snapshot, socket) or (socket.protocol, socket.port) in forwarded:
                    continue
                names = {f"{DOCKER}, over IPv6"}
            found.setdefault((socket.protocol, socket.port), set()).update(names)
    held = sorted(found.items())
    return [f"{protocol} {port} ({', '.join(sorted(names))})" for (protocol, port), names in held]


def shut(socket: sockets.Socket, rules: Sequence[Opening]) -> bool:
    """Whether the rules take away something that others can use now."""
    if sockets.is_loopback(socket.local) or ip_address(socket.local).is_multicast or socket.port in LEASES:
        return False
    return not is_open(Requirement(socket.protocol, socket.port, "", ""), rules)


def _is_reached_over_ipv6(snapshot: sockets.Snapshot, socket: sockets.Socket) -> bool:
    """Whether it listens there, and the host has an address for others than its neighbours."""
    own = (ip_address(one) for one in snapshot.addresses)
    return ip_address(socket.local).version == 6 and any(
        one.version == 6 and not one.is_loopback and not one.is_link_local for one in own
    )


def problems(
    wish: Wish, snapshot: sockets.Snapshot, needed: Sequence[Requirement], rules: Sequence[Opening]
) -> Iterator[str]:
    """What would take a way in away. The port of the connection itself is the role's own matter."""
    lost = [one for one in dict.fromkeys(needed) if one.carrier and not is_open(one, rules)]
    if lost and "tunnels" not in wish.accept:
        yield (
            f"This connection comes in through {_each(one.carrier for one in lost)}, which ends on this host and is reached at "
            f"{_each(_port(one) for one in lost)}: that would be shut, and a new connection would find no way once the old one is "
            f"forgotten. {_remedies(lost)}, or, where this host itself calls out and waits for nobody, set "
            "firewall_accept: [tunnels]."
        )
    if "forwards" in wish.accept:
        return
    here = (*wish.names, *snapshot.addresses)
    behind = [
        f"{name} (port {port})"
        for name, address, port in wish.other_hosts
        if address in here and not is_open(Requirement("tcp", int(port), "", ""), rules)
    ]
    if behind:
        yield (
            f"The inventory reaches {_each(behind)} at this host, and that would be shut. Add the port to firewall_allow, or, "
            "where they are reached in another way, set firewall_accept: [forwards]."
        )
    ends = sorted({one.port for one in _tunnel_ends(snapshot, wish) if shut(one, rules)})
    if ends:
        ports = ", ".join(map(str, ends))
        yield (
            f"sshd listens at {ports} for hosts that keep a tunnel to this one (ssh -R), and that would be shut. Add "
            f"{{ports: [{ports}], why: Tunnels}} to firewall_allow, or, where nobody comes in by them, set "
            "firewall_accept: [forwards]."
        )


def _tunnel_ends(snapshot: sockets.Snapshot, wish: Wish) -> list[sockets.Socket]:
    """Where sessions of sshd listen, and not the server itself."""
    listening = (one for one in snapshot.sockets if one.listens)
    held = [(one, holder) for one in listening for holder in sockets.owners(snapshot, one)]
    servers = [holder.pid for one, holder in held if one.port in wish.ssh_ports]
    others = ((one, holder) for one, holder in held if holder.pid not in servers)
    return [one for one, holder in others if one.protocol == "tcp" and sockets.is_sshd(holder)]


def _port(one: Requirement) -> str:
    if not one.has_ports:
        return f"protocol {one.protocol}"
    return f"{one.protocol} port {one.port}" if one.port else "a port that is not known"


def _remedies(lost: Sequence[Requirement]) -> str:
    ports = [one for one in lost if one.has_ports and one.port]
    entries = _each(f"{{ports: [{one.port}], protocol: {one.protocol}, why: Way in}}" for one in ports)
    lines = _each(f"`meta l4proto {one.protocol} accept`" for one in lost if not one.has_ports)
    said = [f"Add {entries} to firewall_allow"] if entries else []
    said += [f"Write {lines} into /etc/orchestrate/firewall.d/tunnel.nft"] if lines else []
    return " and ".join(said) or "Add the port at which the tunnel is reached to firewall_allow"


def _each(words: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(words))
