"""The host that a job is on, the way there, and what is typed to follow it. What the commands of jobs share."""

from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.cli.connect.hosts import TargetHost, name_option, target_host

if TYPE_CHECKING:
    from orchestrator.jobs.leased.values import JobReference
    from orchestrator.jobs.leased.way import Way
    from orchestrator.remote import Shell

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
        LeaseRefusedError: the host does not show it.
    """
    import sys

    import click

    from orchestrator.errors import ExitCode
    from orchestrator.jobs.leased.follow import Followed, follow

    def write(data: bytes) -> None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()

    def note(text: str) -> None:
        click.echo(text, err=True)

    typed = f"orchestrate logs -f{name_option(at.host.fleet)} {at.host.name}/{number}"
    try:
        job = follow(Followed(connection=shell, way=way_to(at), number=number, write=write, note=note))
    except KeyboardInterrupt:
        note(f"\n{at.host.name}/{number} runs on\n  try: {typed}")
        return ExitCode.INTERRUPTED
    if job.result != "success":
        note(f"{job.reference} has ended: {job.result}")
    if job.exit_code is not None:
        return job.exit_code
    return ExitCode.INTERRUPTED if job.result.startswith("canceled") else ExitCode.CHECKS_FAILED
