"""`orchestrate trust`: show the keys of a host of the user's own, and of the jump hosts before it, and put them on record."""

import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestrator.cli.context import read_spec
from orchestrator.cli.options import config_option, password_options
from orchestrator.errors import ExitCode, ProviderError, UsageError
from orchestrator.journal import Journal, fleet_names, state_dir
from orchestrator.models import Host, endpoint

if TYPE_CHECKING:
    from orchestrator.ansible_hosts import Hop, Inventory


@dataclass(frozen=True, slots=True, kw_only=True)
class _Server:
    """An SSH server, as known_hosts has it."""

    host: str
    port: int
    file: Path | None
    """Which known_hosts; None for the user's own."""


@click.command()
@click.argument("host")
@click.option("--port", type=int, help="Of an address: where sshd listens.  [default: 22]")
@config_option
@password_options
@click.option("--yes", is_flag=True, help="Do not ask. Compare the fingerprint first.")
def trust(*, host: str, port: int | None, config: Path | None, yes: bool) -> int:
    """Show the key that HOST shows now, and put it on record in your known_hosts.

    HOST is a name in your inventory, reached as Ansible reaches it and behind its jump hosts, which come first; or an address.
    Compare the fingerprint with the one on the host: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub
    """
    from orchestrator.remote import shown_host_key

    hops = None if port is not None else _hops(config, host)
    if hops is None:
        server = _Server(host=host, port=port or 22, file=None)
        _settle(server, shown_host_key(host, server.port), host, yes=yes)
        return ExitCode.OK
    from orchestrator.ansible_hosts import shown_key

    for hop in hops:
        server = _Server(host=hop.host, port=hop.port, file=hop.known_hosts)
        if hop.known_hosts == Path("/dev/null"):
            raise UsageError(
                f"the inventory has ssh forget the keys of {hop.host}: UserKnownHostsFile=/dev/null",
                "take UserKnownHostsFile out of ansible_ssh_common_args: keys that nobody remembers cannot be compared",
            )
        _settle(server, shown_key(hop), host, yes=yes)
    return ExitCode.OK


def _settle(server: _Server, key: str, typed: str, *, yes: bool) -> None:
    """Show the key, ask, and put it on record. Raises UsageError or click.Abort."""
    from orchestrator.remote import fingerprint, on_record, put_on_record

    name = server.host if server.port == 22 else endpoint(server.host, server.port)
    known = on_record(server.host, server.port, server.file)
    if known == key:
        click.echo(f"{name}: {fingerprint(key)} is on record already")
        return
    if known:
        click.echo(f"{name}: on record is {fingerprint(known)}: another key", err=True)
    click.echo(f"{name}: shows {key.split(maxsplit=1)[0]} {fingerprint(key)}", err=True)
    if not yes:
        if not sys.stdin.isatty():
            raise UsageError("nobody is there to compare the fingerprint", f"orchestrate trust {typed} --yes")
        click.confirm(f"Is that the fingerprint of {name}?", abort=True, err=True)
    put_on_record(server.host, server.port, key, server.file)
    click.echo(f"{name}: on record")


def _hops(config: Path | None, name: str) -> "tuple[Hop, ...] | None":
    """The servers on the way to a host of an inventory; None where no inventory has that name."""
    from orchestrator.ansible_hosts import route

    for inventory in _inventories(config):
        if not inventory.has(name):
            continue
        command = inventory.connection(name).ssh()
        if command is None:
            raise UsageError(
                f"{name} is not reached by ssh, and shows no key", "see ansible_connection in the inventory"
            )
        return route(command)
    return None


def _inventories(config: Path | None) -> "Iterator[Inventory]":
    """That of the fleet file, or else the usual one; then those whose hosts are on record. One that cannot be read names nobody,
    unless the fleet file means it."""
    from orchestrator.ansible_hosts import open_inventory

    spec, root = read_spec(config, {}), state_dir()
    said = spec.onprem.inventory.absolute()
    recorded = (
        Path(host.inventory)
        for fleet in fleet_names(root)
        for host in Journal(fleet, root).load("hosts", tuple[Host, ...]) or ()
        if host.inventory
    )
    for path in dict.fromkeys((said, *recorded)):
        if not path.exists():
            continue
        if path == said and spec.cloud == "onprem":
            yield open_inventory(path)
            continue
        with suppress(ProviderError):
            yield open_inventory(path)
