"""What new settings of sshd would change besides, what should be known of them, and how they are loaded. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.access.facts import (
    Facts,
    Server,
    Wish,
)
from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.config import sessions, settings


def notes(wish: Wish, facts: Facts) -> Iterator[str]:
    """What the operator should know though nothing stands against it."""
    through = facts.operator.through
    if through and not wish.local:
        yield (
            f"This connection comes in through {through} on the host itself. What lies beyond that program "
            "is not proved: restart it once while another way in is open."
        )
    if listeners := [words(forward) for forward, _after in facts.forwards if forward.kind == "listener"]:
        yield (
            f"Sessions of sshd keep ports open for hosts behind them: {', '.join(listeners)}. "
            "They were made under the settings before: restart these tunnels once while another way in is open."
        )
    role = settings.Settings({line.keyword: (line.value,) for line in facts.wanted if not line.match})
    wider = settings.forwarding_exceptions(facts.files, role) if wish.settings else ()
    if wider:
        yield f"Match blocks forward more than the role does: {places(wider)}."
    accepted = settings.login_exceptions(facts.files, root(facts)) if wish.settings else ()
    if accepted and "match_blocks" in wish.accept:
        yield f"Match blocks let in what the role keeps out, as accepted: {places(accepted)}."


def needs_include(wish: Wish, facts: Facts) -> bool:
    """Whether the role has to add the line that makes sshd read its file."""
    return bool(wish.settings) and wish.add_include and not facts.is_included


def socket_port(wish: Wish, server: Server) -> int:
    """The port to write where systemd's socket reads it; 0 to write none."""
    return wish.port if server.socket and wish.settings and wish.port and server.ports != (wish.port,) else 0


def drops_socket_port(wish: Wish, server: Server) -> bool:
    """Whether the role's port for systemd's socket is to be taken away."""
    return server.drop_in and not (wish.settings and wish.port)


def ports_after(wish: Wish, facts: Facts) -> tuple[int, ...]:
    """Where SSH will answer."""
    server = facts.server
    if not server.socket:
        return tuple(int(port) for port in facts.general.get("port", ("22",)))
    if drops_socket_port(wish, server):
        return server.plain_ports
    return (wish.port,) if socket_port(wish, server) else server.ports


def dependents(wish: Wish, facts: Facts) -> tuple[str, ...]:
    """Hosts of the inventory that are reached through this one."""
    names = {*wish.names, *facts.operator.addresses}
    behind = (host for host, options in wish.ssh_options if names & sessions.jump_hosts(options))
    return tuple(dict.fromkeys(behind))


def load_command(server: Server) -> str:
    """What systemctl does to the service so that settings come into force; empty where each connection starts an sshd.

    sshd that re-executes itself loses a socket that systemd gave it, so it is restarted.
    """
    if server.accepts:
        return ""
    return "try-restart" if server.socket else "reload-or-restart"


def root(facts: Facts) -> str:
    """The PermitRootLogin that is wanted."""
    return next((line.value for line in facts.wanted if line.keyword == "permitrootlogin"), "no")


def words(forward: sessions.Forward) -> str:
    """What a session carries, in words."""
    by = f"{forward.user}{f' from {forward.client}' if forward.client else ''}"
    if forward.kind == "listener":
        return f"port {forward.what} here to the client's side ({by}, ssh -R)"
    if forward.kind == "device":
        return f"the network device {forward.what} ({by}, ssh -w)"
    return f"a connection on to {forward.what} ({by}, ssh -J, -W or -L)"


def places(lines: Iterable[settings.Line]) -> str:
    """Where the lines are and what they say."""
    return "; ".join(
        f"{line.path} line {line.number}{f', Match {line.match}' if line.match else ''}: {line.keyword} {line.value}"
        for line in dict.fromkeys(lines)
    )
