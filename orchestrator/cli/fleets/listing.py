"""list: every fleet of this computer in a line."""

from pathlib import Path

import click

from orchestrator.cli.context import end_empty_rehearsal
from orchestrator.cli.fleets.overview import UNKNOWN, FleetOverview, read_overviews
from orchestrator.cli.options import config_option, json_option
from orchestrator.cli.render import print_json, table_lines
from orchestrator.errors import ExitCode
from orchestrator.journal import fleet_names, state_dir

COLUMNS = ("fleet", "cloud", "hosts", "state", "certificate", "cost so far", "now", "ends")


@click.command("list")
@config_option
@json_option
def list_fleets(*, config: Path | None, as_json: bool) -> int:
    """Show all fleets of this computer: state, certificate, cost so far, and when they end by themselves."""
    found = read_overviews(fleet_names(state_dir()), config)
    if any(not each.hosts for each in found):
        end_empty_rehearsal()
    if as_json:
        print_json(found)
    elif not found:
        click.echo("no fleet is on record here\n  try: orchestrate up")
    else:
        for line in table_lines((COLUMNS, *map(cells, found))):
            click.echo(line)
        for each in found:
            if each.state == UNKNOWN:
                click.echo(f"{each.fleet}: {each.why}")
    return ExitCode.PROVIDER if any(each.state == UNKNOWN for each in found) else ExitCode.OK


def cells(fleet: FleetOverview) -> tuple[str, ...]:
    """Of a fleet's line; `-` where there is nothing to say."""
    from orchestrator.ledger import cost, hourly

    known = fleet.usd_least is not None and fleet.usd_most is not None and fleet.usd_per_hour is not None
    until = f" until {fleet.valid_until:%Y-%m-%d}" if fleet.valid_until and fleet.verdict != "expired" else ""
    return (
        fleet.fleet,
        fleet.cloud,
        str(len(fleet.hosts)),
        fleet.state,
        f"{fleet.verdict}{until}" or "none",
        cost(fleet.usd_least or 0.0, fleet.usd_most or 0.0) if known else "-",
        hourly(fleet.usd_per_hour or 0.0) if known else "-",
        f"{fleet.ends_at:%Y-%m-%d %H:%M} UTC at the latest" if fleet.ends_at else "-",
    )
