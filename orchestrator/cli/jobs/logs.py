"""`orchestrate logs`: what a job printed."""

import os
import subprocess
from contextlib import closing
from pathlib import Path

import click

from orchestrator.cli.cluster.target import ClusterJob, cluster_job, exit_code, follow_here
from orchestrator.cli.jobs.target import followed, job_host, way_to
from orchestrator.cli.options import password_options


@click.command()
@click.option("--name", help="The fleet's name.  [default: sandbox]")
@click.option("--config", type=click.Path(path_type=Path), help="Fleet file.")
@click.option("-f", "--follow", is_flag=True, help="Until it ends; Ctrl-C leaves it running.")
@password_options
@click.argument("job")
def logs(*, name: str | None, config: Path | None, follow: bool, job: str) -> int:
    """Print what JOB printed (`orchestrate logs -f sandbox-1/12`, or lab/12 of a cluster); with -f, to its end, and end with its exit code."""
    from orchestrator.jobs.leased.service import PROGRAM

    if of_cluster := cluster_job(config, name, job):
        return _logs_in_cluster(of_cluster, follow=follow)
    at, reference = job_host(config, name, job)
    if follow:
        with closing(at.shell()) as shell:
            return followed(at, shell, reference.number)
    way = way_to(at)
    argv = way.argv(PROGRAM, "logs", str(reference.number))
    return subprocess.run(
        argv, env=os.environ | way.environment, stdin=subprocess.DEVNULL, check=False
    ).returncode


def _logs_in_cluster(job: ClusterJob, *, follow: bool) -> int:
    from orchestrator.jobs.leased.follow import REFUSED, NotShownError
    from orchestrator.jobs.slurm import service
    from orchestrator.jobs.slurm.streams import printed

    with closing(job.at.shell()) as shell:
        found = service.job(shell, job.at.host, job.number)
        if follow:
            return exit_code(follow_here(job.at, shell, found))
    way = way_to(job.at)
    ended = subprocess.run(
        way.argv(*printed(found)), env=os.environ | way.environment, stdin=subprocess.DEVNULL, check=False
    )
    if ended.returncode == REFUSED:
        raise NotShownError(
            f"{found.reference} is {found.user}'s, and what it prints is not shown to others",
            f"orchestrate queue {found.fleet}",
        )
    return ended.returncode
