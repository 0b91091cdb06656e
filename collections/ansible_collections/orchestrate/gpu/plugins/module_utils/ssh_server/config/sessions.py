"""What goes through the sessions of sshd besides terminals: forwarded ports, connections to other hosts, tunnel devices. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.config import settings
from ansible_collections.orchestrate.gpu.plugins.module_utils.system import network_sockets as sockets

DISPLAYS = range(6010, 6100)
"""Ports on the loopback device where sessions offer the windows of somebody's screen (sshd_config(5), X11DisplayOffset)."""


@dataclass(frozen=True)
class Forward:
    """One thing that a session of sshd carries for somebody."""

    kind: str
    """`listener`: a port here that leads to the client's side (ssh -R). `connection`: one from here to elsewhere (ssh -J, -L).
    `device`: a network device (ssh -w)."""
    user: str
    client: str
    """Address that the session came from; empty where it is not known."""
    client_port: int
    what: str
    """`0.0.0.0:2222`, `10.0.0.7:22`, `tun0`."""
    public: bool
    """A listener that others than this host can reach."""


def forwards(
    snapshot: sockets.Snapshot,
    users: Mapping[int, str],
    devices: Iterable[tuple[str, sockets.Process]],
    own_ports: frozenset[int],
) -> tuple[Forward, ...]:
    """Everything that sessions carry now.

    Args:
        snapshot: the sockets.
        users: names by user id.
        devices: names of network devices, each with the process that holds it.
        own_ports: where sshd itself listens.
    """
    carried: list[tuple[sockets.Process, str, str, bool]] = []
    for socket in snapshot.sockets:
        holder = next((one for one in sockets.owners(snapshot, socket) if sockets.is_sshd(one)), None)
        if holder is None or socket.protocol != "tcp" or socket.port in own_ports:
            continue
        private = sockets.is_loopback(socket.local)
        if socket.listens and not (private and socket.port in DISPLAYS):
            carried.append((holder, "listener", f"{socket.local}:{socket.port}", not private))
        elif not socket.listens and _leads_on(snapshot, socket, own_ports):
            carried.append((holder, "connection", f"{socket.peer}:{socket.peer_port}", False))
    carried += [(holder, "device", name, False) for name, holder in devices if sockets.is_sshd(holder)]
    found = (
        Forward(kind, users.get(by.uid, str(by.uid)), *session_of(snapshot, by, own_ports), what, public)
        for by, kind, what, public in carried
    )
    return tuple(dict.fromkeys(found))


def session_of(
    snapshot: sockets.Snapshot, holder: sockets.Process, own_ports: frozenset[int]
) -> tuple[str, int]:
    """Address and port of the client whose session this process serves; empty and 0 where that cannot be seen."""
    served = (one for one in snapshot.sockets if one.port in own_ports and not one.listens)
    clients = ((one.peer, one.peer_port) for one in served if holder in snapshot.owners.get(one.inode, ()))
    return next(clients, ("", 0))


def still_allowed(forward: Forward, after: settings.Settings) -> bool:
    """Whether sshd would carry this for its user under these settings, which hold for that user and client."""
    if after.first("disableforwarding") == "yes":
        return False
    if forward.kind == "device":
        return after.first("permittunnel", "no") != "no"
    allowed = after.first("allowtcpforwarding", "yes").lower()
    direction = "local" if forward.kind == "connection" else "remote"
    if settings.FORWARDING.get(allowed, 2) != 2 and allowed != direction:
        return False
    return not forward.public or after.first("gatewayports", "no") != "no"


def jump_hosts(options: str) -> set[str]:
    """The names of the hosts that options of ssh lead through: `-J`, ProxyJump, and `ssh -W` in a ProxyCommand."""
    found = set()
    for hops in re.findall(r"(?:ProxyJump[\s=]+|-J\s*)\"?([^\s\"']+)", options, re.IGNORECASE):
        found |= {_host(hop) for hop in hops.split(",")}
    if re.search(r"ProxyCommand", options, re.IGNORECASE):
        found |= {_host(word) for word in re.split(r"[\s\"']+", options) if word and not word.startswith("-")}
    return found


def _host(hop: str) -> str:
    """`gate` of `ssh://ada@gate:2222`."""
    name = hop.rpartition("://")[2].rpartition("@")[2]
    return name[1:].partition("]")[0] if name.startswith("[") else name.partition(":")[0]


def outward(snapshot: sockets.Snapshot, connection: sockets.Socket) -> sockets.Process | None:
    """The program on this host through which a connection from this host itself came in; None for one from elsewhere."""
    other = sockets.peer_end(snapshot, connection)
    return next(iter(sockets.owners(snapshot, other)), None) if other else None


def _leads_on(snapshot: sockets.Snapshot, socket: sockets.Socket, own_ports: frozenset[int]) -> bool:
    """Whether a session has made this connection, and not accepted it, to another host or to the SSH of this one.

    Tunnels to other services here are not a way in.
    """
    is_answer = bool(sockets.listeners(snapshot, socket.port))
    return not is_answer and (not sockets.is_own(snapshot, socket.peer) or socket.peer_port in own_ports)
