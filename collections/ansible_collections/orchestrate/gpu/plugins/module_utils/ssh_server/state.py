"""Have sshd's settings as wanted, or the distribution's again.

Settings are applied with rollback: `present` and `absent` load them unconfirmed, `confirm` lets go of those before. Whoever calls
holds a lock. Never touches the host's own keys, and sshd_config only for the line that includes the role's file.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ansible_collections.orchestrate.gpu.plugins.module_utils.packages import decisions
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages.state import bring_about
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import Answer, HostError, RefusedError
from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server import changes, key_material, restore
from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.access import effects
from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.access.facts import Facts, Wish
from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.access.problems import problems
from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.config import settings
from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.host import candidate, gather
from ansible_collections.orchestrate.gpu.plugins.module_utils.system import files, rollback
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.network_sockets import read_snapshot
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.programs import succeed


def new_answer(*done: str) -> Answer:
    """With all return values that are not known yet."""
    more = {"notes": [], "unconfirmed": False, "port": 0, "ports_after": [], "dependents": []}
    return Answer(list(done), more=more)


def present(wish: Wish, *, write_all: bool) -> Answer:
    """Have everything as wanted, new settings unconfirmed. Raises HostError before settings are changed."""
    answer = new_answer()
    wanted = decisions.Wish("ssh_server", decisions.wants_of(wish.packages, ()))
    packages = bring_about(wanted, write=write_all)
    answer.done += packages.done
    answer.diff += packages.diff
    answer.done += key_material.present(rsa_key=wish.rsa_host_key, moduli=wish.moduli, write=write_all)
    if not write_all and not Path(candidate.SSHD).exists():
        answer.done.append("loaded the settings")
        return answer
    facts = check(wish, answer)
    is_due = changes.PREVIOUS.exists() or files.differs(files.ManagedFile(settings.FILE, wish.settings))
    if is_due or [*changes.new_texts(wish, facts)] != [settings.FILE]:
        change(wish, facts, answer, write_all=write_all)
    return answer


def absent(given: Wish, *, write_all: bool) -> Answer:
    """Return to the distribution's settings, unconfirmed; once there is nothing of the role's, take its key material away."""
    answer, wish = new_answer(), replace(given, settings="", add_include=False)
    if settings.FILE.exists() or changes.PREVIOUS.exists():
        if not write_all and not Path(candidate.SSHD).exists():
            return answer
        change(wish, check(wish, answer), answer, write_all=write_all)
        if write_all:
            return answer
    answer.done += key_material.absent(write=write_all)
    return answer


def check(wish: Wish, answer: Answer) -> Facts:
    """Gather the facts. Raises HostError with everything that stands against the settings."""
    try:
        facts = gather.gather(wish)
    except candidate.SettingsError as error:
        raise RefusedError(f"sshd refuses its settings, with the role's among them: {error}") from error
    found = problems(wish, facts)
    if found:
        raise RefusedError(" ".join(text for _name, text in found))
    answer.more.update(
        notes=[*effects.notes(wish, facts)],
        port=facts.operator.connection.port,
        ports_after=[*effects.ports_after(wish, facts)],
        dependents=[*effects.dependents(wish, facts)],
    )
    return facts


def change(wish: Wish, facts: Facts, answer: Answer, *, write_all: bool) -> None:
    """Keep the files as they are, arm the rollback, write and load. Without `write_all`, say what would change."""
    texts = changes.new_texts(wish, facts)
    answer.diff += [files.difference(path, text) for path, text in texts.items()]
    if not write_all:
        answer.done.append("loaded the settings")
        return
    kept = changes.kept_files(texts)
    # A run that was cut short has left them, and what lies in their place was never proved.
    for copy, path in kept:
        if not copy.exists():
            files.write(files.ManagedFile(copy, files.text_of(path)))
    files.write(files.ManagedFile(changes.RESTORE, inspect.getsource(restore), 0o600))
    plan = changes.plan_of(facts, kept)

    def load() -> None:
        for path, text in texts.items():
            put(path, text)
        succeed((candidate.SSHD, "-t"), "mend what it names in /etc/ssh, and repeat")
        restore.load(plan)

    rollback.apply(rollback_of(plan), wish.rollback_s, load)
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
    if path == settings.MAIN:
        files.rewrite(path, text)
    elif text:
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        files.write(files.ManagedFile(path, text))
    else:
        path.unlink(missing_ok=True)


def confirm(ports: Sequence[int], *, local: bool, write_all: bool) -> Answer:
    """Let go of the settings before: a fresh connection has proved the new ones. Raises HostError when they were taken back."""
    answer = new_answer("confirmed the settings")
    if not write_all:
        return answer
    plan = {"addresses": ["127.0.0.1", "::1", *read_snapshot().addresses], "ports": ports}
    if local and not restore.answers(plan):
        places = ", ".join(map(str, ports))
        raise HostError(f"no server of SSH greets at port {places}", "journalctl --unit ssh.service")
    rollback.confirm(rollback_of({}))
    for path in (changes.RESTORE, changes.PREVIOUS_MAIN, changes.PREVIOUS_SOCKET):
        path.unlink(missing_ok=True)
    return answer
