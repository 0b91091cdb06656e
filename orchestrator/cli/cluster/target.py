"""The cluster that a command is about, and the way to its controller. What the commands of a cluster's jobs share."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.cli.connect.hosts import TargetHost, target_host
from orchestrator.cli.context import read_spec
from orchestrator.errors import UsageError
from orchestrator.journal import Journal, fleet_names, state_dir
from orchestrator.models import Cluster, Host, Plan

if TYPE_CHECKING:
    from orchestrator.jobs.slurm.values import SlurmJob
    from orchestrator.remote import Shell


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterJob:
    """A job that was named on the command line."""

    at: TargetHost
    """The controller."""
    number: int


def planned_cluster(journal: Journal) -> Cluster | None:
    """What the fleet on record is planned as; None where its hosts are each on their own."""
    planned = journal.load("plan", Plan)
    return planned.cluster if planned else None


def controller_of(config: Path | None, wanted: str | None) -> TargetHost:
    """The controller of a cluster; whether it answers is not tried.

    Args:
        config: the fleet file.
        wanted: the name of the fleet, or of one of its hosts; None for the fleet that a command means by itself.

    Raises:
        UsageError: there is no such fleet, or it is no cluster.
        UnreachableError: the controller is halted or gone.
    """
    fleet = wanted or read_spec(config, {}).name
    cluster = planned_cluster(Journal(fleet, state_dir()))
    if cluster is None and wanted:
        fleet = _fleet_with_host(wanted) or fleet
        cluster = planned_cluster(Journal(fleet, state_dir()))
    if cluster is None:
        raise _no_cluster(fleet)
    return target_host(config, fleet, cluster.controller)


def cluster_job(config: Path | None, name: str | None, text: str) -> ClusterJob | None:
    """The job of a cluster that `lab/12` names, or `12` where the fleet is a cluster; None for a job of a host.

    Raises:
        UsageError: it is no job, or names a host of a cluster.
        UnreachableError: the controller is halted or gone.
    """
    from orchestrator.jobs.leased.values import JobReference

    reference = JobReference.parse(text)
    fleet = reference.host or name or read_spec(config, {}).name
    if planned_cluster(Journal(fleet, state_dir())) is not None:
        return ClusterJob(at=controller_of(config, fleet), number=reference.number)
    around = _fleet_with_host(fleet) if reference.host else None
    if around and planned_cluster(Journal(around, state_dir())):
        raise UsageError(
            f"{fleet} is a host of cluster {around}, whose jobs are the cluster's",
            f"{around}/{reference.number} instead of {text}",
        )
    return None


def refuse_host_of_cluster(at: TargetHost, typed: str) -> None:
    """Raises UsageError where the host is one of a cluster: Slurm gives out its GPUs.

    Args:
        at: the host.
        typed: what to type instead.
    """
    if planned_cluster(at.journal) is not None:
        raise UsageError(
            f"{at.host.name} is a host of cluster {at.host.fleet}: Slurm gives out its GPUs", typed
        )


def follow_here(
    at: TargetHost, shell: "Shell", job: "SlurmJob", *, to_stderr: bool = False
) -> "SlurmJob | None":
    """Follow a job on this terminal to its end; None after Ctrl-C, which leaves it running.

    Raises:
        UnreachableError: the controller was away for too long.
        NotShownError: the job is another person's.
        SlurmError: Slurm does not answer.
    """
    from functools import partial

    import click

    from orchestrator.cli.jobs.target import passed_on, printed, way_to
    from orchestrator.jobs.leased.follow import Followed
    from orchestrator.jobs.slurm import service
    from orchestrator.jobs.slurm.streams import stream

    def note(text: str) -> None:
        click.echo(text, err=True)

    if job.state == "pending" and job.reason:
        note(f"{job.reference} waits{waits_for(job)}")
    ended = passed_on(
        Followed(
            way=way_to(at),
            ask=partial(service.job, shell, at.host, job.number),
            stream=partial(stream, job),
            again=f"orchestrate logs -f {job.reference}",
            listed=f"orchestrate queue {at.host.fleet}",
            write=partial(printed, stream="stderr") if to_stderr else printed,
            note=note,
        ),
        job.reference,
    )
    if ended and not ended.succeeded:
        note(f"{ended.reference} has ended: {ended.state}{f', {ended.reason}' if ended.reason else ''}")
    if ended and ended.restarts:
        note(f"{ended.reference} was started {ended.restarts + 1} times")
    return ended


def exit_code(job: "SlurmJob | None") -> int:
    """Of a command that followed a job: the job's, where it ended by itself."""
    from orchestrator.errors import ExitCode

    if job is None or job.state == "cancelled":
        return ExitCode.INTERRUPTED
    if job.succeeded:
        return ExitCode.OK
    return (job.exit_code if job.state == "failed" else 0) or ExitCode.CHECKS_FAILED


def waits_for(job: "SlurmJob") -> str:
    """`: Resources`, as Slurm says it; empty where it says nothing."""
    return f": {job.reason}" if job.reason else ""


def _fleet_with_host(host: str) -> str | None:
    root = state_dir()
    for fleet in fleet_names(root):
        if host in {each.name for each in Journal(fleet, root).load("hosts", tuple[Host, ...]) or ()}:
            return fleet
    return None


def _no_cluster(fleet: str) -> UsageError:
    root = state_dir()
    names = fleet_names(root)
    clusters = [each for each in names if planned_cluster(Journal(each, root))]
    seen = "is no cluster" if fleet in names else "is not on record here"
    hint = (
        f"one of {', '.join(clusters)}" if clusters else f"orchestrate up --cluster --hosts 2 --name {fleet}"
    )
    return UsageError(f"fleet {fleet} {seen}", hint)
