"""`orchestrate cancel`: the end of a job."""

from contextlib import closing
from pathlib import Path

import click

from orchestrator.cli.cluster.target import ClusterJob, cluster_job
from orchestrator.cli.jobs.target import job_host
from orchestrator.cli.options import password_options
from orchestrator.errors import ExitCode


@click.command()
@click.option("--name", help="The fleet's name.  [default: sandbox]")
@click.option("--config", type=click.Path(path_type=Path), help="Fleet file.")
@password_options
@click.argument("job")
def cancel(*, name: str | None, config: Path | None, job: str) -> int:
    """End JOB, or take a reservation back (`orchestrate cancel sandbox-1/12`, or lab/12 of a cluster).

    Returns once no process of it is left.
    """
    from orchestrator.jobs.leased import service

    if of_cluster := cluster_job(config, name, job):
        return _cancel_in_cluster(of_cluster)
    at, reference = job_host(config, name, job)
    with closing(at.shell()) as shell:
        service.cancel(shell, at.host.name, reference.number)
    click.echo(f"{at.host.name}/{reference.number} is canceled: no process of it is left")
    return ExitCode.OK


def _cancel_in_cluster(job: ClusterJob) -> int:
    from orchestrator.jobs.slurm import service

    with closing(job.at.shell()) as shell:
        found = service.job(shell, job.at.host, job.number)
        if found.has_ended:
            click.echo(f"{found.reference} has ended already: {found.state}")
            return ExitCode.OK
        service.cancel(shell, job.at.host, job.number)
        now = service.job(shell, job.at.host, job.number)
    if now.has_ended:
        click.echo(f"{now.reference} is canceled: no process of it is left")
    else:
        click.echo(f"{now.reference} is canceled, and ends on {', '.join(now.hosts)}: it is {now.state}")
    return ExitCode.OK
