"""`orchestrate logs`: what a job printed."""

import os
import subprocess
from contextlib import closing
from pathlib import Path

import click

from orchestrator.cli.jobs.target import followed, job_host, way_to
from orchestrator.cli.options import password_options


@click.command()
@click.option("--name", help="The fleet's name.  [default: sandbox]")
@click.option("--config", type=click.Path(path_type=Path), help="Fleet file.")
@click.option("-f", "--follow", is_flag=True, help="Until it ends; Ctrl-C leaves it running.")
@password_options
@click.argument("job")
def logs(*, name: str | None, config: Path | None, follow: bool, job: str) -> int:
    """Print what JOB printed (`orchestrate logs -f sandbox-1/12`); with -f, to its end, and end with its exit code."""
    from orchestrator.jobs.leased.service import PROGRAM

    at, reference = job_host(config, name, job)
    if follow:
        with closing(at.shell()) as shell:
            return followed(at, shell, reference.number)
    way = way_to(at)
    argv = way.argv(PROGRAM, "logs", str(reference.number))
    return subprocess.run(
        argv, env=os.environ | way.environment, stdin=subprocess.DEVNULL, check=False
    ).returncode
