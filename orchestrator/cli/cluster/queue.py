"""`orchestrate queue`: the jobs of a cluster."""

import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestrator.cli.cluster.target import controller_of, waits_for
from orchestrator.cli.options import json_option, password_options
from orchestrator.cli.render import print_json, table_lines
from orchestrator.errors import ExitCode

if TYPE_CHECKING:
    from orchestrator.jobs.slurm.values import SlurmJob

_LONGEST = 40
"""Characters of a name that are shown."""


@click.command()
@click.option("--config", type=click.Path(path_type=Path), help="Fleet file.")
@click.option("--all", "every", is_flag=True, help="Also those that ended more than a day ago.")
@json_option
@password_options
@click.argument("name", required=False)
def queue(*, config: Path | None, every: bool, as_json: bool, name: str | None) -> int:
    """Show the jobs of cluster NAME: who runs what on which hosts, and who waits for what (`orchestrate queue lab`)."""
    from orchestrator.jobs.slurm import service

    at = controller_of(config, name)
    with closing(at.shell()) as shell:
        found = service.jobs(shell, at.host, every)
    if as_json:
        print_json(found)
        return ExitCode.OK
    rows = [("JOB", "USER", "STATE", "HOSTS", "GPUS", "ENDS", "NAME"), *(_row(job) for job in found)]
    for line in table_lines(rows):
        click.echo(line)
    for job in found:
        if job.state == "pending":
            click.echo(f"{job.reference} waits{waits_for(job)}{_expected(job)}")
    return ExitCode.OK


def _row(job: "SlurmJob") -> tuple[str, ...]:
    hosts = ", ".join(job.hosts) if 0 < len(job.hosts) <= 3 else str(job.host_count)
    state = f"{job.state} ({job.exit_code})" if job.state == "failed" else job.state
    again = f", started {job.restarts + 1} times" if job.restarts else ""
    at = (
        ""
        if job.ends_at is None or job.state == "pending"
        else time.strftime("%m-%d %H:%M", time.localtime(job.ends_at))
    )
    return (
        job.reference,
        job.user,
        f"{state}{again}",
        hosts,
        str(job.gpus or "none"),
        at,
        job.name[:_LONGEST],
    )


def _expected(job: "SlurmJob") -> str:
    if job.started_at is None:
        return ""
    return f"; expected to start in {max((job.started_at - time.time()) / 60, 0):.0f} minutes"
