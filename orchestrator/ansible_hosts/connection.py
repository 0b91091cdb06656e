"""One host of an inventory, through the connection and become plugins that Ansible would take for it, with the same options.

A host key that is not on record is refused whatever the inventory says. Passwords stay inside the plugins.
"""

import atexit
import os
import secrets
import shlex
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Self

_CHECKED = "-o StrictHostKeyChecking=yes"
"""The first word counts for OpenSSH, so nothing that an inventory says behind it does."""
_NAME_BYTES = 5
"""Of the socket of a connection, as many as in Ansible's own names: the path of a socket has at most 107 characters."""
_ALIVE = "-o ServerAliveInterval=15"
"""Behind what the user says: a link that died is noticed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passwords:
    """Of files that Ansible's settings name; empty where there are none. A host's variables come before them."""

    connection: str = field(repr=False)
    become: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """A program that ended."""

    exit_code: int
    stdout: bytes
    stderr: bytes
    """Empty where the program had a terminal: all came by standard output then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SshCommand:
    """What Ansible would start to reach a host by OpenSSH, without the command that it would run there."""

    program: str
    words: tuple[str, ...]
    """Options and the host, in this order."""
    environment: dict[str, str] = field(repr=False)
    """What ssh is started with beside the environment; empty unless a password will be asked for."""


class HostConnection:
    """How one host is reached."""

    def __init__(self, name: str, plugin: Any, become: Any, executable: str) -> None:
        self.name = name
        self._plugin = plugin
        self._become = become
        self._executable = executable
        args = (self._option("ssh_args"), self._option("ssh_common_args"), self._option("ssh_extra_args"))
        self.way = (self.kind, *(str(each or "") for each in args))
        """What else decides which machine is reached: two hosts that agree in this and in address and port are one."""
        _insist_on_keys(plugin)

    @classmethod
    def made(cls, name: str, variables: dict[str, Any], loader: Any, passwords: Passwords) -> Self:
        """As Ansible's executor makes it for a task with `become: true`, as those of our playbooks.

        Raises AnsibleError.
        """
        from ansible import constants
        from ansible.playbook.play_context import PlayContext
        from ansible.plugins.loader import become_loader, connection_loader
        from ansible.template import Templar

        templar = Templar(loader, variables=variables)

        def said(variable: str, otherwise: Any) -> Any:
            return otherwise if variables.get(variable) is None else templar.template(variables[variable])

        context = PlayContext(passwords={"conn_pass": passwords.connection, "become_pass": passwords.become})
        context.remote_addr = str(said("ansible_host", name))
        kind = said("ansible_connection", constants.DEFAULT_TRANSPORT)
        plugin = _loaded(connection_loader.get(kind, context), "connection", kind)
        keys = {"timeout": context.timeout} | (
            {"password": passwords.connection} if passwords.connection else {}
        )
        plugin.set_options(task_keys=keys, var_options=plugin._resolve_option_variables(variables, templar))
        plugin._shell.set_options(var_options=_options("shell", plugin._shell, said))
        return cls(name, plugin, _become(said, become_loader, passwords), context.executable or "/bin/sh")

    @property
    def kind(self) -> str:
        """The plugin's name: `ssh`, `local`, `community.docker.docker` …"""
        return str(self._plugin.ansible_name).removeprefix("ansible.builtin.")

    @property
    def address(self) -> str:
        """Name or address as ssh is given it; the host's name where that is all there is."""
        return str(self._option("host") or self._plugin._play_context.remote_addr)

    @property
    def port(self) -> int:
        """0 where nothing says it: ssh's own configuration decides."""
        return int(self._option("port") or 0)

    @property
    def user(self) -> str:
        """Empty where nothing says it."""
        return str(self._option("remote_user") or "")

    @property
    def key_file(self) -> Path | None:
        """The private key that the inventory or Ansible's settings name; None where ssh looks for one by itself."""
        named = self._option("private_key_file")
        return Path(str(named)).expanduser() if named else None

    def run(self, line: str, stdin: bytes) -> Output:
        """Run a command line of sh as the user who logs in. `stdin` has at least one byte. Raises AnsibleError."""
        self._plugin.set_become_plugin(None)
        return self._executed(line, stdin, sudoable=False)

    @property
    def takes_stdin_as_root(self) -> bool:
        """Whether root's commands can be given something to read: not where Ansible gives them a terminal instead."""
        plugin = self._as_root()
        return bool(plugin.become is None or plugin.is_pipelining_enabled())

    def run_as_root(self, line: str, stdin: bytes) -> Output:
        """As `run`, as the user that `become` makes of it, where the inventory does not switch that off.

        Without `stdin` the command has a terminal, if the connection can give it one.
        """
        plugin = self._as_root()
        if plugin.become is not None:
            line = plugin.become.build_become_command(line, plugin._shell)
        return self._executed(line, stdin, sudoable=plugin.become is not None)

    def ssh(self) -> SshCommand | None:
        """The ssh that Ansible would start; None where it would start another program."""
        if self.kind != "ssh":
            return None
        plugin = self._plugin
        built = plugin._build_command(plugin.get_option("ssh_executable"), "ssh", self.address)
        program, *words = (os.fsdecode(word) for word in built)
        given = plugin._init_shm().get("env", os.environ)
        if plugin.shm is not None:
            atexit.register(_forget, plugin.shm)
        changed = {name: value for name, value in given.items() if os.environ.get(name) != value}
        return SshCommand(program=program, words=tuple(words), environment=changed)

    def close(self) -> None:
        """End the connection, and what OpenSSH keeps of it: the next one looks at the host's key again."""
        if self.kind == "ssh":
            self._plugin.reset()
        self._plugin.close()

    def _as_root(self) -> Any:
        """The plugin with become where Ansible would use it: not for a user that we are already."""
        from ansible import constants

        become, user = self._become, self._option("remote_user") or self._plugin.default_user
        if become is not None and become.get_option("become_user") == user:
            become = become if constants.BECOME_ALLOW_SAME_USER else None
        self._plugin.set_become_plugin(become)
        return self._plugin

    def _executed(self, line: str, stdin: bytes, *, sudoable: bool) -> Output:
        command = shlex.join((self._executable, "-c", line))
        code, stdout, stderr = self._plugin.exec_command(command, in_data=stdin or None, sudoable=sudoable)
        return Output(exit_code=code, stdout=stdout, stderr=stderr)

    def _option(self, name: str) -> Any:
        return self._plugin.get_option(name) if self._plugin.has_option(name) else None


def _forget(shared: Any) -> None:
    with suppress(FileNotFoundError):
        shared.unlink()


def _become(said: Any, loader: Any, passwords: Passwords) -> Any:
    from ansible import constants
    from ansible.module_utils.parsing.convert_bool import boolean

    if not boolean(said("ansible_become", otherwise=True)):
        return None
    method = said("ansible_become_method", None) or constants.DEFAULT_BECOME_METHOD
    plugin = _loaded(loader.get(method), "become", method)
    keys = {"become_pass": passwords.become} if passwords.become else {}
    plugin.set_options(task_keys=keys, var_options=_options("become", plugin, said))
    return plugin


def _options(kind: str, plugin: Any, said: Any) -> dict[str, Any]:
    """The variables of the host that are options of the plugin."""
    from ansible import constants

    names = constants.config.get_plugin_vars(kind, plugin._load_name)
    given = {name: said(name, None) for name in names}
    return {name: value for name, value in given.items() if value is not None}


def _loaded(plugin: Any, kind: str, name: str) -> Any:
    from ansible.errors import AnsibleError

    if plugin is None:
        raise AnsibleError(f"the {kind} plugin {name!r} was not found")
    return plugin


def _insist_on_keys(plugin: Any) -> None:
    if plugin.has_option("host_key_checking"):
        plugin.set_option("host_key_checking", value=True)
    if plugin.has_option("ssh_args"):
        args = plugin.get_option("ssh_args") or ""
        path = _control_folder(plugin) / secrets.token_hex(_NAME_BYTES)
        ours = shlex.join(("-o", f'ControlPath="{path}"'))
        plugin.set_option("ssh_args", f"{_CHECKED} {ours} {args} {_ALIVE}")
    if plugin.has_option("password_mechanism"):
        # sshpass would need a pipe that only the plugin's own process has.
        plugin.set_option("password_mechanism", "ssh_askpass")
        plugin._init_shm = partial(_with_askpass, plugin._init_shm)


def _with_askpass(prepare: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What ssh is started with. Ansible looks for the program that types its password beside the one that was started, and then on
    PATH; `orchestrate` may be a link elsewhere."""
    given = prepare()
    if "env" in given:
        given["env"]["SSH_ASKPASS"] = str(Path(sys.executable).with_name("ansible"))
    return given


def _control_folder(plugin: Any) -> Path:
    """Where sockets of connections lie that are kept open. Ours have names of their own: others' were not checked by us."""
    folder = Path(plugin.get_option("control_path_dir")).expanduser()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
