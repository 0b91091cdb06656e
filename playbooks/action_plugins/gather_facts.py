"""Gather facts as Ansible does, and say what stands in the way: no Python, or a sudo that wants a terminal or a password.

Ansible finds this beside the playbooks and takes it for every play of theirs. It looks at what failed, and asks and changes nothing
more on any host.
"""

# Copyright: the orchestrate maintainers
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.action import ActionBase

NO_PYTHON = re.compile(
    r"(\S*python\S*): (?:command )?not found|(\S*python\S*): No such file or directory"
    r"|no such file or directory: (\S*python\S*)"
)
"""What dash, bash, busybox, sudo and zsh say."""
OLD_PYTHON = re.compile(r"requires a minimum of Python version ([\d.]+\d)\. Current version: ([\d.]+\d)")
NO_SUDO = re.compile(r"\bsudo: (?:command )?not found")
NO_PASSWORD = re.compile(
    r"(Missing|Incorrect) (\w+) password|(sudo): (?:a password|interactive authentication) is required"
)
"""What Ansible says of any program, and sudo and sudo-rs by themselves."""
INSTALL_PYTHON = "apt-get update && apt-get install --yes python3"
"""apt knows no package on a host where its lists were never fetched, as on a fresh one."""


class ActionModule(ActionBase):  # type: ignore[misc]  # ansible-core carries no types
    """Ansible's own action, and what its failure means."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The facts, or a failure whose message is a cause and a next step. `tmp` is Ansible's, and used by nobody."""
        del tmp
        given = task_vars or {}
        own = self._shared_loader_obj.action_loader.get(
            "ansible.builtin.gather_facts",
            task=self._task,
            connection=self._connection,
            play_context=self._play_context,
            loader=self._loader,
            templar=self._templar,
            shared_loader_obj=self._shared_loader_obj,
        )
        try:
            result: dict[str, Any] = own.run(task_vars=given)
        except AnsibleConnectionFailure:
            raise
        except AnsibleError as error:
            if why := reason(given, str(error)):
                return {"failed": True, "msg": why}
            raise
        said = words_of(result, "module_stdout", "module_stderr", "msg") if result.get("failed") else ""
        why = reason(given, said)
        printed = words_of(result, "module_stdout", "module_stderr").splitlines()
        return {"failed": True, "msg": why, "output": printed} if why else result


def words_of(result: Mapping[str, Any], *keys: str) -> str:
    """What is told of the modules of facts that failed."""
    said = (
        str(failed.get(key) or "").strip()
        for failed in result.get("failed_modules", {}).values()
        for key in keys
    )
    return "\n".join(filter(None, said))


def reason(given: Mapping[str, Any], said: str) -> str:
    """Cause and next step, a line each; empty where they are not known. Pure.

    Args:
        given: the variables of the task: the host, and which inventories were read.
        said: what Ansible, the shell or sudo said.
    """
    host = given.get("inventory_hostname", "this host")
    user = given.get("ansible_user") or "USER"
    if found := OLD_PYTHON.search(said):
        return _told(
            f"{host} has Python {found[2]}, and Ansible needs {found[1]}",
            f"give {host} a distribution that has it, or set ansible_python_interpreter to a newer one",
        )
    if found := NO_PYTHON.search(said):
        sources = " ".join(
            f"-i {shlex.quote(str(path))}" for path in given.get("ansible_inventory_sources") or ()
        )
        command = f"ansible {host} {sources} --become -m ansible.builtin.raw -a {shlex.quote(INSTALL_PYTHON)}"
        return _told(
            f"{host} has no Python at {found[1] or found[2] or found[3]}, which Ansible needs there",
            f"`{command}`, or set ansible_python_interpreter where it has one elsewhere",
        )
    if "must have a tty" in said:
        line = shlex.quote(f"Defaults:{user} !requiretty")
        return _told(
            f"{host}: sudo there runs on terminals alone (`requiretty`), and Ansible has none while it pipelines",
            f"on {host}: echo {line} | sudo EDITOR='tee -a' visudo -f /etc/sudoers.d/90-orchestrate; or set"
            " `ANSIBLE_PIPELINING=False` before `ansible-playbook`",
        )
    if NO_SUDO.search(said):
        return _told(
            f"{host} has no sudo, and {user} is not root there",
            f"on {host}, as root: apt-get install --yes sudo, and let {user} use it; or set ansible_become_method: su",
        )
    if found := NO_PASSWORD.search(said):
        seen = "is wrong" if found[1] == "Incorrect" else "is asked for, and none was given"
        return _told(
            f"{host}: {user} cannot become root there: the password of {found[2] or found[3]} {seen}",
            "repeat it with --ask-become-pass, or set ansible_become_password in the inventory, encrypted by ansible-vault",
        )
    return ""


def _told(cause: str, hint: str) -> str:
    return f"{cause}\n  try: {hint}"
