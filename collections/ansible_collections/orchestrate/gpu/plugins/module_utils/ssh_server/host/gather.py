"""Gather what is to be known of sshd on a host: who is connected, who serves, what its sessions carry. Changes nothing."""

from __future__ import annotations

import grp
import os
import pwd
import re
import tempfile
from pathlib import Path

from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.access import facts
from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.config import sessions, settings
from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.host import candidate, server
from ansible_collections.orchestrate.gpu.plugins.module_utils.system import network_sockets as sockets
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.files import text_of
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.programs import run

KEY = re.compile(r"^[^#\n]*(ssh|ecdsa|sk)-\S+ AAAA", re.MULTILINE)
JOURNAL = ("journalctl", "--quiet", "--no-pager", "--output=cat", "--lines=20000")


def gather(wish: facts.Wish) -> facts.Facts:
    """Everything that the decisions need. Raises SettingsError where sshd refuses the settings."""
    snapshot = sockets.read_snapshot()
    connection = sockets.find_connection(snapshot, wish.connection.split())
    address, port, client, client_port = connection.ends
    found, options = server.find_server(snapshot, port)
    own_ports = frozenset({port, *found.ports}) if port else frozenset(found.ports)
    users = {entry.pw_uid: entry.pw_name for entry in pwd.getpwall()}
    carried = sessions.forwards(snapshot, users, sockets.tun_holders(), own_ports)
    through = sessions.outward(snapshot, connection)
    methods = login_methods()
    account = pwd.getpwnam(wish.user)
    with tempfile.TemporaryDirectory(prefix="ssh_server-") as folder:
        files = candidate.Candidate(wish, options, Path(folder))
        predicted = files.effective(wish.user, client, address, port)
        return facts.Facts(
            operator=facts.Operator(
                user=wish.user,
                groups=tuple(grp.getgrgid(gid).gr_name for gid in os.getgrouplist(wish.user, account.pw_gid)),
                connection=connection,
                method=methods.get(client_port, ""),
                has_key=has_key(account, predicted),
                addresses=snapshot.addresses,
                through=through.name if through else "",
            ),
            server=found,
            is_included=settings.includes(text_of(settings.MAIN), settings.FILE),
            files=tuple(candidate.read_files()),
            wanted=tuple(settings.parse_file(str(settings.FILE), wish.settings)),
            general=files.effective(),
            predicted=predicted,
            forwards=tuple((one, files.effective(one.user, one.client)) for one in carried),
            methods=methods,
        )


def has_key(account: pwd.struct_passwd, predicted: settings.Settings) -> bool:
    """Whether some key may log in as this user, as far as can be told."""
    elsewhere = ("authorizedkeyscommand", "trustedusercakeys")
    if any(predicted.first(keyword, "none").startswith("/") for keyword in elsewhere):
        return True
    tokens = {"%h": account.pw_dir, "%u": account.pw_name, "%U": str(account.pw_uid)}
    for pattern in predicted.first("authorizedkeysfile").split():
        path = re.sub("%[huU]", lambda token: tokens[token[0]], pattern)
        if KEY.search(text_of(Path(account.pw_dir) / path)):
            return True
    return False


def login_methods() -> dict[int, str]:
    """How sessions logged in, by the client's port, as far as the journal knows."""
    said = run((*JOURNAL, "-t", "sshd", "-t", "sshd-session")).stdout
    accepted = re.findall(r"^Accepted (\S+) for .* port (\d+) ssh2", said, re.MULTILINE)
    return {int(port): method for method, port in accepted}
