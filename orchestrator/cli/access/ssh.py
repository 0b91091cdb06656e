"""ssh: a login on a host, or one command there, with ports forwarded meanwhile."""

import os
import shlex
import shutil
import subprocess
import sys
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import click

from orchestrator.cli.connect.hosts import target_host
from orchestrator.cli.options import password_options
from orchestrator.errors import OrchestrateError, UsageError
from orchestrator.models import Host

HIGHEST_PORT = 65535


class Forward(NamedTuple):
    """A port of this computer, and the one of the host's loopback device that it leads to."""

    here: int
    there: int


def _ports(
    _context: click.Context, _parameter: click.Parameter, given: tuple[str, ...]
) -> tuple[Forward, ...]:
    return tuple(map(_forward, given))


def _forward(text: str) -> Forward:
    here, pair, there = text.partition(":")
    ports = (here, there if pair else here)
    if not all(port.isdecimal() and 0 < int(port) <= HIGHEST_PORT for port in ports):
        raise click.BadParameter(
            f"{text!r} is no port, or two of them: 8000 for the same port there, 8000:80 for port 80 there"
        )
    return Forward(*map(int, ports))


@click.command(context_settings={"ignore_unknown_options": True})
@click.option("--name", help="The fleet's name.  [default: sandbox]")
@click.option("--config", type=click.Path(path_type=Path), help="Fleet file.")
@click.argument("host", required=False)
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
@click.option(
    "--forward",
    "forwards",
    multiple=True,
    metavar="[PORT:]PORT",
    callback=_ports,
    help="Lead a port of this computer to that port of the host's 127.0.0.1 meanwhile; again for more.",
)
@password_options
def ssh(
    *,
    name: str | None,
    config: Path | None,
    host: str | None,
    command: tuple[str, ...],
    forwards: tuple[Forward, ...],
) -> int:
    """Log in to HOST, or run COMMAND there (`orchestrate ssh sandbox-1 -- nproc`).

    HOST may be left out, or be the fleet's name, when the fleet has one host.
    """
    at = target_host(config, name, host)
    if at.is_here and forwards:
        raise UsageError(
            f"{at.host.name} is this computer: there is nothing to forward", "leave out --forward"
        )
    environment: dict[str, str] = {}
    if at.is_here:
        argv = ("sh", "-c", shlex.join(command)) if command else (os.environ.get("SHELL", "sh"),)
    else:
        tail = ("--", shlex.join(command)) if command else ()
        way = at.ssh()
        argv = (way.program, *_session_words(at.host), *_forward_words(forwards), *way.words, *tail)
        environment = way.environment
    if shutil.which(argv[0]) is None:
        raise OrchestrateError(f"{argv[0]} is not installed", "orchestrate doctor --fix")
    if not environment:
        os.execvp(argv[0], argv)  # noqa: S606 - the user's terminal becomes the session's
    # The password lies in this process' memory until ssh has asked for it.
    return subprocess.run(argv, env=os.environ | environment, check=False).returncode


def _session_words(host: Host) -> tuple[str, ...]:
    """What ssh is told before what Ansible would tell it: to ask about a new host key where somebody can answer, and to leave nothing
    running behind the session."""
    if not host.inventory:
        return ()
    asks = ("-o", "StrictHostKeyChecking=ask") if sys.stdin.isatty() else ()
    return (*asks, "-o", "ControlMaster=no")


def _forward_words(forwards: tuple[Forward, ...]) -> tuple[str, ...]:
    """A port that is taken here ends it at once: a login without what was asked for would only be noticed later."""
    if not forwards:
        return ()
    each = (("-L", f"127.0.0.1:{here}:127.0.0.1:{there}") for here, there in forwards)
    return ("-o", "ExitOnForwardFailure=yes", *chain.from_iterable(each))
