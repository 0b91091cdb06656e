"""`orchestrate cancel`: the end of a job."""

from contextlib import closing
from pathlib import Path

import click

from orchestrator.cli.jobs.target import job_host
from orchestrator.cli.options import password_options
from orchestrator.errors import ExitCode


@click.command()
@click.option("--name", help="The fleet's name.  [default: sandbox]")
@click.option("--config", type=click.Path(path_type=Path), help="Fleet file.")
@password_options
@click.argument("job")
def cancel(*, name: str | None, config: Path | None, job: str) -> int:
    """End JOB, or take a reservation back (`orchestrate cancel sandbox-1/12`); return once no process of it is left."""
    from orchestrator.jobs.leased import service

    at, reference = job_host(config, name, job)
    with closing(at.shell()) as shell:
        service.cancel(shell, at.host.name, reference.number)
    click.echo(f"{at.host.name}/{reference.number} is canceled: no process of it is left")
    return ExitCode.OK
