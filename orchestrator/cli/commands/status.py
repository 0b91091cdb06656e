"""status: what there is. It changes nothing, but for a certificate that a host has revoked."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestrator.cli.certificate.standing import (
    asked_standings,
    print_signers,
    print_standings,
    signed_by,
)
from orchestrator.cli.cluster.standing import asked_cluster, cluster_document, print_cluster
from orchestrator.cli.connect.hosts import name_option
from orchestrator.cli.context import end_empty_rehearsal, journal_of, open_fleet_provider, read_existing_spec
from orchestrator.cli.display import progress_display
from orchestrator.cli.options import fleet_options, password_options
from orchestrator.cli.owners import print_foreign
from orchestrator.cli.render import print_bill, print_json
from orchestrator.cli.telemetry.problems import asked_gpus, print_problems
from orchestrator.elastic import stopped_by_slurm
from orchestrator.errors import ExitCode
from orchestrator.journal import Journal, fleet_names, state_dir
from orchestrator.models import Certificate, Host, HostState, Plan, endpoint
from orchestrator.progress import Silent

if TYPE_CHECKING:
    from orchestrator.config import FleetSpec
    from orchestrator.models import Bill
    from orchestrator.pipeline.lifetime import HostLifetime
    from orchestrator.providers.base import Provider

ENDED = frozenset({"shutting-down", "terminated", "not found"})
"""States of instances that will not run again."""


@click.command()
@fleet_options
@password_options
def status(*, name: str | None, cloud: str | None, config: Path | None, as_json: bool) -> int:
    """Show the fleet's hosts, as their provider knows them now, and its certificate, as its hosts find it now.

    Where a host has revoked it, that is put on record: it is a FAIL from then on.
    """
    spec = read_existing_spec(config, {"name": name, "cloud": cloud})
    journal = journal_of(spec)
    provider = open_fleet_provider(spec, Silent())
    hosts, found = provider.find(spec.name), _bill(spec, journal, provider)
    if not hosts:
        end_empty_rehearsal()
    ended = found is not None and not hosts and journal.exists and bool(found.instances)
    others = provider.foreign(spec.name)
    running = _running(journal, hosts)
    of = _lifetimes(journal, running)
    with progress_display(moving=False) as progress:
        standings = asked_standings(journal, running, progress)
    gpus = asked_gpus(journal, running, f"orchestrate up{name_option(spec.name)}")
    cluster = asked_cluster(journal, running)
    certificate = journal.load("certificate", Certificate)
    signers = signed_by(journal) if certificate else ()
    if as_json:
        print_json(
            {
                "fleet": spec.name,
                "cloud": spec.cloud,
                "begun": journal.exists,
                "hosts": hosts,
                "lifetimes": tuple(of.values()),
                "certificate": certificate,
                "signed_by": signers,
                "standings": standings,
                "gpus": gpus,
                "cluster": cluster_document(cluster),
                "bill": found,
                "others": others,
                "stopped_by_slurm": stopped_by_slurm(journal.load("plan", Plan), hosts),
            }
        )
        return ExitCode.PROVIDER if ended else ExitCode.OK
    print_foreign(others)
    if ended and found is not None:
        return print_ended(spec.name, found)
    if not hosts:
        click.echo(f"fleet {spec.name} has no hosts\n  try: orchestrate up" + name_option(spec.name))
        _print_last_receipt(journal)
        _print_other_fleets(spec.name)
    for host in hosts:
        click.echo(
            f"{host.name}  {host.state}  {host.distribution}  {host.user}@{endpoint(host.address, host.port)}"
        )
        if host.is_rented:
            click.echo(f"  {rent(host, of.get(host.name), found)}")
    _print_stopped_by_slurm(journal, hosts)
    if found is not None and any(each.state in ENDED for each in found.instances):
        print_bill(found)
    print_problems(gpus)
    print_cluster(cluster, spec.name)
    if certificate:
        _print_certificate(certificate, datetime.now(UTC), spec.name)
        print_signers(certificate, signers)
        print_standings(standings)
    elif hosts:
        click.echo(
            "no certificate: what is there was not validated\n  try: orchestrate validate"
            + name_option(spec.name)
        )
    return ExitCode.OK


def _print_stopped_by_slurm(journal: Journal, hosts: tuple[Host, ...]) -> None:
    for name in stopped_by_slurm(journal.load("plan", Plan), hosts):
        click.echo(f"{name}: stopped by Slurm, starts with the next job")


def _running(journal: Journal, hosts: tuple[Host, ...]) -> tuple[Host, ...]:
    """Those that run, with the keys on record."""
    known = {host.name: host for host in journal.load("hosts", tuple[Host, ...]) or ()}
    return tuple(
        replace(host, host_key=known[host.name].host_key)
        for host in hosts
        if host.state is HostState.RUNNING and host.name in known
    )


def _lifetimes(journal: Journal, running: tuple[Host, ...]) -> "dict[str, HostLifetime]":
    """What running rented hosts say of their limits."""
    asked = tuple(host for host in running if host.is_rented)
    if not asked:
        return {}
    from orchestrator.pipeline.costs import record_interruptions
    from orchestrator.pipeline.lifetime import read_lifetimes

    found = read_lifetimes(journal, asked)
    record_interruptions(journal, {each.host: each.interrupted_at for each in found if each.interrupted_at})
    return {life.host: life for life in found}


def _bill(spec: "FleetSpec", journal: Journal, provider: "Provider") -> "Bill | None":
    """What rented hosts have cost so far, those that ended included; None where nothing is rented."""
    if spec.cloud != "aws":
        return None
    from orchestrator.pipeline.costs import bill_from_provider

    return bill_from_provider(provider, journal)


def rent(host: Host, life: "HostLifetime | None", found: "Bill | None") -> str:
    """Type, place, what it costs as it is, age, cost and end in a line."""
    from orchestrator.ledger import cost, hourly

    mine = next((each for each in found.instances if each.id == host.provider_id), None) if found else None
    running = host.state is HostState.RUNNING
    parts = [f"{host.instance_type} in {host.place}"]
    if mine is None:
        parts.append(hourly(host.price_usd_per_hour) if running else f"{host.state}")
    elif running:
        parts.append(f"{hourly(mine.running_usd_per_hour)} with disk and address")
    else:
        kept = "for what it keeps" if mine.running_usd_per_hour else "while it is stopped"
        parts.append(f"{host.state}: {hourly(mine.running_usd_per_hour)} {kept}, until `down`")
    if mine is not None:
        hours = sum((each.ended_before - each.started_at).total_seconds() / 3600 for each in mine.runs)
        least = sum(each.usd_least for each in mine.charges)
        most = sum(each.usd_most for each in mine.charges)
        parts.append(f"{'up' if running else 'ran'} {hours:.1f} h, {cost(least, most)} so far")
    if life:
        parts.append(life.statement)
    elif host.ends_at and running:
        parts.append(f"ends {host.ends_at:%Y-%m-%d %H:%M} UTC at the latest")
    return ", ".join(parts)


def print_ended(fleet: str, found: "Bill") -> int:
    """Of a fleet that was brought up and whose hosts are all gone: what ran, why it ended, and what it cost."""
    click.echo(f"fleet {fleet} has no host left: all that ran have ended")
    print_bill(found)
    click.echo(
        f"  try: `orchestrate down{name_option(fleet)}` removes what they left and gives the receipt; `orchestrate up{name_option(fleet)}` makes new ones"
    )
    return ExitCode.PROVIDER


def _print_other_fleets(asked_for: str) -> None:
    """Whoever asks in a folder without the fleet file gets the default name; what runs, and costs, may have another."""
    for name in fleet_names(state_dir()):
        if name != asked_for:
            click.echo(f"fleet {name} is on record here: `orchestrate status --name {name}`")


def _print_last_receipt(journal: Journal) -> None:
    folder = journal.last_ended()
    if folder is not None and (folder / "receipt.json").exists():
        click.echo(f"its last receipt is {folder / 'receipt.json'}")


def _print_certificate(certificate: Certificate, now: datetime, fleet: str) -> None:
    """Say what it says, how old it is, and until when it holds."""
    age = now - certificate.issued_at
    click.echo(f"{certificate.headline}  ({age.total_seconds() / 60:.0f} minutes ago)")
    if certificate.revoked:
        click.echo(
            f"  until then it said {certificate.revoked.was}\n  try: orchestrate validate{name_option(fleet)}"
        )
    until = certificate.valid_until
    if until and until > now:
        click.echo(f"  valid until {until:%Y-%m-%d %H:%M} UTC")
    elif until:
        click.echo(
            f"  expired on {until:%Y-%m-%d %H:%M} UTC\n  try: orchestrate validate{name_option(fleet)}"
        )
