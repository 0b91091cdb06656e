"""`orchestrate pull`: what a job made, copied here."""

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestrator.cli.cluster.target import cluster_job
from orchestrator.cli.connect.hosts import TargetHost
from orchestrator.cli.jobs.target import SYNCED, job_host, way_to
from orchestrator.cli.options import password_options
from orchestrator.errors import ExitCode

if TYPE_CHECKING:
    from orchestrator.jobs.leased.values import LeasedJob
    from orchestrator.jobs.slurm.values import SlurmJob


@click.command()
@click.option("--name", help="The fleet's name.  [default: sandbox]")
@click.option("--config", type=click.Path(path_type=Path), help="Fleet file.")
@click.option(
    "--to",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where to.  [default: ./HOST-NUMBER, or ./CLUSTER-NUMBER]",
)
@password_options
@click.argument("job")
@click.argument("results", default=".")
def pull(*, name: str | None, config: Path | None, to: Path | None, job: str, results: str) -> int:
    """Copy RESULTS, a path in JOB's folder, from its host (`orchestrate pull sandbox-1/12 results --to runs/12`, or lab/12 of a cluster).

    Without RESULTS, all that the job made or changed in the folder that was copied there by --sync.
    """
    from orchestrator.errors import UsageError
    from orchestrator.jobs.leased import copying
    from orchestrator.jobs.leased.values import SyncedFolder

    at, found, place = _found(config, name, job)
    copied = [
        each
        for each in at.journal.entries(SYNCED, SyncedFolder)
        if (each.host, each.number, each.folder) == (place, found.number, found.folder)
    ]
    if not copied and results == ".":
        raise UsageError(
            f"{found.reference} runs in {found.folder}, which was not copied there from here",
            f"orchestrate pull {found.reference} results",
        )
    source = Path(copied[-1].source) if copied else None
    target = to or Path(f"{place}-{found.number}")
    by = copying.pull(
        way_to(at), found.folder, results, target, source if source and source.is_dir() else None
    )
    click.echo(
        f"{found.reference}: {results if results != '.' else 'what it made'} is in {target} now, by {by}"
    )
    return ExitCode.OK


def _found(config: Path | None, name: str | None, job: str) -> "tuple[TargetHost, LeasedJob | SlurmJob, str]":
    """Where its folder is, the job, and what stands before its number."""
    from orchestrator.jobs.leased import service
    from orchestrator.jobs.slurm import service as slurm

    if of_cluster := cluster_job(config, name, job):
        with closing(of_cluster.at.shell()) as shell:
            there = of_cluster.at.host
            return of_cluster.at, slurm.job(shell, there, of_cluster.number), there.fleet
    at, reference = job_host(config, name, job)
    with closing(at.shell()) as shell:
        return at, service.job(shell, at.host.name, reference.number), at.host.name
