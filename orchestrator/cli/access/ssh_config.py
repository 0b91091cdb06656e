"""ssh-config: let the user's own `ssh`, and all that uses it, reach the hosts of fleets by name, with the keys on record."""

from pathlib import Path

import click

from orchestrator.cli.options import json_option
from orchestrator.cli.render import print_json
from orchestrator.computer.user_ssh_config import (
    hosts_named,
    includes,
    read,
    with_include,
    without_include,
    write,
)
from orchestrator.errors import ExitCode, UsageError
from orchestrator.journal import Journal, fleet_names, state_dir
from orchestrator.models import Host

PATTERN = "fleets/*/ssh_config"
"""In the state folder: what each fleet writes as its hosts come, change and go."""


@click.command("ssh-config")
@click.option("--install", is_flag=True, help="Add one Include line to the file.")
@click.option("--remove", is_flag=True, help="Take that line away.")
@click.option(
    "--file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The SSH configuration.  [default: ~/.ssh/config]",
)
@json_option
def ssh_config(*, install: bool, remove: bool, file: Path | None, as_json: bool) -> int:
    """Let ssh, scp, rsync and editors reach hosts by name (`ssh sandbox-1`), with the keys that are on record.

    Hosts of fleets that come later are reached at once; those that were taken away are gone from it.
    """
    if install and remove:
        raise UsageError("--install and --remove were both asked for", "orchestrate ssh-config --install")
    file = file or Path("~/.ssh/config").expanduser()
    pattern = str(state_dir() / PATTERN)
    text = read(file)
    if install or remove:
        wanted = with_include(text, pattern) if install else without_include(text, pattern)
        if wanted != text:
            write(file, wanted)
            text = wanted
    installed, names = includes(text, pattern), _reached()
    if as_json:
        return print_json({"file": file, "installed": installed, "include": pattern, "hosts": names})
    _print_state(file, names, installed=installed)
    for name in sorted(hosts_named(text) & set(names)) if installed else ():
        click.echo(f"note: {file} has a host {name} of its own; `ssh {name}` now leads to the fleet's")
    return ExitCode.OK


def _reached() -> tuple[str, ...]:
    """Hosts whose connection is the fleet's own; those of an inventory are reached as its owner reaches them."""
    root = state_dir()
    hosts = (Journal(name, root).load("hosts", tuple[Host, ...]) or () for name in fleet_names(root))
    return tuple(host.name for of_fleet in hosts for host in of_fleet if host.host_key)


def _print_state(file: Path, names: tuple[str, ...], *, installed: bool) -> None:
    if not installed:
        click.echo(f"{file} does not know the hosts of fleets\n  try: orchestrate ssh-config --install")
        return
    click.echo(f"{file} knows the hosts of all fleets of this state folder")
    if names:
        click.echo(f"  now: {', '.join(f'`ssh {name}`' for name in names)}")
    else:
        click.echo("  there is none now\n  try: orchestrate up")
