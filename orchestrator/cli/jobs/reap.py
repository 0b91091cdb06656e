"""What `orchestrate gpus --reap` does: GPU memory that is held for nothing is explained, and given back where that is agreed to."""

import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import click

from orchestrator.errors import ExitCode, OrchestrateError
from orchestrator.waiting import for_each

if TYPE_CHECKING:
    from orchestrator.jobs.leased.reaping import Held, Holder
    from orchestrator.remote import Shell

_GIB = 2**30


def reap_hosts(hosts: "tuple[tuple[str, Callable[[], Shell]], ...]", *, yes: bool) -> int:
    """Explain what is held on these hosts, each with what connects to it, and end what may be ended: after a question, or with `yes` without one.

    Only what belongs to the user there is ended, and nothing that is alive and works.
    """
    from orchestrator.jobs.leased import reaping

    def ask(one: "tuple[str, Callable[[], Shell]]") -> "Held | OrchestrateError":
        try:
            return reaping.held(one[1](), one[0])
        except OrchestrateError as error:
            return error

    code = ExitCode.OK
    for (host, connect), found in zip(hosts, for_each(hosts, ask), strict=True):
        if isinstance(found, OrchestrateError):
            for line in found.lines:
                click.echo(line, err=True)
            code = found.exit_code
            continue
        for holder in _told(host, found):
            if _agreed(holder, yes=yes):
                click.echo(f"{host}: {reaping.end(connect(), holder)}")
    return code


def _told(host: str, found: "Held") -> "Iterable[Holder]":
    """Say what was found; what may be ended comes back, each after it was told."""
    from orchestrator.jobs.leased.reaping import IN_USE

    worth = [holder for holder in found.holders if holder.kind != IN_USE]
    for holder in worth:
        what = f"{holder.memory_bytes / _GIB:.1f} GiB of {', '.join(holder.gpus)}"
        who = f"process {holder.pid} ({holder.command or 'unknown'} of {holder.user or 'nobody known'})"
        click.echo(f"{host}: {what} by {who}: {holder.kind}")
        click.echo(f"  {holder.explanation}")
        if holder.action:
            click.echo(f"  try: {holder.action}")
        if holder.may_be_ended:
            yield holder
    for line in found.unexplained:
        click.echo(f"{host}: {line}")
    if not worth and not found.unexplained:
        click.echo(f"{host}: no GPU memory is held for nothing")


def _agreed(holder: "Holder", *, yes: bool) -> bool:
    if yes:
        return True
    if not sys.stdin.isatty():
        click.echo("  it is not ended: nobody is there to be asked\n  try: --yes", err=True)
        return False
    return click.confirm(f"End process {holder.pid} on {holder.host}?", err=True)
