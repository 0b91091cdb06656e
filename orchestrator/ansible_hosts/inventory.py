"""An inventory as Ansible reads it: every format and plugin, group_vars, vault, templates, patterns. Connects to nobody."""

import threading
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestrator.ansible_hosts.connection import HostConnection, Passwords
from orchestrator.ansible_hosts.failures import unreadable
from orchestrator.ansible_hosts.settings import settings_in_place
from orchestrator.computer.content import content_dir
from orchestrator.errors import ProviderError
from orchestrator.waiting import DeadlineError, within

if TYPE_CHECKING:
    from ansible.inventory.manager import InventoryManager

_READ_TIMEOUT_S = 60.0
"""An inventory may be a script that asks a server."""

_ONE_AT_A_TIME = threading.RLock()
"""Ansible keeps what it has loaded in modules, and is not made for several threads that load."""


class Inventory:
    """A file, a folder or a script, as it was when it was opened."""

    def __init__(self, path: Path, manager: "InventoryManager", variables: Any, passwords: Passwords) -> None:
        self._path = path
        self._manager = manager
        self._variables = variables
        self._passwords = passwords

    def hosts(self, limit: str) -> tuple[HostConnection, ...]:
        """How each host is reached that the pattern matches, by name.

        Raises:
            ProviderError: the pattern, or a variable of a host that says how it is reached, cannot be read.
        """
        with _ONE_AT_A_TIME:
            try:
                self._manager.subset(limit)
                names = sorted(host.name for host in self._manager.get_hosts("all"))
            except _ansible_error() as error:
                raise unreadable(self._path, error) from error
            finally:
                self._manager.subset(None)
        return tuple(self.connection(name) for name in names)

    def has(self, name: str) -> bool:
        """Whether it names such a host."""
        return name in self._manager.hosts

    def connection(self, name: str) -> HostConnection:
        """How the host is reached. Raises ProviderError where it is not in the inventory, and as `hosts`."""
        with _ONE_AT_A_TIME, settings_in_place():
            host = self._manager.get_host(name)
            if host is None:
                raise ProviderError(f"{self._path} has no host {name}", "orchestrate up")
            try:
                given = self._variables.get_vars(host=host)
                return HostConnection.made(name, given, self._variables._loader, self._passwords)
            except _ansible_error() as error:
                raise unreadable(self._path, error, host=name) from error


def open_inventory(path: Path) -> Inventory:
    """The inventory there; it is read once in a command.

    Raises:
        ProviderError: it cannot be read, or not within a minute.
    """
    try:
        return within(_READ_TIMEOUT_S, str(path), lambda: _opened(path))
    except DeadlineError as error:
        cause = f"{path} could not be read within {_READ_TIMEOUT_S:g} s"
        raise ProviderError(cause, f"ansible-inventory -i {path} --list") from error


@cache
def _opened(path: Path) -> Inventory:
    with _ONE_AT_A_TIME, settings_in_place():
        _start_ansible()
        try:
            return _read(path)
        except _ansible_error() as error:
            raise unreadable(path, error) from error


def _read(path: Path) -> Inventory:
    from ansible import constants
    from ansible.cli import CLI
    from ansible.inventory.manager import InventoryManager
    from ansible.parsing.dataloader import DataLoader
    from ansible.parsing.vault import VaultSecretsContext
    from ansible.vars.hostvars import HostVars
    from ansible.vars.manager import VariableManager

    loader = DataLoader()
    loader.set_basedir(str(content_dir() / "playbooks"))
    vault_ids = [
        each for each in constants.config.get_config_value("DEFAULT_VAULT_IDENTITY_LIST") or () if each
    ]
    if file := constants.config.get_config_value("DEFAULT_VAULT_PASSWORD_FILE"):
        vault_ids.append(f"{constants.DEFAULT_VAULT_IDENTITY}@{file}")
    secrets = CLI.setup_vault_secrets(
        loader, vault_ids=vault_ids, auto_prompt=False, initialize_context=False
    )
    loader.set_vault_secrets(secrets)
    # `initialize` would do so once in a process, and a command may open a second inventory.
    VaultSecretsContext._current = VaultSecretsContext(secrets)
    manager = InventoryManager(loader=loader, sources=[str(path)])
    variables = VariableManager(loader=loader, inventory=manager)
    HostVars(
        manager, variables, loader
    )  # makes itself known to `variables`: templates may ask for other hosts'
    read = CLI.get_password_from_file
    files = (constants.config.get_config_value(f"{kind}_PASSWORD_FILE") for kind in ("CONNECTION", "BECOME"))
    connection, become = (read(file) if file else "" for file in files)
    return Inventory(path, manager, variables, Passwords(connection=connection, become=become))


def _start_ansible() -> None:
    """What Ansible's programs do before they read anything. It warns nobody: what matters is an error here."""
    try:
        from ansible import constants
        from ansible.cli import display
    except SystemExit as error:
        raise ProviderError(f"Ansible does not start: {error}", "set LC_ALL=C.UTF-8") from error
    from ansible.plugins.loader import init_plugin_loader
    from ansible.utils.collection_loader import AnsibleCollectionConfig

    display.display = "".format  # takes whatever it is told, and says nothing
    constants.INVENTORY_ANY_UNPARSED_IS_FAILED = True
    if AnsibleCollectionConfig.collection_finder is None:
        init_plugin_loader([])


def _ansible_error() -> type[Exception]:
    from ansible.errors import AnsibleError

    found: type[Exception] = AnsibleError
    return found
