"""`orchestrate run`: a command on a host, with a lease of its GPUs and a folder of this computer."""

import secrets
import shlex
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click

from orchestrator.cli.cluster.target import refuse_host_of_cluster
from orchestrator.cli.connect.hosts import TargetHost, name_option, target_host
from orchestrator.cli.jobs.target import SYNCED, followed, training_folder, way_to
from orchestrator.cli.options import FiniteRange, json_option, password_options
from orchestrator.cli.render import print_json
from orchestrator.errors import ExitCode, UsageError


@click.command(context_settings={"ignore_unknown_options": False})
@click.option("--name", help="The fleet's name.  [default: sandbox]")
@click.option("--config", type=click.Path(path_type=Path), help="Fleet file.")
@click.option(
    "--gpus",
    type=click.IntRange(0, 1000),
    help="How many; 0 for a job without one.  [default: 1, where the host has any]",
)
@click.option(
    "--memory-fraction",
    type=FiniteRange(0.01, 1),
    help="Of one GPU's memory, beside others that ask for a part.",
)
@click.option("--time", default="", metavar="4h", help="How long it may run; then it is ended.")
@click.option(
    "--from", "starts", default="", metavar="14:00", help="Reserve: when it starts, by this computer's clock."
)
@click.option("--for", "lasts", default="", metavar="2h", help="Reserve: for how long.")
@click.option("--kind", default="", metavar="PROFILE", help="A slice (MIG) such as 1g.10gb, or mps: a share.")
@click.option(
    "--image", default="", help="Run it in a container of this image, with the folder and its GPUs alone."
)
@click.option(
    "--engine",
    type=click.Choice(("podman", "docker")),
    help="What runs the container.  [default: what is there]",
)
@click.option("--job-name", default="", help="What it is called, for people.")
@click.option(
    "--sync", type=click.Path(path_type=Path), metavar="DIR", help="Copy this folder there, and run in it."
)
@click.option("--no-wait", is_flag=True, help="Refuse where nothing is free now.")
@click.option("--detach", "-d", is_flag=True, help="Return once it is started or waits.")
@json_option
@password_options
@click.argument("host")
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
def run(
    *,
    name: str | None,
    config: Path | None,
    gpus: int | None,
    memory_fraction: float | None,
    time: str,
    starts: str,
    lasts: str,
    kind: str,
    image: str,
    engine: str | None,
    job_name: str,
    sync: Path | None,
    no_wait: bool,
    detach: bool,
    as_json: bool,
    host: str,
    command: tuple[str, ...],
) -> int:
    """Run COMMAND on HOST with a lease of its GPUs (`orchestrate run sandbox-1 --sync . -- python train.py`).

    It waits for its turn, runs detached, and is followed here; Ctrl-C leaves it running. Python is that of the training
    environment. Ends with the command's exit code.
    """
    from orchestrator.jobs.leased.service import begin, gpus_by_default, reserve
    from orchestrator.jobs.leased.values import Wish

    wish = Wish(
        gpus=1 if gpus is None else gpus,
        memory_fraction=memory_fraction,
        time=time,
        starts=_by_this_clock(starts),
        lasts=lasts,
        kind=kind,
        name=job_name,
        image=image,
        engine=engine or "",
        waits=not no_wait,
    )
    at = target_host(config, name, host)
    refuse_host_of_cluster(
        at, f"orchestrate submit {at.host.fleet} --gpus 1 -- {shlex.join(command) or 'python train.py'}"
    )
    with closing(at.shell()) as shell:
        if not command:
            if not starts:
                raise UsageError("which command?", f"orchestrate run {host} --sync . -- python train.py")
            click.echo(reserve(shell, at.host.name, wish))
            return ExitCode.OK
        if gpus is None and gpus_by_default(shell, at.host.name) == 0:
            click.echo(f"{at.host.name} has no GPU: the job runs without one", err=True)
            wish = replace(wish, gpus=0)
        folder = _synced(at, sync) if sync else "."
        job = begin(shell, at.host.name, folder, training_folder(at), (wish, command))
        if sync:
            _remember(at, sync, folder, job.number)
        if as_json:
            print_json(job)
        if detach:
            if not as_json:
                click.echo(job.reference)
                typed = f"orchestrate logs -f{name_option(at.host.fleet)} {job.reference}"
                click.echo(f"follow it: `{typed}`", err=True)
            return ExitCode.OK
        return followed(at, shell, job.number)


def _by_this_clock(text: str) -> str:
    """A time of day as ISO 8601 with this computer's zone: the host may be in another."""
    from orchestrator.jobs.leased.values import next_time

    return next_time(text, datetime.now().astimezone()).isoformat() if text else ""


def _synced(at: TargetHost, source: Path) -> str:
    """Copy the folder; where it lies on the host."""
    from orchestrator.jobs.leased.copying import prepare, push
    from orchestrator.jobs.leased.values import folder_name

    stem = folder_name(source, "")[:-1]
    stamp = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    with closing(at.shell()) as shell:
        there = prepare(shell, at.host.name, f"{stem}-{stamp}", stem)
        by = push(way_to(at), source, there)
    click.echo(f"{source} is {there.folder} on {at.host.name} now, by {by}", err=True)
    return there.folder


def _remember(at: TargetHost, source: Path, folder: str, number: int) -> None:
    from orchestrator.jobs.leased.values import SyncedFolder

    copied = SyncedFolder(
        host=at.host.name, number=number, source=str(source.resolve()), folder=folder, at=datetime.now(UTC)
    )
    at.journal.append(SYNCED, (copied,))
