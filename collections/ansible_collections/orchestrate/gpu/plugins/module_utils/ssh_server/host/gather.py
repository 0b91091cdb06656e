"""Gather what is to be known of sshd on a host: who is connected, who serves, what its sessions carry. Changes nothing."""

from __future__ import annotations

import grp
import os
import pwd
import re
from pathlib import Path

from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.access.facts import (
    Facts,
    Operator,
    Wish,
)
from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.config.sessions import (
    forwards,
    outward,
)
from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.config.settings import (
    Settings,
    first,
    parse_file,
)
from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.host.candidate import (
    MAIN,
    prepared,
    read_files,
)
from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.host.server import find_server
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.network_sockets import (
    PROC,
    Snapshot,
    read,
    read_snapshot,
)
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.programs import run

KEY = re.compile(r"^[^#\n]*(ssh|ecdsa|sk)-\S+ AAAA", re.MULTILINE)
JOURNAL = (
    "journalctl",
    "--quiet",
    "--no-pager",
    "--output=cat",
    "--lines=20000",
    "-t",
    "sshd",
    "-t",
    "sshd-session",
)


def gather(wish: Wish, user: str, connection: str) -> Facts:
    """Everything that the decisions need. `connection` is SSH_CONNECTION as the operator's session has it."""
    snapshot = read_snapshot()
    client, client_port, address, port = parse_connection(connection)
    server, options = find_server(snapshot, port, wish.socket_file)
    own_ports = frozenset({port, *server.ports}) if port else frozenset(server.ports)
    files = read_files()
    methods = login_methods()
    account = pwd.getpwnam(user)
    with prepared(wish, options) as candidate:
        predicted = candidate.settings(user, client, address, port)
        carried = forwards(snapshot, user_names(), tun_holders(), own_ports)
        return Facts(
            operator=Operator(
                user=user,
                groups=tuple(grp.getgrgid(gid).gr_name for gid in os.getgrouplist(user, account.pw_gid)),
                client=client,
                client_port=client_port,
                address=address,
                port=port,
                method=methods.get(client_port, ""),
                has_key=has_key(account, predicted),
                addresses=snapshot.addresses,
                through=outward_name(snapshot, (client, client_port, address, port)),
            ),
            server=server,
            main=tuple(line for line in files if line.path == str(MAIN)),
            files=tuple(files),
            wanted=tuple(parse_file(wish.own_file, wish.settings)),
            general=candidate.settings(),
            predicted=predicted,
            forwards=tuple((one, candidate.settings(one.user, one.client)) for one in carried),
            methods=methods,
        )


def parse_connection(text: str) -> tuple[str, int, str, int]:
    """The client's address and port, and the host's, of SSH_CONNECTION; empty and 0 without one."""
    words = text.split()
    if len(words) != 4:
        return "", 0, "", 0
    client, address = (word.partition("%")[0].replace("::ffff:", "") for word in (words[0], words[2]))
    return client, int(words[1]), address, int(words[3])


def has_key(account: pwd.struct_passwd, settings: Settings) -> bool:
    """Whether some key may log in as this user, as far as can be told."""
    if any(
        first(settings, keyword, "none").startswith("/")
        for keyword in ("authorizedkeyscommand", "trustedusercakeys")
    ):
        return True
    for pattern in first(settings, "authorizedkeysfile").split():
        path = (
            pattern.replace("%h", account.pw_dir)
            .replace("%u", account.pw_name)
            .replace("%U", str(account.pw_uid))
        )
        if KEY.search(read(Path(account.pw_dir) / path)):
            return True
    return False


def login_methods() -> dict[int, str]:
    """How sessions logged in, by the client's port, as far as the journal knows."""
    said = run(JOURNAL).stdout
    return {
        int(port): method
        for method, port in re.findall(r"^Accepted (\S+) for .* port (\d+) ssh2", said, re.MULTILINE)
    }


def user_names() -> dict[int, str]:
    """Names by user id."""
    return {entry.pw_uid: entry.pw_name for entry in pwd.getpwall()}


def tun_holders() -> dict[int, str]:
    """Network devices that processes hold, by process (the kernel's Documentation/networking/tuntap)."""
    found = {}
    for info in PROC.glob("[0-9]*/fdinfo/*"):
        named = re.search(r"^iff:\t(\S+)", read(info), re.MULTILINE)
        if named:
            found[int(info.parts[2])] = named[1]
    return found


def outward_name(snapshot: Snapshot, connection: tuple[str, int, str, int]) -> str:
    """The program on the host that the operator's connection came in by; empty for none."""
    client, client_port, _address, port = connection
    own = (
        one for one in snapshot.sockets if (one.peer, one.peer_port, one.port) == (client, client_port, port)
    )
    socket = next(own, None)
    through = outward(snapshot, socket) if socket else None
    return through.name if through else ""
