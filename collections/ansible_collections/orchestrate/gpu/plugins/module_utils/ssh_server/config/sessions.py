"""What goes through the sessions of sshd besides terminals: forwarded ports, connections to other hosts, tunnel devices. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.config.settings import (
    FORWARDING,
    Settings,
    first,
)
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.network_sockets import (
    Process,
    Snapshot,
    Socket,
    is_loopback,
    is_own,
    is_sshd,
    listeners,
    owners,
    peer_end,
)

DISPLAYS = range(6010, 6100)
"""Ports on the loopback device where sessions offer the windows of somebody's screen (sshd_config(5), X11DisplayOffset)."""
OUTWARD = frozenset(
    {"ssh", "autossh", "cloudflared", "frpc", "ngrok", "chisel", "ssm-session-worker", "amazon-ssm-agent"}
)
"""Programs that call out, and through which others come in."""


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
    snapshot: Snapshot, users: Mapping[int, str], devices: Mapping[int, str], own_ports: frozenset[int]
) -> tuple[Forward, ...]:
    """Everything that sessions carry now.

    Args:
        snapshot: the sockets.
        users: names by user id.
        devices: names of network devices by the process that holds them.
        own_ports: where sshd itself listens.
    """
    found = []
    for socket in snapshot.sockets:
        holder = next((one for one in owners(snapshot, socket) if is_sshd(one)), None)
        if holder is None or socket.protocol != "tcp" or socket.port in own_ports:
            continue
        client, port = session_of(snapshot, holder, own_ports)
        forward = partial(
            Forward, user=users.get(holder.uid, str(holder.uid)), client=client, client_port=port
        )
        if socket.listens and not (is_loopback(socket.local) and socket.port in DISPLAYS):
            what = f"{socket.local}:{socket.port}"
            found.append(forward("listener", what=what, public=not is_loopback(socket.local)))
        elif (
            not socket.listens and not _is_answer(snapshot, socket) and _leads_on(snapshot, socket, own_ports)
        ):
            found.append(forward("connection", what=f"{socket.peer}:{socket.peer_port}", public=False))
    for pid, name in devices.items():
        holder = _process(snapshot, pid)
        if holder and is_sshd(holder):
            client, port = session_of(snapshot, holder, own_ports)
            found.append(
                Forward("device", users.get(holder.uid, str(holder.uid)), client, port, name, public=False)
            )
    return tuple(dict.fromkeys(found))


def session_of(snapshot: Snapshot, holder: Process, own_ports: frozenset[int]) -> tuple[str, int]:
    """Address and port of the client whose session this process serves; empty and 0 where that cannot be seen."""
    for socket in snapshot.sockets:
        if (
            socket.port in own_ports
            and not socket.listens
            and holder in snapshot.owners.get(socket.inode, ())
        ):
            return socket.peer, socket.peer_port
    return "", 0


def still_allowed(forward: Forward, settings: Settings) -> bool:
    """Whether sshd would carry this for its user under these settings, which hold for that user and client."""
    if first(settings, "disableforwarding") == "yes":
        return False
    if forward.kind == "device":
        return first(settings, "permittunnel", "no") != "no"
    allowed = first(settings, "allowtcpforwarding", "yes").lower()
    if forward.kind == "connection":
        return FORWARDING.get(allowed, 2) == 2 or allowed == "local"
    if FORWARDING.get(allowed, 2) != 2 and allowed != "remote":
        return False
    return not forward.public or first(settings, "gatewayports", "no") != "no"


def jump_hosts(options: str) -> set[str]:
    """The names of the hosts that options of ssh lead through: `-J`, ProxyJump, and `ssh -W` in a ProxyCommand."""
    found = set()
    for hops in re.findall(r"(?:ProxyJump[\s=]+|-J\s*)\"?([^\s\"']+)", options, re.IGNORECASE):
        for hop in hops.split(","):
            found.add(_host(hop))
    if re.search(r"ProxyCommand", options, re.IGNORECASE):
        found |= {_host(word) for word in re.split(r"[\s\"']+", options) if word and not word.startswith("-")}
    return found


def _host(hop: str) -> str:
    """`gate` of `ssh://ada@gate:2222`."""
    name = hop.rpartition("://")[2].rpartition("@")[2]
    return name[1:].partition("]")[0] if name.startswith("[") else name.partition(":")[0]


def outward(snapshot: Snapshot, connection: Socket) -> Process | None:
    """The program on this host through which a connection from this host itself came in; None for one from elsewhere."""
    if not is_own(snapshot, connection.peer):
        return None
    other = peer_end(snapshot, connection)
    return next(iter(owners(snapshot, other)), None) if other else None


def _is_answer(snapshot: Snapshot, socket: Socket) -> bool:
    """Whether the socket was accepted at a listener, so that somebody came in by it."""
    return bool(listeners(snapshot, socket.port))


def _leads_on(snapshot: Snapshot, socket: Socket, own_ports: frozenset[int]) -> bool:
    """Whether the connection leads to another host, or to the SSH of this one. Tunnels to other services here are not a way in."""
    return not is_own(snapshot, socket.peer) or socket.peer_port in own_ports


def _process(snapshot: Snapshot, pid: int) -> Process | None:
    known = (*snapshot.hidden, *(one for group in snapshot.owners.values() for one in group))
    return next((one for one in known if one.pid == pid), None)
