"""Have sshd's settings as wanted, or the distribution's again.

Settings are applied with rollback: `present` and `absent` load them unconfirmed, `confirm` lets go of those before. Whoever calls
holds a lock. Never touches the host's own keys, and sshd_config only for the line that includes the role's file.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.orchestrate.gpu.plugins.module_utils.packages.decisions import Wish as PackageWish
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages.decisions import wants_of
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages.state import bring_about
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import Answer, HostError, RefusedError
from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server import changes, restore
from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.access import effects
from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.access.facts import Facts, Wish
from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.access.problems import problems
from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.host import candidate, gather
from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.key_material import KeyMaterial
from ansible_collections.orchestrate.gpu.plugins.module_utils.system import rollback
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.files import (
    ManagedFile,
    difference,
    differs,
    rewrite,
    text_of,
    write,
)
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.network_sockets import read_snapshot
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.programs import succeed


@dataclass(frozen=True)
class SshServer:
    """The server as it shall be."""

    wish: Wish
    user: str
    """Who is connected."""
    connection: str
    """SSH_CONNECTION of that user's session; empty where it is not known."""
    packages: tuple[str, ...]
    key_material: KeyMaterial
    rollback_s: int


def server_of(given: Mapping[str, Any]) -> SshServer:
    """The parameters of the module."""
    here = given["state"] == "present"
    return SshServer(
        wish=Wish(
            own_file=str(changes.FILE),
            settings=given["settings"] if here else "",
            port=given["port"],
            accept=tuple(given["accept"]),
            add_include=here and given["add_include"],
            socket_file=changes.SOCKET_FILE,
            local=given["local"],
            names=tuple(given["names"]),
            ways=tuple((str(host), str(options)) for host, options in given["ssh_options"]),
        ),
        user=given["user"],
        connection=given["connection"],
        packages=tuple(given["packages"]),
        key_material=KeyMaterial(rsa_key=given["rsa_host_key"], moduli=given["moduli"]),
        rollback_s=given["rollback_s"],
    )


def new_answer(*done: str) -> Answer:
    """With all return values that are not known yet."""
    more = {"notes": [], "unconfirmed": False, "port": 0, "ports_after": [], "dependents": []}
    return Answer(list(done), more=more)


def present(wanted: SshServer, *, write_all: bool) -> Answer:
    """Have everything as wanted, new settings unconfirmed. Raises HostError before settings are changed."""
    answer = new_answer()
    packages = bring_about(PackageWish("ssh_server", wants_of(wanted.packages, ())), write=write_all)
    answer.done += packages.done
    answer.diff += packages.diff
    answer.done += wanted.key_material.present(write=write_all)
    if not write_all and not Path(candidate.SSHD).exists():
        answer.done.append("loaded the settings")
        return answer
    facts = check(wanted, answer)
    is_due = changes.PREVIOUS.exists() or differs(ManagedFile(changes.FILE, wanted.wish.settings))
    if is_due or effects.needs_include(wanted.wish, facts) or changes.socket_changes(wanted.wish, facts):
        change(wanted, facts, answer, write_all=write_all)
    return answer


def absent(wanted: SshServer, *, write_all: bool) -> Answer:
    """Return to the distribution's settings, unconfirmed; once there is nothing of the role's, take its key material away."""
    answer = new_answer()
    if changes.FILE.exists() or changes.PREVIOUS.exists():
        if not write_all and not Path(candidate.SSHD).exists():
            return answer
        change(wanted, check(wanted, answer), answer, write_all=write_all)
        if write_all:
            return answer
    answer.done += KeyMaterial(rsa_key=False, moduli=False).absent(write=write_all)
    return answer


def check(wanted: SshServer, answer: Answer) -> Facts:
    """Gather the facts. Raises HostError with everything that stands against the settings."""
    try:
        facts = gather.gather(wanted.wish, wanted.user, wanted.connection)
    except candidate.SettingsError as error:
        raise RefusedError(f"sshd refuses its settings, with the role's among them: {error}") from error
    found = problems(wanted.wish, facts)
    if found:
        raise RefusedError(" ".join(problem.text for problem in found))
    answer.more["notes"] = effects.notes(wanted.wish, facts)
    answer.more["port"] = facts.operator.port
    answer.more["ports_after"] = list(effects.ports_after(wanted.wish, facts))
    answer.more["dependents"] = list(effects.dependents(wanted.wish, facts))
    return facts


def change(wanted: SshServer, facts: Facts, answer: Answer, *, write_all: bool) -> None:
    """Keep the files as they are, arm the rollback, write and load. Without `write_all`, say what would change."""
    texts = changes.new_texts(wanted.wish, facts)
    answer.diff += [difference(path, text) for path, text in texts.items()]
    if not write_all:
        answer.done.append("loaded the settings")
        return
    kept = changes.kept_files(wanted.wish, facts)
    # A run that was cut short has left them, and what lies in their place was never proved.
    for copy, path in kept:
        if not copy.exists():
            write(ManagedFile(copy, text_of(path)))
    write(ManagedFile(changes.RESTORE, inspect.getsource(restore), 0o600))
    plan = changes.plan_of(wanted.wish, facts, kept)

    def load() -> None:
        for path, text in texts.items():
            put(path, text)
        succeed((candidate.SSHD, "-t"), "mend what it names in /etc/ssh, and repeat")
        restore.load(plan)

    rollback.apply(rollback_of(plan), wanted.rollback_s, load)
    answer.done.append("loaded the settings, unconfirmed")
    answer.more["unconfirmed"] = True


def rollback_of(plan: Mapping[str, Any]) -> rollback.Rollback:
    """Back to the files that were kept."""
    return rollback.Rollback(
        unit="ssh_server-rollback",
        description="Take back SSH settings that were not proved",
        command=("/usr/bin/python3", str(changes.RESTORE), json.dumps(plan)),
        marker=changes.PREVIOUS,
    )


def put(path: Path, text: str) -> None:
    """Write the file, or remove it where it has no text."""
    if not text and path != candidate.MAIN:
        path.unlink(missing_ok=True)
    elif path == candidate.MAIN:
        rewrite(path, text)
    else:
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        write(ManagedFile(path, text))


def confirm(ports: Sequence[int], *, local: bool, write_all: bool) -> Answer:
    """Let go of the settings before: a fresh connection has proved the new ones. Raises HostError when they were taken back."""
    answer = new_answer("confirmed the settings")
    if not write_all:
        return answer
    plan = {"addresses": ["127.0.0.1", "::1", *read_snapshot().addresses], "ports": ports}
    if local and not restore.answers(plan):
        raise HostError(
            f"no server of SSH greets at port {', '.join(map(str, ports))}", "journalctl --unit ssh.service"
        )
    rollback.confirm(rollback_of({}))
    for path in (changes.RESTORE, changes.PREVIOUS_MAIN, changes.PREVIOUS_SOCKET):
        path.unlink(missing_ok=True)
    return answer
