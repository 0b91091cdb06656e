"""Commands that change nothing: status, report, ssh."""

import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestrator.cli.opening import end_empty_rehearsal, fleet_of, open_provider_of, read_begun_spec
from orchestrator.cli.options import fleet_options
from orchestrator.cli.reach.hosts import named, reached
from orchestrator.cli.telling import print_json
from orchestrator.errors import ExitCode, OrchestrateError, UsageError
from orchestrator.journal import Journal
from orchestrator.models import Certificate, Host, HostState
from orchestrator.progress import Silent

if TYPE_CHECKING:
    from orchestrator.pipeline.lifetime import Life


@click.command()
@fleet_options
def status(*, name: str | None, cloud: str | None, config: Path | None, as_json: bool) -> int:
    """Show the fleet's hosts, as their provider knows them now, and its certificate."""
    spec = read_begun_spec(config, {"name": name, "cloud": cloud})
    journal = fleet_of(spec)
    hosts = open_provider_of(spec, Silent()).find(spec.name)
    if not hosts:
        end_empty_rehearsal()
    certificate = journal.load("certificate", Certificate)
    of = _lives(journal, hosts)
    if as_json:
        return print_json(
            {
                "fleet": spec.name,
                "cloud": spec.cloud,
                "begun": journal.exists,
                "hosts": hosts,
                "lives": tuple(of.values()),
                "certificate": certificate,
            }
        )
    if not hosts:
        click.echo(f"fleet {spec.name} has no hosts\n  try: orchestrate up" + named(spec.name))
    for host in hosts:
        click.echo(f"{host.name}  {host.state}  {host.distribution}  {host.user}@{host.address}:{host.port}")
        if host.price_usd_per_hour:
            click.echo(f"  {_rent(host, of.get(host.name))}")
    if certificate:
        age = datetime.now(UTC) - certificate.issued_at
        click.echo(f"{certificate.headline}  ({age.total_seconds() / 60:.0f} minutes ago)")
    elif hosts:
        click.echo(
            "no certificate: what is there was not validated\n  try: orchestrate validate" + named(spec.name)
        )
    return ExitCode.OK


@click.command()
@fleet_options
def report(*, name: str | None, cloud: str | None, config: Path | None, as_json: bool) -> int:
    """Say where the last report lies and what it says; after `down`, the one that was kept."""
    from orchestrator.stages.report import RunRecord, summary_lines, write_report

    spec = read_begun_spec(config, {"name": name, "cloud": cloud})
    journal = fleet_of(spec)
    record = journal.load("record", RunRecord)
    if record is None:
        return _ended_report(journal, as_json=as_json)
    paths = write_report(record, journal.folder)
    if as_json:
        return print_json({"report": paths, "certificate": record.certificate})
    for line in summary_lines(record, paths.html):
        click.echo(line)
    return ExitCode.OK


@click.command(context_settings={"ignore_unknown_options": True})
@click.option("--name", help="The fleet's name.  [default: sandbox]")
@click.option("--config", type=click.Path(path_type=Path), help="Fleet file.")
@click.argument("host", required=False)
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
def ssh(*, name: str | None, config: Path | None, host: str | None, command: tuple[str, ...]) -> int:
    """Log in to HOST, or run COMMAND there (`orchestrate ssh sandbox-1 -- nproc`).

    HOST may be left out, or be the fleet's name, when the fleet has one host.
    """
    import shlex

    at = reached(config, name, host)
    if at.is_here:
        argv = ("sh", "-c", shlex.join(command)) if command else (os.environ.get("SHELL", "sh"),)
    else:
        tail = ("--", shlex.join(command)) if command else ()
        argv = ("ssh", *at.ssh_words, *tail)
    if shutil.which(argv[0]) is None:
        raise OrchestrateError(f"{argv[0]} is not installed", "orchestrate doctor --fix")
    os.execvp(argv[0], argv)  # noqa: S606 - the user's terminal becomes the session's


def _lives(journal: Journal, hosts: tuple[Host, ...]) -> "dict[str, Life]":
    """What running rented hosts say of their limits."""
    known = {host.name: host for host in journal.load("hosts", tuple[Host, ...]) or ()}
    asked = tuple(
        replace(host, host_key=known[host.name].host_key)
        for host in hosts
        if host.price_usd_per_hour and host.state is HostState.RUNNING and host.name in known
    )
    if not asked:
        return {}
    from orchestrator.pipeline.lifetime import lives

    return {life.host: life for life in lives(journal, asked)}


def _rent(host: Host, life: "Life | None") -> str:
    """Type, place, age, cost and end in a line."""
    parts = [f"{host.instance_type} in {host.place}", f"${host.price_usd_per_hour:.3f} an hour"]
    running = host.state is HostState.RUNNING
    if host.started_at and running:
        hours = (datetime.now(UTC) - host.started_at).total_seconds() / 3600
        cost = life.cost_usd if life and life.cost_usd is not None else hours * host.price_usd_per_hour
        parts.append(f"up {hours:.1f} h, about ${cost:.2f} so far")
    if life:
        parts.append(life.told)
    elif host.ends_at and running:
        parts.append(f"ends {host.ends_at:%Y-%m-%d %H:%M} UTC at the latest")
    return ", ".join(parts)


def _ended_report(journal: Journal, *, as_json: bool) -> int:
    ended = journal.last_ended()
    path = ended / "report.html" if ended else None
    if path is None or not path.exists():
        raise UsageError(f"fleet {journal.fleet} has no report yet", f"orchestrate up{named(journal.fleet)}")
    if as_json:
        return print_json({"report": {"html": path, "json": path.with_suffix(".json")}, "certificate": None})
    click.echo(f"fleet {journal.fleet} is down; its last report is {path}")
    return ExitCode.OK
