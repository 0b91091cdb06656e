"""Which files change with sshd's settings, what is kept of them, and what going back needs to know. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.access import effects
from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.access.facts import Facts, Wish
from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.config import settings
from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.host.server import DROP_IN
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.files import text_of

PREVIOUS = Path("/etc/ssh/ssh_server.previous")
"""The settings before, as long as the new ones are unconfirmed."""
PREVIOUS_MAIN = Path("/etc/ssh/ssh_server.previous-main")
PREVIOUS_SOCKET = Path("/etc/ssh/ssh_server.previous-socket")
RESTORE = Path("/run/ssh_server-restore.py")
"""What takes settings back; a host that is restarted meanwhile forgets it with the timer."""
UNITS = Path("/etc/systemd/system")


def new_texts(wish: Wish, facts: Facts) -> dict[Path, str]:
    """The role's file, and the others that change, with their new text; empty for one that goes."""
    texts = {settings.FILE: wish.settings}
    include = f"Include {settings.FILE}\n"
    lines = text_of(settings.MAIN).splitlines(keepends=True)
    if effects.needs_include(wish, facts):
        texts[settings.MAIN] = "".join((include, *lines))
    elif not wish.settings and include in lines:
        texts[settings.MAIN] = "".join(line for line in lines if line != include)
    port = effects.socket_port(wish, facts.server)
    if port:
        texts[drop_in_of(facts)] = (
            f"# Ansible managed: role ssh_server\n[Socket]\nListenStream=\nListenStream={port}\n"
        )
    elif effects.drops_socket_port(wish, facts.server):
        texts[drop_in_of(facts)] = ""
    return texts


def kept_files(texts: Iterable[Path]) -> list[tuple[Path, Path]]:
    """The copies of the files before, each with its place. The last one's end is the end of the rollback."""
    copies = {settings.FILE: PREVIOUS, settings.MAIN: PREVIOUS_MAIN}
    return [(copies.get(path, PREVIOUS_SOCKET), path) for path in reversed([*texts])]


def drop_in_of(facts: Facts) -> Path:
    """The role's file for systemd's socket."""
    return UNITS / f"{facts.server.socket}.d" / DROP_IN


def plan_of(facts: Facts, kept: list[tuple[Path, Path]]) -> dict[str, Any]:
    """What loading and going back need to know."""
    return {
        "kept": [[str(copy), str(path)] for copy, path in kept],
        "load": effects.load_command(facts.server),
        "service": facts.server.unit,
        "socket": facts.server.socket,
        "new_socket": drop_in_of(facts) in [path for _copy, path in kept],
        "ports": list(facts.server.ports),
        "addresses": ["127.0.0.1", "::1", *facts.operator.addresses],
        "program": str(RESTORE),
    }
