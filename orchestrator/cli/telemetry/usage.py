"""usage: GPU-hours, energy and money, by person, job or month."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestrator.cli.options import config_option, json_option, password_options
from orchestrator.cli.render import print_json
from orchestrator.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from orchestrator.telemetry.values import HostUse

BY = ("user", "job", "month", "card", "host")


@click.command()
@config_option
@json_option
@click.option("--by", type=click.Choice(BY), default="user", show_default=True, help="What is summed by.")
@click.option("--month", help="One month alone, such as 2026-11, UTC.")
@click.argument("names", nargs=-1, metavar="[NAME]…")
@password_options
def usage(*, config: Path | None, as_json: bool, by: str, month: str | None, names: tuple[str, ...]) -> int:
    """Show who used the GPUs of hosts: GPU-hours held and busy, energy, and money where a host has a price.

    NAME is a fleet, all of whose hosts are asked, or a host; without one it is the fleet of the configuration. A GPU that several hold at
    once is shared in equal parts. Money is the host's price for each of its GPUs while it was held. Hosts that `down` took away count
    with what they said last.
    """
    from orchestrator.pipeline.outcome import count_of
    from orchestrator.telemetry.sums import summed
    from orchestrator.telemetry.values import Reach

    asked = _asked(config, names)
    uses = [use for host in asked for use in host.uses if month in {None, use.month}]
    sums = summed(uses, by)
    code = ExitCode.UNREACHABLE if any(host.reach is Reach.DOWN for host in asked) else ExitCode.OK
    if as_json:
        print_json({"by": by, "sums": sums, "uses": uses, "hosts": asked})
        return code
    rows = [(by, "GPU-hours", "busy", "kWh", "USD")]
    rows += [
        (
            each.key,
            f"{each.gpu_hours:.2f}",
            f"{each.busy_hours:.2f}",
            f"{each.kwh:.2f}",
            "-" if each.usd is None else f"{each.usd:.2f}",
        )
        for each in sums
    ]
    if sums:
        for line in _table(rows):
            click.echo(line)
    else:
        click.echo(f"nothing is on record{f' of {month}' if month else ''}")
    gone = sum(host.reach is Reach.GONE for host in asked)
    if gone:
        click.echo(f"counted with them: {count_of(gone, 'host')} that `down` took away")
    for host in asked:
        if host.reach not in {Reach.ANSWERED, Reach.GONE}:
            click.echo(f"{host.host}  {host.reach}: {host.why}")
            if host.hint:
                click.echo(f"  try: {host.hint}")
    return code


def _asked(config: Path | None, names: tuple[str, ...]) -> "tuple[HostUse, ...]":
    """What hosts have on record, and what those had that are gone.

    Raises UsageError as `targets`, unless hosts that are gone have an account.
    """
    from orchestrator.cli.context import read_spec
    from orchestrator.cli.telemetry.hosts import targets
    from orchestrator.journal import fleet_names, state_dir
    from orchestrator.telemetry.asking import read_usage
    from orchestrator.telemetry.record import file_of, kept
    from orchestrator.waiting import for_each

    accounts = {name: kept(state_dir(), name) for name in names or (read_spec(config, {}).name,)}
    fleets = fleet_names(state_dir())
    alive = tuple(name for name, account in accounts.items() if name in fleets or not account)
    try:
        found = targets(config, alive if names else ()) if alive else ()
    except UsageError:
        if not all(accounts[name] for name in alive):
            raise
        found = ()
    # Where not everything could be taken away, a host that is still there has an account as well.
    still = {file_of(target.asked.host) for target in found}
    gone = [use for each in accounts.values() for file, use in each.items() if file not in still]
    try:
        return (*for_each(found, lambda target: read_usage(target.asked, target.shell)), *gone)
    finally:
        for target in found:
            target.close()


def _table(rows: list[tuple[str, str, str, str, str]]) -> list[str]:
    """The first column to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            [
                row[0].ljust(widths[0]),
                *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)),
            ]
        )
        for row in rows
    ]
