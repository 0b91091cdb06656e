"""Whether new settings of sshd would shut somebody out whom they are not meant for. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.access.effects import (
    dependents,
    places,
    root,
    words,
)
from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.access.facts import Facts, Wish
from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.config.sessions import (
    Forward,
    still_allowed,
)
from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.config.settings import (
    Settings,
    admits,
    first,
    includes,
    listens_at,
    login_exceptions,
    not_in_force,
    second_factors,
    set_before,
)

WIDTH = 40
"""Longer values, lists of algorithms, are not written out."""
BY_PASSWORD = ("password", "keyboard-interactive/pam", "keyboard-interactive")


@dataclass(frozen=True)
class Problem:
    """Why the settings cannot be put in force."""

    name: str
    text: str


def problems(wish: Wish, facts: Facts) -> list[Problem]:
    """Everything that stands against the settings, most telling first. Accepted ones are left out."""
    found = [*_not_in_force(wish, facts), *_other_server(wish, facts)]
    if not wish.local:
        found += [*_operator(facts), *_listening(wish, facts)]
    found += [*_carried(wish, facts), *_let_in_otherwise(wish, facts)]
    return [one for one in found if one.name not in wish.accept]


def _not_in_force(wish: Wish, facts: Facts) -> list[Problem]:
    lost = not_in_force(facts.wanted, facts.general)
    if not lost or not wish.settings:
        return []
    short = [line for line in lost if len(first(facts.general, line.keyword)) < WIDTH]
    names = ", ".join(f"{line.keyword} {first(facts.general, line.keyword)}" for line in short or lost[:1])
    if not includes(facts.main, wish.own_file):
        text = (
            f"sshd would not read {wish.own_file}: /etc/ssh/sshd_config has no line "
            f"`Include /etc/ssh/sshd_config.d/*.conf`, so that {names} would stay. Set ssh_server_add_include: true, "
            "and the role puts a line for its own file at the top; or write the line above there yourself."
        )
        return [Problem("include", text)]
    rivals = [one for line in lost for one in set_before(line.keyword, facts.files, wish.own_file)]
    if rivals:
        text = (
            f"sshd keeps the first value it reads, and these come before the role's: {places(rivals[:8])}. "
            "Move them below the Include line, or remove them."
        )
        return [Problem("order", text)]
    return [
        Problem(
            "order", f"sshd would go on with {names}, whatever the role writes: look at its command line."
        )
    ]


def _other_server(wish: Wish, facts: Facts) -> list[Problem]:
    server, operator = facts.server, facts.operator
    way_out = "Connect through sshd itself, or set ssh_server_accept: [other_server]."
    if server.other_file:
        text = (
            f"The sshd of this connection ({server.unit or 'no unit'}) was started with {server.other_file}, which the role's "
            f"settings do not reach. {way_out}"
        )
        return [Problem("other_server", text)]
    if not wish.local and operator.port and server.program not in ("sshd", "systemd"):
        what = f"{server.program} listens" if server.program else "nothing that can be seen listens"
        text = (
            f"This connection came in at {operator.address} port {operator.port}, where {what}, not sshd. A new connection "
            f"would say nothing about sshd. {way_out}"
        )
        return [Problem("other_server", text)]
    return []


def _operator(facts: Facts) -> list[Problem]:
    operator, after = facts.operator, facts.predicted
    keys_only = (
        first(after, "passwordauthentication") == "no"
        and first(after, "kbdinteractiveauthentication") == "no"
    )
    found = []
    if keys_only and not operator.has_key:
        text = (
            f"{operator.user} has no key in ~/.ssh/authorized_keys, and only keys would be accepted from now on. "
            "Add one (base_users does it), or connect as a user who has."
        )
        found.append(Problem("key", text))
    elif keys_only and operator.method in BY_PASSWORD:
        text = (
            f"This connection logged in by password, and only keys would be accepted from now on. {operator.user} has keys "
            "on the host, but none that this computer has used. Add this computer's own public key to "
            f"~{operator.user}/.ssh/authorized_keys (base_users does it, or ssh-copy-id), and name the private key in "
            "ansible_ssh_private_key_file where ssh does not find it by itself."
        )
        found.append(Problem("key", text))
    if operator.user == "root" and first(after, "permitrootlogin") == "no":
        text = (
            "This connection is root's, and ssh_server_permit_root_login is no. "
            "Connect as another user with sudo, or set it to prohibit-password."
        )
        found.append(Problem("root", text))
    if kept_out := admits(after, operator.user, operator.groups, ""):
        users = " ".join(after.get("allowusers", ())) if kept_out == "AllowUsers" else ""
        text = (
            f"ssh_server_allow_users is {', '.join(users.split())}, without {operator.user}, who is connected. "
            f"Add {operator.user} to it."
            if users
            else f"{kept_out} in sshd's settings keeps out {operator.user}, who is connected. Change it there first."
        )
        found.append(Problem("allow_users", text))
    if missing := second_factors(after):
        text = (
            f"AuthenticationMethods is {first(after, 'authenticationmethods')}, and {' and '.join(missing)} would be off: "
            "nobody could log in. Take that method out of AuthenticationMethods first."
        )
        found.append(Problem("authentication_methods", text))
    return found


def _listening(wish: Wish, facts: Facts) -> list[Problem]:
    operator, server = facts.operator, facts.server
    moves = bool(wish.port) and wish.port != operator.port
    if not operator.port or bool(server.socket) or server.program != "sshd" or moves or server.other_file:
        return []
    if listens_at(facts.predicted, operator.address, operator.port):
        return []
    places = ", ".join(facts.predicted.get("listenaddress", ()))
    text = (
        f"This connection came in at {operator.address} port {operator.port}, and sshd's settings say that it listens at "
        f"{places}: they were changed and not loaded, and a reload would close the port in use. Correct Port and "
        "ListenAddress in /etc/ssh/sshd_config first."
    )
    return [Problem("listen", text)]


def _carried(wish: Wish, facts: Facts) -> list[Problem]:
    found = []
    lost = [(forward, after) for forward, after in facts.forwards if not still_allowed(forward, after)]
    if lost:
        text = (
            f"Sessions of sshd carry {', '.join(words(forward) for forward, _after in lost)}, which the new settings forbid: "
            "whoever reaches a host by that is shut out as soon as it has to be made anew. "
            f"Keep it with {' and '.join(dict.fromkeys(_keeps(forward, after) for forward, after in lost))}, or, "
            "where nobody needs it, set ssh_server_accept: [forwards]."
        )
        found.append(Problem("forwards", text))
    behind = dependents(wish, facts)
    if behind and _forbids_connections(facts):
        text = (
            f"The inventory reaches {', '.join(behind)} through this host, and AllowTcpForwarding would be "
            f"{first(facts.predicted, 'allowtcpforwarding')}. Set ssh_server_allow_tcp_forwarding: local, or, where they "
            "are reached in another way, ssh_server_accept: [forwards]."
        )
        found.append(Problem("forwards", text))
    for forward, after in facts.forwards:
        if found and forward in [one for one, _after in lost]:
            continue
        if kept_out := admits(after, forward.user, (), forward.client) if "allowusers" in after else "":
            text = (
                f"{forward.user} carries {words(forward)} and would be kept out by {kept_out}. "
                f"Add {forward.user} to ssh_server_allow_users, or set ssh_server_accept: [forwards]."
            )
            found.append(Problem("forwards", text))
        elif (
            facts.methods.get(forward.client_port, "") in BY_PASSWORD
            and first(after, "passwordauthentication") == "no"
        ):
            text = (
                f"{forward.user} carries {words(forward)}, logged in by password, and only keys would be accepted from "
                "now on. Give that client a key first, or set ssh_server_accept: [forwards]."
            )
            found.append(Problem("forwards", text))
    return found


def _let_in_otherwise(wish: Wish, facts: Facts) -> list[Problem]:
    if not wish.settings:
        return []
    found = []
    exceptions = login_exceptions(facts.files, wish.own_file, root(facts))
    if exceptions:
        text = (
            f"Match blocks let in what the role keeps out: {places(exceptions)}. sshd prefers them to the role's settings. "
            "Remove these lines, or, where they are meant, set ssh_server_accept: [match_blocks]."
        )
        found.append(Problem("match_blocks", text))
    listed = {name for line in facts.wanted if line.keyword == "allowusers" for name in line.value.split()}
    more = set_before("allowusers", facts.files, wish.own_file)
    extra = sorted({name for line in more for name in line.value.split()} - listed)
    if listed and extra:
        text = (
            f"AllowUsers adds up: {', '.join(extra)} would be let in too, by {places(more)}. Remove that, add them to "
            "ssh_server_allow_users, or set ssh_server_accept: [match_blocks]."
        )
        found.append(Problem("match_blocks", text))
    return found


def _forbids_connections(facts: Facts) -> bool:
    return first(facts.predicted, "allowtcpforwarding") in ("no", "remote")


def _keeps(forward: Forward, after: Settings) -> str:
    if forward.kind == "device":
        return "ssh_server_permit_tunnel: point-to-point"
    if forward.kind == "connection":
        return "ssh_server_allow_tcp_forwarding: local"
    public = forward.public and first(after, "gatewayports", "no") == "no"
    return "ssh_server_allow_tcp_forwarding: all" + (
        " and ssh_server_gateway_ports: clientspecified" if public else ""
    )
