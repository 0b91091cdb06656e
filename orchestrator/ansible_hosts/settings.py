"""How Ansible is set up for hosts of the user's own: by their ansible.cfg, and by ours where theirs says nothing.

Reads settings alone: no inventory, no secret.
"""

import os
from collections.abc import Iterator
from configparser import ConfigParser
from configparser import Error as ConfigParserError
from contextlib import contextmanager
from pathlib import Path

from orchestrator.computer.content import content_dir

_OURS_IF_UNSET = (
    (("defaults",), "interpreter_python", "ANSIBLE_PYTHON_INTERPRETER"),
    (("defaults",), "gathering", "ANSIBLE_GATHERING"),
    (("defaults",), "forks", "ANSIBLE_FORKS"),
    (("defaults",), "remote_tmp", "ANSIBLE_REMOTE_TMP"),
    (("ssh_connection", "connection", "defaults"), "pipelining", "ANSIBLE_PIPELINING"),
    (("ssh_connection",), "ssh_args", "ANSIBLE_SSH_ARGS"),
)
"""Sections of an ansible.cfg where a setting may stand, ours first; its name there; and the variable that stands for it."""

_USERS_COLLECTIONS = "~/.ansible/collections:/usr/share/ansible/collections"
"""Where Ansible looks by itself."""


def ansible_settings() -> dict[str, str]:
    """The variables of the environment with which a program of Ansible's reads the user's inventory and applies our roles.

    What the user's environment has of Ansible's is not among them.
    """
    content = content_dir()
    users, ours = _users_config(), content / "ansible.cfg"
    theirs, given = _read(users), _read(ours)
    unset = {
        variable: given.get(sections[0], name)
        for sections, name, variable in _OURS_IF_UNSET
        if variable not in os.environ and not any(theirs.has_option(section, name) for section in sections)
    }
    collections = os.environ.get("ANSIBLE_COLLECTIONS_PATH") or _collections(users, theirs)
    return (
        unset
        | _vault_identities(theirs)
        | {
            "ANSIBLE_CONFIG": str(users or ours),
            "ANSIBLE_ROLES_PATH": str(content / "roles"),
            "ANSIBLE_COLLECTIONS_PATH": f"{content / 'collections'}:{collections}",
            "ANSIBLE_HOST_KEY_CHECKING": "True",
            # By default Ansible passes over what it cannot read, and the fleet would be empty for a typing error.
            "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "True",
            # Whoever wants to be asked says so to us, and is asked once for all that Ansible runs.
            "ANSIBLE_ASK_PASS": "False",
            "ANSIBLE_ASK_VAULT_PASS": "False",
            "ANSIBLE_BECOME_ASK_PASS": "False",
        }
    )


@contextmanager
def settings_in_place() -> Iterator[None]:
    """This process' environment has the settings meanwhile: Ansible reads it as it is imported, and for each plugin."""
    settings = ansible_settings()
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def users_setting(section: str, name: str) -> str:
    """What the user's ansible.cfg says; empty where it says nothing."""
    return _read(_users_config()).get(section, name, fallback="")


def _users_config() -> Path | None:
    """The ansible.cfg that Ansible itself would take here; None where there is none."""
    from ansible.config.manager import find_ini_config_file

    found = find_ini_config_file(set())
    return Path(os.fsdecode(found)) if found else None


def _vault_identities(said: ConfigParser) -> dict[str, str]:
    """The list without those that Ansible would ask for, where it has some: its programs have no terminal here, and would wait."""
    given = (
        os.environ.get("ANSIBLE_VAULT_IDENTITY_LIST")
        or said.get("defaults", "vault_identity_list", fallback="")
        or ""
    )
    listed = [each.strip() for each in given.split(",") if each.strip()]
    kept = [each for each in listed if each.rpartition("@")[2] not in {"prompt", "prompt_ask_vault_pass"}]
    return {} if kept == listed else {"ANSIBLE_VAULT_IDENTITY_LIST": ",".join(kept)}


def _collections(config: Path | None, said: ConfigParser) -> str:
    """Where the user's collections lie: plugins of inventories and connections may be among them."""
    paths = said.get("defaults", "collections_path", fallback="") or _USERS_COLLECTIONS
    folder = config.parent if config else Path()
    return ":".join(each if each.startswith(("~", "{")) else str(folder / each) for each in paths.split(":"))


def _read(path: Path | None) -> ConfigParser:
    """An ansible.cfg; what is wrong in one is for Ansible to say."""
    parser = ConfigParser(inline_comment_prefixes=(";",), interpolation=None, strict=False)
    if path is not None:
        try:
            parser.read(path, encoding="utf-8")
        except (ConfigParserError, OSError, UnicodeDecodeError):
            return ConfigParser()
    return parser
