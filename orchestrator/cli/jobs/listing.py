"""`orchestrate jobs`: the jobs of a fleet's hosts."""

import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestrator.cli.cluster.target import planned_cluster
from orchestrator.cli.connect.hosts import fleet_of_host, running_hosts
from orchestrator.cli.context import journal_of, read_existing_spec
from orchestrator.cli.options import json_option, password_options
from orchestrator.cli.render import print_json, table_lines
from orchestrator.errors import ExitCode, OrchestrateError, UsageError
from orchestrator.waiting import for_each

if TYPE_CHECKING:
    from orchestrator.jobs.leased.values import LeasedJob
    from orchestrator.models import Host

_LONGEST = 70
"""Characters of a command that are shown."""


@click.command()
@click.option("--name", help="The fleet's name.  [default: sandbox]")
@click.option("--config", type=click.Path(path_type=Path), help="Fleet file.")
@click.option("--all", "every", is_flag=True, help="Also those that ended more than a day ago.")
@json_option
@password_options
@click.argument("hosts", nargs=-1)
def jobs(*, name: str | None, config: Path | None, every: bool, as_json: bool, hosts: tuple[str, ...]) -> int:
    """Show the jobs of the fleet's hosts, or of HOSTS alone: who runs what on which GPUs, and who waits for what."""
    from orchestrator.jobs.leased import service
    from orchestrator.remote import shell_of

    fleet = fleet_of_host(config, name, hosts[0] if hosts else None)
    spec = read_existing_spec(config, {"name": fleet})
    journal = journal_of(spec)
    if planned_cluster(journal) is not None:
        raise UsageError(
            f"fleet {spec.name} is a cluster: its jobs are in Slurm's queue", f"orchestrate queue {spec.name}"
        )
    meant = tuple(each for each in hosts if each != spec.name)

    def ask(host: "Host") -> "tuple[LeasedJob, ...] | OrchestrateError":
        try:
            key = journal.private_key if host.host_key else None
            with closing(shell_of(host, key=key)) as shell:
                return service.jobs(shell, host.name, every=every)
        except OrchestrateError as error:
            return error

    asked = running_hosts(spec, journal, meant)
    answers = for_each(asked, ask)
    found = tuple(job for answer in answers if isinstance(answer, tuple) for job in answer)
    failed = [error for error in answers if isinstance(error, OrchestrateError)]
    if as_json:
        print_json(found)
    else:
        _print(found)
    for error in failed:
        for line in error.lines:
            click.echo(line, err=True)
    return failed[0].exit_code if failed else ExitCode.OK


def _print(found: "tuple[LeasedJob, ...]") -> None:
    rows = [("JOB", "USER", "STATE", "GPUS", "COMMAND"), *(_row(job) for job in found)]
    for line in table_lines(rows):
        click.echo(line)
    for job in found:
        if job.state == "waiting":
            click.echo(f"{job.reference} waits: {job.why or 'for its turn'}{_by(job.starts_at)}")


def _row(job: "LeasedJob") -> tuple[str, ...]:
    part = f" ({job.fraction:.0%})" if job.fraction else ""
    gpus = ", ".join(job.devices) or (str(job.gpus) if job.gpus else "none")
    state = job.result if job.has_ended else job.state
    return (job.reference, job.user, state, f"{gpus}{part}", (job.name or job.command)[:_LONGEST])


def _by(at: float | None) -> str:
    return "" if at is None else f"; starts in {max((at - time.time()) / 60, 0):.0f} minutes at the latest"
