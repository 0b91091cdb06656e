"""Which files change with sshd's settings, what is kept of them, and what going back needs to know. Writes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.access import effects
from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.access.facts import Facts, Wish
from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.host import candidate
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.files import text_of

# sshd keeps the first value it reads, so this file sorts before whatever else lies there.
FILE = Path("/etc/ssh/sshd_config.d/00-00-ssh_server.conf")
PREVIOUS = Path("/etc/ssh/ssh_server.previous")
"""The settings before, as long as the new ones are unconfirmed."""
PREVIOUS_MAIN = Path("/etc/ssh/ssh_server.previous-main")
PREVIOUS_SOCKET = Path("/etc/ssh/ssh_server.previous-socket")
RESTORE = Path("/run/ssh_server-restore.py")
"""What takes settings back; a host that is restarted meanwhile forgets it with the timer."""
UNITS = Path("/etc/systemd/system")
SOCKET_FILE = "ssh_server.conf"
MARKER = "Ansible managed: role ssh_server"


def new_texts(wish: Wish, facts: Facts) -> dict[Path, str]:
    """The files that change, with their new text; empty for one that goes."""
    texts = {FILE: wish.settings}
    include = f"Include {FILE}\n"
    main = text_of(candidate.MAIN)
    if effects.needs_include(wish, facts):
        texts[candidate.MAIN] = include + main
    elif not wish.settings and include in main.splitlines(keepends=True):
        texts[candidate.MAIN] = "".join(one for one in main.splitlines(keepends=True) if one != include)
    port = effects.socket_port(wish, facts.server)
    if port:
        texts[drop_in_of(facts)] = f"# {MARKER}\n[Socket]\nListenStream=\nListenStream={port}\n"
    elif effects.drops_socket_port(wish, facts.server):
        texts[drop_in_of(facts)] = ""
    return texts


def kept_files(wish: Wish, facts: Facts) -> list[tuple[Path, Path]]:
    """The copies of the files before, each with its place. The last one's end is the end of the rollback."""
    kept = [(PREVIOUS_SOCKET, drop_in_of(facts))] if socket_changes(wish, facts) else []
    if effects.needs_include(wish, facts) or not wish.settings:
        kept.append((PREVIOUS_MAIN, candidate.MAIN))
    return [*kept, (PREVIOUS, FILE)]


def socket_changes(wish: Wish, facts: Facts) -> bool:
    """Whether the port changes that systemd's socket listens at."""
    return effects.socket_port(wish, facts.server) > 0 or effects.drops_socket_port(wish, facts.server)


def drop_in_of(facts: Facts) -> Path:
    """The role's file for systemd's socket."""
    return UNITS / f"{facts.server.socket}.d" / SOCKET_FILE


def plan_of(wish: Wish, facts: Facts, kept: list[tuple[Path, Path]]) -> dict[str, Any]:
    """What loading and going back need to know."""
    return {
        "kept": [[str(copy), str(path)] for copy, path in kept],
        "load": effects.load_action(facts.server),
        "service": facts.server.unit,
        "socket": facts.server.socket,
        "new_socket": socket_changes(wish, facts),
        "ports": list(facts.server.ports),
        "addresses": ["127.0.0.1", "::1", *facts.operator.addresses],
        "program": str(RESTORE),
    }
