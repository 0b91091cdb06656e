"""The host that a job is on, the way there, and what is typed to follow it. What the commands of jobs share."""

from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.cli.connect.hosts import TargetHost, name_option, target_host

if TYPE_CHECKING:
    from orchestrator.jobs.leased.follow import Followed, SomeJob
    from orchestrator.jobs.leased.values import JobReference
    from orchestrator.jobs.leased.way import Way
    from orchestrator.remote import Shell

_DEFAULT_PYTHON = "/opt/ml/envs/default/bin/python"
SYNCED = "synced"
"""The run folder's list of folders that were copied for jobs."""


def job_host(config: Path | None, name: str | None, text: str) -> "tuple[TargetHost, JobReference]":
    """The host of a job, and its number there. Raises as `target_host`, and UsageError for what is no job."""
    from orchestrator.jobs.leased.values import JobReference

    reference = JobReference.parse(text)
    return target_host(config, name, reference.host), reference


def way_to(at: TargetHost) -> "Way":
    """How programs of this computer get there. Raises as `TargetHost.ssh`."""
    from orchestrator.jobs.leased.way import Way

    if at.is_here:
        return Way(host=at.host.name)
    found = at.ssh()
    return Way(host=at.host.name, program=found.program, words=found.words, environment=found.environment)


def followed(at: TargetHost, shell: "Shell", number: int) -> int:
    """Follow a job on this terminal to its end; its exit code. Ctrl-C says how to follow it again and leaves it running.

    Raises:
        UnreachableError: the host was away for too long.
        NotShownError: the host does not show it.
        LeaseRefusedError: the host does not know it.
    """
    from functools import partial

    import click

    from orchestrator.errors import ExitCode
    from orchestrator.jobs.leased import service
    from orchestrator.jobs.leased.follow import Followed

    def note(text: str) -> None:
        click.echo(text, err=True)

    typed = f"orchestrate logs -f{name_option(at.host.fleet)} {at.host.name}/{number}"
    job = passed_on(
        Followed(
            way=way_to(at),
            ask=partial(service.job, shell, at.host.name, number),
            stream=partial(service.stream, number),
            again=typed,
            listed=f"orchestrate jobs {at.host.name}",
            write=printed,
            note=note,
        ),
        f"{at.host.name}/{number}",
    )
    if job is None:
        return ExitCode.INTERRUPTED
    if job.result != "success":
        note(f"{job.reference} has ended: {job.result}")
    if job.exit_code is not None:
        return job.exit_code
    return ExitCode.INTERRUPTED if job.result.startswith("canceled") else ExitCode.CHECKS_FAILED


def passed_on(job: "Followed[SomeJob]", reference: str) -> "SomeJob | None":
    """Follow a job to its end; None after Ctrl-C, when it was said how to follow it again. Raises as `follow`."""
    from orchestrator.jobs.leased.follow import follow

    try:
        return follow(job)
    except KeyboardInterrupt:
        job.note(f"\n{reference} runs on\n  try: {job.again}")
        return None


def printed(data: bytes, stream: str = "stdout") -> None:
    """What a job prints, as it is, at once."""
    import sys

    to = getattr(sys, stream)
    to.buffer.write(data)
    to.buffer.flush()


def training_folder(at: TargetHost) -> str:
    """Of the programs of the training environment, where the fleet has one on record."""
    from pathlib import PurePosixPath

    from orchestrator.jobs.program import training_python
    from orchestrator.models import Plan

    planned = at.journal.load("plan", Plan)
    return str(PurePosixPath(training_python(planned) if planned else _DEFAULT_PYTHON).parent)
