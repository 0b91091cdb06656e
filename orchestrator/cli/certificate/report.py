"""`orchestrate report`: what the last validation said, which reports are kept, and several of them side by side."""

from dataclasses import replace
from pathlib import Path

import click

from orchestrator.cli.connect.hosts import name_option
from orchestrator.cli.context import journal_of, read_existing_spec
from orchestrator.cli.options import fleet_options
from orchestrator.cli.render import print_json
from orchestrator.computer.files import make_private, write_atomically
from orchestrator.errors import ExitCode, UsageError
from orchestrator.journal import Journal
from orchestrator.models import HostStanding


@click.command()
@fleet_options
@click.option("--list", "lists", is_flag=True, help="Say which reports of the fleet are kept.")
@click.option("--compare", is_flag=True, help="Put REPORTS side by side.")
@click.argument("reports", nargs=-1)
def report(
    *,
    name: str | None,
    cloud: str | None,
    config: Path | None,
    as_json: bool,
    lists: bool,
    compare: bool,
    reports: tuple[str, ...],
) -> int:
    """Say where the last report lies and what it says; after `down`, the one that was kept.

    With --compare, REPORTS are fleets (the last report of each), FLEET@1 for the one before the last, or run folders: two or
    more. One is compared with the fleet's last; none is the fleet's last beside the one before.
    """
    from orchestrator.pipeline.previous_runs import STANDINGS
    from orchestrator.stages.report import RunRecord, summary_lines, write_report

    if reports and not compare:
        raise UsageError(
            f"report takes no {reports[0]}",
            f"orchestrate report --name {reports[0]}, or orchestrate report --compare {' '.join(reports)}",
        )
    spec = read_existing_spec(config, {"name": name, "cloud": cloud})
    journal = journal_of(spec)
    if compare:
        return _compare(journal, reports, as_json=as_json)
    if lists:
        return _list(journal, as_json=as_json)
    record = journal.load("record", RunRecord)
    if record is None:
        return _ended_report(journal, as_json=as_json)
    standings = journal.load(STANDINGS, tuple[HostStanding, ...]) or ()
    paths = write_report(replace(record, standings=standings), journal.folder)
    if as_json:
        return print_json({"report": paths, "certificate": record.certificate})
    for line in summary_lines(record, paths.html):
        click.echo(line)
    return ExitCode.OK


def _compare(journal: Journal, names: tuple[str, ...], *, as_json: bool) -> int:
    from orchestrator.stages.report.comparison import (
        compare,
        comparison_document,
        comparison_lines,
        named_report,
        render_comparison,
    )

    last = journal.fleet
    asked = names if len(names) > 1 else (names[0], last) if names else (f"{last}@1", last)
    compared = compare(tuple(named_report(each, journal.root) for each in asked))
    folder = journal.root / "comparisons"
    make_private(folder)
    file = "-".join("".join(c if c.isalnum() else "_" for c in each.name) for each in compared.reports)
    page = folder / f"{file[:200]}.html"
    write_atomically(page, render_comparison(compared).encode())
    if as_json:
        return print_json({"page": page} | comparison_document(compared))
    for line in comparison_lines(compared):
        click.echo(line)
    click.echo(f"page  {page}")
    return ExitCode.OK


def _list(journal: Journal, *, as_json: bool) -> int:
    from orchestrator.stages.report.comparison import kept_reports, named_report

    kept = [(each, named_report(str(each.path), journal.root).record) for each in kept_reports(journal)]
    if as_json:
        return print_json(
            [
                {
                    "name": each.name,
                    "path": each.path,
                    "at": record.generated_at,
                    "certificate": record.certificate.headline,
                }
                for each, record in kept
            ]
        )
    if not kept:
        click.echo(
            f"fleet {journal.fleet} has no report yet\n  try: orchestrate up{name_option(journal.fleet)}"
        )
    width = max((len(each.name) for each, _ in kept), default=0)
    for each, record in kept:
        click.echo(
            f"{each.name:{width}}  {record.generated_at:%Y-%m-%d %H:%M} UTC  {record.certificate.headline}"
        )
    return ExitCode.OK


def _ended_report(journal: Journal, *, as_json: bool) -> int:
    ended = journal.last_ended()
    path = ended / "report.html" if ended else None
    if path is None or not path.exists():
        raise UsageError(
            f"fleet {journal.fleet} has no report yet", f"orchestrate up{name_option(journal.fleet)}"
        )
    if as_json:
        return print_json({"report": {"html": path, "json": path.with_suffix(".json")}, "certificate": None})
    click.echo(f"fleet {journal.fleet} is down; its last report is {path}")
    return ExitCode.OK
