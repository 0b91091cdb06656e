"""Whether new settings of sshd would shut somebody out whom they are not meant for. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.access import effects
from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.access.facts import Facts, Wish
from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.config import sessions, settings

WIDTH = 40
"""Longer values, lists of algorithms, are not written out."""
BY_PASSWORD = ("password", "keyboard-interactive/pam", "keyboard-interactive")


class Problem(NamedTuple):
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


def _not_in_force(wish: Wish, facts: Facts) -> Iterator[Problem]:
    lost = settings.not_in_force(facts.wanted, facts.general)
    if not lost or not wish.settings:
        return
    short = [line for line in lost if len(facts.general.first(line.keyword)) < WIDTH]
    names = ", ".join(f"{line.keyword} {facts.general.first(line.keyword)}" for line in short or lost[:1])
    rivals = [one for line in lost for one in settings.set_outside(line.keyword, facts.files)]
    if not facts.is_included:
        yield Problem(
            "include",
            f"sshd would not read {settings.FILE}: /etc/ssh/sshd_config has no line "
            f"`Include /etc/ssh/sshd_config.d/*.conf`, so that {names} would stay. Set ssh_server_add_include: true, "
            "and the role puts a line for its own file at the top; or write the line above there yourself.",
        )
    elif rivals:
        yield Problem(
            "order",
            f"sshd keeps the first value it reads, and these come before the role's: {effects.places(rivals[:8])}. "
            "Move them below the Include line, or remove them.",
        )
    else:
        yield Problem(
            "order", f"sshd would go on with {names}, whatever the role writes: look at its command line."
        )


def _other_server(wish: Wish, facts: Facts) -> Iterator[Problem]:
    server, connection = facts.server, facts.operator.connection
    at = f"{connection.local} port {connection.port}"
    way_out = "Connect through sshd itself, or set ssh_server_accept: [other_server]."
    if server.other_file:
        yield Problem(
            "other_server",
            f"The sshd of this connection ({server.unit or 'no unit'}) was started with {server.other_file}, which the role's "
            f"settings do not reach. {way_out}",
        )
    elif not wish.local and connection.port and server.program not in ("sshd", "systemd"):
        what = f"{server.program} listens" if server.program else "nothing that can be seen listens"
        yield Problem(
            "other_server",
            f"This connection came in at {at}, where {what}, not sshd. A new connection "
            f"would say nothing about sshd. {way_out}",
        )


def _operator(facts: Facts) -> Iterator[Problem]:
    operator, after = facts.operator, facts.predicted
    passwords = ("passwordauthentication", "kbdinteractiveauthentication")
    keys_only = all(after.first(keyword) == "no" for keyword in passwords)
    if keys_only and not operator.has_key:
        yield Problem(
            "key",
            f"{operator.user} has no key in ~/.ssh/authorized_keys, and only keys would be accepted from now on. "
            "Add one (base_users does it), or connect as a user who has.",
        )
    elif keys_only and operator.method in BY_PASSWORD:
        yield Problem(
            "key",
            f"This connection logged in by password, and only keys would be accepted from now on. {operator.user} has keys "
            "on the host, but none that this computer has used. Add this computer's own public key to "
            f"~{operator.user}/.ssh/authorized_keys (base_users does it, or ssh-copy-id), and name the private key in "
            "ansible_ssh_private_key_file where ssh does not find it by itself.",
        )
    if operator.user == "root" and after.first("permitrootlogin") == "no":
        yield Problem(
            "root",
            "This connection is root's, and ssh_server_permit_root_login is no. "
            "Connect as another user with sudo, or set it to prohibit-password.",
        )
    kept_out = settings.admits(after, operator.user, operator.groups, "")
    users = " ".join(after.get("allowusers", ())).split()
    if kept_out == "AllowUsers":
        yield Problem(
            "allow_users",
            f"ssh_server_allow_users is {', '.join(users)}, without {operator.user}, who is connected. "
            f"Add {operator.user} to it.",
        )
    elif kept_out:
        yield Problem(
            "allow_users",
            f"{kept_out} in sshd's settings keeps out {operator.user}, who is connected. Change it there first.",
        )
    if missing := settings.second_factors(after):
        yield Problem(
            "authentication_methods",
            f"AuthenticationMethods is {after.first('authenticationmethods')}, and {' and '.join(missing)} would be off: "
            "nobody could log in. Take that method out of AuthenticationMethods first.",
        )


def _listening(wish: Wish, facts: Facts) -> Iterator[Problem]:
    server, connection = facts.server, facts.operator.connection
    at = f"{connection.local} port {connection.port}"
    by_itself = server.program == "sshd" and not server.socket and not server.other_file
    stays = connection.port > 0 and wish.port in (0, connection.port)
    if by_itself and stays and not settings.listens_at(facts.predicted, connection.local, connection.port):
        yield Problem(
            "listen",
            f"This connection came in at {at}, and sshd's settings say that it listens at "
            f"{', '.join(facts.predicted.get('listenaddress', ()))}: they were changed and not loaded, and a reload would "
            "close the port in use. Correct Port and ListenAddress in /etc/ssh/sshd_config first.",
        )


def _carried(wish: Wish, facts: Facts) -> Iterator[Problem]:
    lost = [pair for pair in facts.forwards if not sessions.still_allowed(*pair)]
    if lost:
        yield Problem(
            "forwards",
            f"Sessions of sshd carry {', '.join(effects.words(forward) for forward, _after in lost)}, which the new settings "
            "forbid: whoever reaches a host by that is shut out as soon as it has to be made anew. "
            f"Keep it with {' and '.join(dict.fromkeys(_keeps(*pair) for pair in lost))}, or, "
            "where nobody needs it, set ssh_server_accept: [forwards].",
        )
    behind, allowed = effects.dependents(wish, facts), facts.predicted.first("allowtcpforwarding")
    if behind and allowed in ("no", "remote"):
        yield Problem(
            "forwards",
            f"The inventory reaches {', '.join(behind)} through this host, and AllowTcpForwarding would be "
            f"{allowed}. Set ssh_server_allow_tcp_forwarding: local, or, where they "
            "are reached in another way, ssh_server_accept: [forwards].",
        )
    for forward, after in facts.forwards:
        if (forward, after) in lost:
            continue
        kept_out = settings.admits(after, forward.user, (), forward.client) if "allowusers" in after else ""
        by_password = facts.methods.get(forward.client_port, "") in BY_PASSWORD
        if kept_out:
            yield Problem(
                "forwards",
                f"{forward.user} carries {effects.words(forward)} and would be kept out by {kept_out}. "
                f"Add {forward.user} to ssh_server_allow_users, or set ssh_server_accept: [forwards].",
            )
        elif by_password and after.first("passwordauthentication") == "no":
            yield Problem(
                "forwards",
                f"{forward.user} carries {effects.words(forward)}, logged in by password, and only keys would be accepted from "
                "now on. Give that client a key first, or set ssh_server_accept: [forwards].",
            )


def _let_in_otherwise(wish: Wish, facts: Facts) -> Iterator[Problem]:
    if not wish.settings:
        return
    if exceptions := settings.login_exceptions(facts.files, effects.root(facts)):
        yield Problem(
            "match_blocks",
            f"Match blocks let in what the role keeps out: {effects.places(exceptions)}. sshd prefers them to the "
            "role's settings. Remove these lines, or, where they are meant, set ssh_server_accept: [match_blocks].",
        )
    listed = {name for line in facts.wanted if line.keyword == "allowusers" for name in line.value.split()}
    more = settings.set_outside("allowusers", facts.files)
    extra = sorted({name for line in more for name in line.value.split()} - listed)
    if listed and extra:
        yield Problem(
            "match_blocks",
            f"AllowUsers adds up: {', '.join(extra)} would be let in too, by {effects.places(more)}. Remove that, add them to "
            "ssh_server_allow_users, or set ssh_server_accept: [match_blocks].",
        )


def _keeps(forward: sessions.Forward, after: settings.Settings) -> str:
    if forward.kind == "device":
        return "ssh_server_permit_tunnel: point-to-point"
    if forward.kind == "connection":
        return "ssh_server_allow_tcp_forwarding: local"
    public = forward.public and after.first("gatewayports", "no") == "no"
    further = " and ssh_server_gateway_ports: clientspecified" if public else ""
    return f"ssh_server_allow_tcp_forwarding: all{further}"
