"""`orchestrate bench`: speed and price of configurations, hosts and instance types in one table."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestrator.cli.connect.hosts import name_option, running_hosts
from orchestrator.cli.context import is_terminal, journal_of, read_existing_spec
from orchestrator.cli.display import progress_display
from orchestrator.cli.options import FiniteRange, fleet_options, password_options
from orchestrator.cli.render import print_json
from orchestrator.errors import ExitCode, UsageError
from orchestrator.journal import Journal, state_dir
from orchestrator.models import ConvergeResult, Plan

if TYPE_CHECKING:
    from orchestrator.stages.bench import Bench

QUICK = ("--synthetic", "1024", "--epochs", "1", "--target-accuracy", "0.2", "--min-accuracy", "0")
"""A look at every configuration in a minute or two: pictures made on the spot, one pass over them."""


@click.command(context_settings={"ignore_unknown_options": False})
@fleet_options
@click.option("--workload", default="cifar10", help="What is measured.  [default: cifar10]")
@click.option("--host", "hosts", multiple=True, help="Only this host; may be repeated.  [default: all]")
@click.option("--quick", is_flag=True, help="Few pictures, made on the spot: speeds in a minute or two.")
@click.option(
    "--usd-per-hour",
    type=FiniteRange(min=0, min_open=True),
    help="What an hour costs of hosts that no provider has a price for.",
)
@click.option(
    "--beside",
    multiple=True,
    metavar="FLEET",
    help="Put what another fleet's last bench measured into the table; may be repeated.",
)
@click.option(
    "--timeout",
    "timeout_s",
    type=click.IntRange(1),
    default=7200,
    help="Seconds for it on a host.  [default: 7200]",
)
@password_options
@click.argument("arguments", nargs=-1)
def bench(
    *,
    name: str | None,
    cloud: str | None,
    config: Path | None,
    as_json: bool,
    workload: str,
    hosts: tuple[str, ...],
    quick: bool,
    usd_per_hour: float | None,
    beside: tuple[str, ...],
    timeout_s: int,
    arguments: tuple[str, ...],
) -> int:
    """Measure configurations of the hosts: images/s, time to an accuracy, what a pass and a GPU are worth.

    What follows -- goes to the workload: orchestrate bench -- --configurations all
    """
    from orchestrator.stages.bench import BenchRequest, joined, records
    from orchestrator.stages.bench import bench as measure

    spec = read_existing_spec(config, {"name": name, "cloud": cloud})
    journal = journal_of(spec)
    others = tuple(records.last_bench(Journal(fleet, state_dir())) for fleet in beside)
    request = BenchRequest(
        workload=workload,
        arguments=(*(QUICK if quick else ()), *arguments),
        timeout_s=timeout_s,
        usd_per_hour=usd_per_hour,
    )
    measured_on = running_hosts(spec, journal, hosts)
    planned = journal.load("plan", Plan)
    if planned is None or journal.load("converge", ConvergeResult) is None:
        raise UsageError(f"fleet {spec.name} is not set up", f"orchestrate up{name_option(spec.name)}")
    with progress_display(moving=is_terminal()) as progress, journal.hold("orchestrate bench"):
        progress.stage("bench", f"{workload} on {', '.join(host.name for host in measured_on)}")
        measured = joined(measure(planned, measured_on, request, journal, progress), others)
    return _print(measured, records.save_bench(journal, measured), as_json=as_json)


def _print(measured: "Bench", folder: Path, *, as_json: bool) -> int:
    """The table; exit code 1 where a check failed or nothing was measured."""
    from orchestrator.stages.bench.documents import cell, columns, title
    from orchestrator.stages.bench.table import statement

    if as_json:
        print_json({"bench": measured, "folder": folder})
    else:
        _print_table(
            [title(name) for name in columns(measured)],
            [[cell(row, name) for name in columns(measured)] for row in measured.rows],
        )
        for check in measured.failed:
            click.echo(f"{check.host}: {check.name}: {check.reason}", err=True)
        for note in measured.notes:
            click.echo(f"note: {note}")
        click.echo(f"{statement(measured)}\n{folder / 'bench.html'}")
    return ExitCode.OK if measured.rows and not measured.failed else ExitCode.CHECKS_FAILED


def _print_table(titles: list[str], lines: list[list[str]]) -> None:
    """Columns as wide as their widest cell; figures end under each other."""
    widths = [max(map(len, column)) for column in zip(titles, *lines, strict=True)]
    right = [all(_is_figure(line[at]) for line in lines) for at in range(len(titles))]
    for line in (titles, *lines):
        cells = (
            text.rjust(width) if to_the_right else text.ljust(width)
            for text, width, to_the_right in zip(line, widths, right, strict=True)
        )
        click.echo("  ".join(cells).rstrip())


def _is_figure(text: str) -> bool:
    return text == "-" or text.replace(",", "").replace(".", "", 1).isdigit()
