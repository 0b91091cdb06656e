"""`orchestrate submit`: a job across hosts of a cluster, with a folder of this computer or a workload of ours."""

import secrets
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestrator.cli.cluster.target import controller_of, exit_code, follow_here
from orchestrator.cli.connect.hosts import TargetHost
from orchestrator.cli.jobs.target import SYNCED, training_folder, way_to
from orchestrator.cli.options import json_option, password_options
from orchestrator.cli.render import print_json
from orchestrator.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from orchestrator.jobs.slurm.values import ClusterHost
    from orchestrator.remote import Shell

_WORKLOADS = ("distributed", "all_reduce")
"""Those that several hosts do together."""
_CHECKPOINTS = frozenset({"distributed"})
"""Workloads that go on where an earlier start of the same job left off."""


@click.command(context_settings={"ignore_unknown_options": False})
@click.option("--config", type=click.Path(path_type=Path), help="Fleet file.")
@click.option("--hosts", type=click.IntRange(1, 1000), default=1, show_default=True, help="How many.")
@click.option(
    "--gpus",
    type=click.IntRange(0, 1000),
    help="How many on each host; 0 for a job without one.  [default: 1, where a host has any]",
)
@click.option(
    "--cpus", type=click.IntRange(1, 10_000), help="How many on each host.  [default: one, or the cluster's]"
)
@click.option("--time", default="", metavar="4h", help="How long it may run; then it is ended.")
@click.option("--job-name", default="", help="What it is called, for people.")
@click.option(
    "--sync", type=click.Path(path_type=Path), metavar="DIR", help="Copy this folder there, and run in it."
)
@click.option(
    "--workload", type=click.Choice(_WORKLOADS), help="Run this one of ours; its options follow `--`."
)
@click.option("--requeue/--no-requeue", default=True, help="Start it again where one of its hosts dies.")
@click.option("--detach", "-d", is_flag=True, help="Return once it is submitted.")
@json_option
@password_options
@click.argument("name")
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
def submit(
    *,
    config: Path | None,
    hosts: int,
    gpus: int | None,
    cpus: int | None,
    time: str,
    job_name: str,
    sync: Path | None,
    workload: str | None,
    requeue: bool,
    detach: bool,
    as_json: bool,
    name: str,
    command: tuple[str, ...],
) -> int:
    """Run COMMAND on hosts of cluster NAME (`orchestrate submit lab --hosts 2 --sync . -- python train.py`).

    It runs once on each host, at the same time, in a folder that all of them see. It waits for its turn, and is followed here;
    Ctrl-C leaves it running. Ends with the command's exit code.
    """
    from orchestrator.jobs.slurm import service
    from orchestrator.jobs.slurm.streams import shared_folder
    from orchestrator.jobs.slurm.values import BatchJob, slurm_time

    if not command and not workload:
        raise UsageError("which command?", f"orchestrate submit {name} --hosts 2 -- python train.py")
    if time:
        slurm_time(time)
    at = controller_of(config, name)
    with closing(at.shell()) as shell:
        there = service.hosts(shell, at.host)
        wanted = _refused_unless_there(there, at.host.fleet, hosts, gpus, cpus)
        shared = shared_folder(shell, at.host)
        folder = _folder(at, shell, shared, sync, workload or job_name or Path(command[0]).name)
        job = service.submit(
            shell,
            at.host,
            BatchJob(
                command=_laid(at, shell, folder, workload, command) if workload else command,
                folder=folder,
                hosts=hosts,
                gpus=wanted,
                cpus=cpus,
                time=time,
                name=job_name or workload or "",
                environment=training_folder(at),
                requeue=requeue,
            ),
        )
        if sync:
            _remember(at, sync, folder, job.number)
        if detach:
            if as_json:
                print_json(job)
            else:
                click.echo(job.reference)
                click.echo(f"follow it: `orchestrate logs -f {job.reference}`", err=True)
            return ExitCode.OK
        click.echo(f"submitted {job.reference}", err=True)
        ended = follow_here(at, shell, job, to_stderr=as_json)
        if as_json and ended:
            print_json(ended)
        return exit_code(ended)


def _refused_unless_there(
    there: "tuple[ClusterHost, ...]", fleet: str, hosts: int, gpus: int | None, cpus: int | None
) -> int:
    """GPUs for each host, where the cluster could ever give what is asked for. Raises UsageError where it could not."""
    if hosts > len(there):
        raise UsageError(
            f"{fleet} has {len(there)} hosts that run jobs, and {hosts} are asked for",
            f"--hosts {len(there)}, or `orchestrate up --cluster --hosts {hosts} --name {fleet}`",
        )
    most = max((each.gpus for each in there), default=0)
    wanted = min(1, most) if gpus is None else gpus
    if gpus is None and not most:
        click.echo(f"no host of {fleet} has a GPU: the job runs without one", err=True)
    having = [each for each in there if each.gpus >= wanted]
    if len(having) < hosts:
        seen = f"{len(having)} hosts of {fleet} have" if having else f"no host of {fleet} has"
        raise UsageError(
            f"{seen} {wanted} GPUs, and {hosts} are asked for; the most on one is {most}",
            f"--gpus {most}" if not having else f"--hosts {len(having)}",
        )
    processors = max((each.cpus for each in there), default=0)
    if cpus and cpus > processors:
        raise UsageError(
            f"no host of {fleet} has {cpus} CPUs; the most on one is {processors}", f"--cpus {processors}"
        )
    _note_hosts_away(there, fleet, hosts)
    return wanted


def _note_hosts_away(there: "tuple[ClusterHost, ...]", fleet: str, hosts: int) -> None:
    """The job waits where too few hosts take jobs as they are; why, only they say."""
    away = [each for each in there if not each.takes_jobs]
    if len(there) - len(away) < hosts:
        for each in away:
            click.echo(f"{each.name} is {each.state}{f': {each.reason}' if each.reason else ''}", err=True)
        click.echo(f"the job waits until {hosts} hosts of {fleet} take jobs", err=True)


def _folder(at: TargetHost, shell: "Shell", shared: str, sync: Path | None, what: str) -> str:
    """A new folder that all hosts see, with the content of `sync`; its path."""
    from orchestrator.jobs.leased.copying import push
    from orchestrator.jobs.leased.values import folder_name
    from orchestrator.jobs.slurm.streams import prepare

    stem = folder_name(sync or Path("/") / what, "")[:-1]
    stamp = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    there = prepare(shell, at.host, shared, f"{stem}-{stamp}", stem)
    if sync:
        by = push(way_to(at), sync, there)
        click.echo(f"{sync} is {there.folder} on the hosts of {at.host.fleet} now, by {by}", err=True)
    return there.folder


def _laid(
    at: TargetHost, shell: "Shell", folder: str, workload: str, options: tuple[str, ...]
) -> tuple[str, ...]:
    """Put the workloads into the job's folder; the command that runs one."""
    from orchestrator.jobs.program import PROGRAM, RESULT, workloads_program

    program = f"{folder}/{PROGRAM}"
    shell.put(workloads_program(), program)
    kept = (
        ("--checkpoints", f"{folder}/checkpoints")
        if workload in _CHECKPOINTS and "--checkpoints" not in options
        else ()
    )
    return (
        f"{training_folder(at)}/python",
        program,
        workload,
        "--result",
        f"{folder}/{RESULT}",
        *kept,
        *options,
    )


def _remember(at: TargetHost, source: Path, folder: str, number: int) -> None:
    from orchestrator.jobs.leased.values import SyncedFolder

    copied = SyncedFolder(
        host=at.host.fleet, number=number, source=str(source.resolve()), folder=folder, at=datetime.now(UTC)
    )
    at.journal.append(SYNCED, (copied,))
