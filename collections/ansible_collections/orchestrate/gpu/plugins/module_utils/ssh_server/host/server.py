"""Which server listens where a connection came in, and how it was started. Changes nothing."""

from __future__ import annotations

import re
from pathlib import Path

from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.access.facts import Server
from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.config import (
    settings,
    systemd_sockets,
)
from ansible_collections.orchestrate.gpu.plugins.module_utils.system import network_sockets as sockets
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.files import text_of
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.programs import run

DROP_IN = "ssh_server.conf"
"""Name of the role's file for systemd's socket."""


def find_server(snapshot: sockets.Snapshot, port: int) -> tuple[Server, tuple[str, ...]]:
    """What listens at a port, or where sshd listens when none is given; and the options that sshd was started with."""
    listening = tuple(one for one in snapshot.sockets if one.listens)
    waiting = sockets.listeners(snapshot, port) if port else listening
    holders = [holder for one in waiting for holder in snapshot.owners.get(one.inode, ())]
    sshd = next((one for one in holders if is_listener(one)), None)
    options, other_file = parse_command(command_of(sshd) if sshd else "")
    for name, accepts, ports in socket_units("*.socket" if port else "ssh*.socket"):
        if not port or port in ports:
            drop_in_is_there, plain_ports = socket_files(name)
            server = Server(
                program="systemd",
                unit="" if accepts else service_of(name),
                socket=name,
                accepts=accepts,
                ports=ports,
                other_file=other_file,
                drop_in=drop_in_is_there,
                plain_ports=plain_ports,
            )
            return server, options
    if sshd is None:
        other = holders[0].name if holders else ""
        return Server(program=other if port else "sshd"), ()
    held = {one.port for one in listening if sshd in snapshot.owners.get(one.inode, ())}
    return Server("sshd", unit_of(sshd), ports=tuple(sorted(held)), other_file=other_file), options


def is_listener(process: sockets.Process) -> bool:
    """Whether this is the sshd that waits for connections, not one that serves a session."""
    command = command_of(process)
    return process.name == "sshd" and (not command.startswith("sshd: ") or "[listener]" in command)


def command_of(process: sockets.Process) -> str:
    """Its words, or the title that it has given itself."""
    return text_of(sockets.PROC / str(process.pid) / "cmdline").replace("\0", " ")


def parse_command(command: str) -> tuple[tuple[str, ...], str]:
    """Options that change sshd's settings, and a file of settings other than sshd_config, from its process title."""
    words = command.replace("sshd: ", "", 1).partition("[listener]")[0].split()[1:]
    kept: list[str] = []
    other = ""
    for word, value in zip(words, [*words[1:], ""]):
        if word == "-f" and value != str(settings.MAIN):
            other = value
        elif word in ("-o", "-p"):
            kept += [word, value]
        elif re.match(r"-(o.+|p\d+|4|6)$", word):
            kept.append(word)
    return tuple(kept), other


def unit_of(process: sockets.Process) -> str:
    """The service that a process belongs to."""
    found = re.search(r"/([^/\n]+\.service)", text_of(sockets.PROC / str(process.pid) / "cgroup"))
    return found[1] if found else "ssh.service"


def socket_files(name: str) -> tuple[bool, tuple[int, ...]]:
    """Whether the role's drop-in is there, and the ports of the other files of the unit."""
    listing = run(("systemctl", "show", "--property=FragmentPath,DropInPaths", name)).stdout
    paths = [word for line in listing.splitlines() for word in line.partition("=")[2].split()]
    others = [text_of(Path(path)) for path in paths if Path(path).name != DROP_IN]
    return len(others) < len(paths), systemd_sockets.listen_ports(others)


def service_of(socket: str) -> str:
    """The service that a socket of systemd starts."""
    triggers = run(("systemctl", "show", "--property=Triggers", "--value", socket)).stdout.split()
    return triggers[0] if triggers else "ssh.service"


def socket_units(pattern: str) -> list[tuple[str, bool, tuple[int, ...]]]:
    """Active sockets of systemd that match: name, whether systemd accepts, and the TCP ports."""
    properties = "--property=Id,Listen,Triggers,Accept,ActiveState"
    return systemd_sockets.parse_sockets(run(("systemctl", "show", properties, pattern)).stdout)
