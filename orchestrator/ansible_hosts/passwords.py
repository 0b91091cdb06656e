"""Passwords that somebody typed, kept where every program of Ansible's that we start can read them, and nobody else.

Kept in this process' memory, as a file without a name: Ansible is told its path by the variables that are its own for this. Nothing is
left when the process ends. No password is in an argument, in the environment or on a disk.
"""

import os
from collections.abc import Mapping
from enum import StrEnum

from orchestrator.ansible_hosts.settings import users_setting

_IDENTITIES = "ANSIBLE_VAULT_IDENTITY_LIST"
_BECOME_FILE = "ANSIBLE_BECOME_PASSWORD_FILE"
_ASKED = "asked"
"""Name of the vault identity that was typed. Ansible tries every identity on everything, whatever it is called."""


class Secret(StrEnum):
    """What may be asked for."""

    BECOME = "become"
    VAULT = "vault"


def keep(kind: Secret, text: str) -> None:
    """Have Ansible use it from now on, here and in what is started from here; beside the vault passwords that are configured."""
    if kind is Secret.BECOME:
        os.environ[_BECOME_FILE] = _nameless_file(text)
        return
    others = os.environ.get(_IDENTITIES) or users_setting("defaults", "vault_identity_list")
    asked = f"{_ASKED}@{_nameless_file(text)}"
    os.environ[_IDENTITIES] = f"{others},{asked}" if others else asked


def passed_on(environ: Mapping[str, str]) -> dict[str, str]:
    """What a program of Ansible's that writes down its environment is given of the user's settings: all but secrets."""
    given = {
        name: value for name, value in environ.items() if name.startswith("ANSIBLE_") and not _is_secret(name)
    }
    if (become := environ.get("ANSIBLE_BECOME_PASS")) and _BECOME_FILE not in given:
        given[_BECOME_FILE] = _nameless_file(become)
    return given


def _is_secret(name: str) -> bool:
    """Whether the variable holds a secret, and not the way to one."""
    if name.endswith(("_FILE", "_LIST", "_ASK_PASS", "_PROMPT", "_MECHANISM")):
        return False
    return "PASS" in name or name.endswith(("_TOKEN", "_SECRET", "_PRIVATE_KEY"))


def _nameless_file(text: str) -> str:
    file = os.memfd_create("password")
    os.fchmod(file, 0o600)  # Ansible runs what is executable
    os.write(file, f"{text}\n".encode())
    return f"/proc/{os.getpid()}/fd/{file}"
