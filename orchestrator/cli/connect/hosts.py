"""The target host of a command, as it is now, and how to connect to it. What `ssh`, `desktop` and `open` share."""

import shlex
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.cli.context import (
    journal_of,
    open_fleet_provider,
    read_existing_spec,
    read_spec,
    select_host,
)
from orchestrator.errors import ProviderError, UnreachableError, UsageError
from orchestrator.journal import Journal, fleet_names, state_dir
from orchestrator.models import Connection, Host, HostState
from orchestrator.progress import Silent

if TYPE_CHECKING:
    from orchestrator.ansible_hosts import SshCommand
    from orchestrator.config import FleetSpec
    from orchestrator.remote import Shell
    from orchestrator.tunnel import SshTarget


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetHost:
    """The host that a command is about."""

    host: Host
    spec: "FleetSpec"
    journal: Journal

    def now(self) -> "TargetHost":
        """The same host as it is now. Raises UnreachableError while it is halted or gone."""
        if not self.host.host_key:
            return self
        return replace(self, host=_as_it_is_now(self.host, _found(self.spec)))

    @property
    def is_here(self) -> bool:
        """True for this very computer."""
        return self.host.connection is Connection.LOCAL

    def ssh(self) -> "SshCommand":
        """How OpenSSH reaches the host, and whose keys hold.

        Our ssh_config knows a host of ours by its name. To one of an inventory it goes as Ansible goes.

        Raises:
            UsageError: Ansible goes there by another program.
            ProviderError: the inventory cannot be read.
        """
        from orchestrator.ansible_hosts import SshCommand, open_inventory

        host = self.host
        if host.inventory:
            found = open_inventory(Path(host.inventory)).connection(host.name).ssh()
            if found is None:
                raise UsageError(
                    f"{host.name} is reached by another connection than ssh: see ansible_connection in {host.inventory}",
                    f"ansible -i {host.inventory} {host.name} -m ansible.builtin.ping",
                )
            return found
        # ssh_config has the address of the last `up`, and a host that was stopped and started since may have another.
        address = ("-o", f"HostName={host.address}") if host.address else ()
        port = ("-p", str(host.port)) if host.port else ()
        user = ("-l", host.user) if host.user else ()
        ours = ("-F", str(self.journal.folder / "ssh_config"), *address, *port, host.name)
        words = ours if host.host_key else (*user, *port, host.address)
        return SshCommand(program="ssh", words=words, environment={})

    def shell(self) -> "Shell":
        """A shell on the host; not connected yet."""
        from orchestrator.remote import shell_of

        key = self.journal.keys / "id_ed25519"
        return shell_of(self.host, key=key if self.host.host_key else None)

    def ssh_target(self, target: str) -> "SshTarget":
        """The SSH target of a tunnel to a socket of the host."""
        from orchestrator.tunnel import SshTarget

        host, command = self.host, self.ssh()
        replaced = f"orchestrate trust {host.name if host.inventory else where_of(host)}"
        anew = "`orchestrate down`, then `orchestrate up`, if that is no surprise"
        return SshTarget(
            host=host.name,
            program=command.program,
            words=command.words,
            environment=command.environment,
            target=target,
            run_folder=self.journal.folder,
            trust_hint=anew if host.host_key else replaced,
        )

    @property
    def typed_up(self) -> str:
        """What the user types to bring the fleet up."""
        return f"orchestrate up{name_option(self.host.fleet)}"

    def typed_ssh(self, argv: tuple[str, ...]) -> str:
        """What the user types to run `argv` on the host."""
        return f"orchestrate ssh{name_option(self.host.fleet)} {self.host.name} -- {shlex.join(argv)}"


def where_of(host: Host) -> str:
    """The words that name a host's SSH server to `orchestrate trust`."""
    return f"{host.address} --port {host.port}" if host.port else host.address


def target_host(
    config: Path | None, name: str | None, wanted: str | None, *, other_words: tuple[str, ...] = ()
) -> TargetHost:
    """The host that is meant; whether it answers is not tried.

    Args:
        config: the fleet file.
        name: the fleet's name.
        wanted: the host's name; may be the fleet's name, or left out, when the fleet has one host.
        other_words: what means no host unless one has that name.

    Raises:
        UsageError: neither the fleet nor the inventory has such a host.
        UnreachableError: it is halted or gone.
    """
    meant = None if wanted in other_words else wanted
    spec = read_existing_spec(config, {"name": fleet_of_host(config, name, meant)})
    journal = journal_of(spec)
    known = journal.load("hosts", tuple[Host, ...]) or ()
    if wanted in other_words and all(host.name != wanted for host in known):
        wanted = None
    if wanted and all(host.name != wanted for host in known):
        known += _named_by_inventory(spec, wanted)
    return TargetHost(host=_chosen(known, wanted, spec.name), spec=spec, journal=journal).now()


def running_hosts(spec: "FleetSpec", journal: Journal, names: tuple[str, ...]) -> tuple[Host, ...]:
    """Hosts of the fleet as they are now; whether they answer is not tried.

    Args:
        spec: the fleet's.
        journal: the fleet's.
        names: which hosts; empty for all.

    Raises:
        UsageError: the fleet has no hosts, or none of a name.
        UnreachableError: one is halted or gone.
    """
    recorded = journal.load("hosts", tuple[Host, ...]) or ()
    meant = tuple(_chosen(recorded, name, spec.name) for name in names) if names else recorded
    if not meant:
        _chosen(recorded, None, spec.name)
    found = _found(spec)
    return tuple(_as_it_is_now(host, found) for host in dict.fromkeys(meant))


def fleet_of_host(config: Path | None, name: str | None, wanted: str | None) -> str | None:
    """The name of the fleet that is meant: the one that was named, else the only one on record that has a host of that name.

    Args:
        config: the fleet file.
        name: the fleet's name, as typed.
        wanted: the host's name, as typed.

    Raises:
        UsageError: several fleets have such a host, and the fleet that a command means by itself is none of them.
    """
    if name is not None or wanted is None:
        return name
    root, by_itself = state_dir(), read_spec(config, {}).name
    having = [
        each
        for each in fleet_names(root)
        if wanted in {host.name for host in Journal(each, root).load("hosts", tuple[Host, ...]) or ()}
    ]
    if by_itself in having or not having:
        return None
    if len(having) > 1:
        raise UsageError(
            f"{wanted} is a host of {len(having)} fleets: {', '.join(having)}", f"--name {having[0]}"
        )
    return having[0]


def name_option(fleet: str) -> str:
    """The option that names the fleet, where that is needed."""
    return "" if fleet == "sandbox" else f" --name {fleet}"


def _chosen(hosts: tuple[Host, ...], wanted: str | None, fleet: str) -> Host:
    if not hosts:
        raise UsageError(f"fleet {fleet} has no hosts on record", f"orchestrate up{name_option(fleet)}")
    meant = None if wanted == fleet and all(host.name != fleet for host in hosts) else wanted
    return select_host(hosts, meant, fleet)


def _named_by_inventory(spec: "FleetSpec", wanted: str) -> tuple[Host, ...]:
    """The host of the inventory that has this name. It exists before `up` has been there.

    Raises:
        ProviderError: the inventory cannot be read, and the fleet is its hosts.
    """
    if not spec.onprem.inventory.exists():
        return ()
    provider = open_fleet_provider(spec.model_copy(update={"cloud": "onprem"}), Silent())
    try:
        return tuple(host for host in provider.find(spec.name) if host.name == wanted)
    except ProviderError:
        if spec.cloud == "onprem":
            raise
        return ()


def _found(spec: "FleetSpec") -> tuple[Host, ...]:
    return open_fleet_provider(spec, Silent()).find(spec.name)


def _as_it_is_now(recorded: Host, found: tuple[Host, ...]) -> Host:
    """The provider's own word: a port changes when a host restarts. The key is the recorded one."""
    now = next((host for host in found if host.name == recorded.name), None)
    if now is None or now.state is not HostState.RUNNING:
        seen = now.state if now else "gone"
        raise UnreachableError(
            f"{recorded.name} is {seen}", f"`orchestrate up{name_option(recorded.fleet)}` brings it back"
        )
    return replace(now, host_key=recorded.host_key)
