"""What `status` says of a cluster: each host as Slurm sees it, and why it takes no jobs."""

from typing import TYPE_CHECKING

import click

from orchestrator.cli.cluster.target import planned_cluster
from orchestrator.errors import OrchestrateError
from orchestrator.journal import Journal
from orchestrator.models import Host

if TYPE_CHECKING:
    from orchestrator.jobs.slurm.values import ClusterHost


def asked_cluster(
    journal: Journal, running: tuple[Host, ...]
) -> "tuple[ClusterHost, ...] | OrchestrateError | None":
    """The hosts as the controller sees them; why it says nothing; or None where there is no cluster, or no controller that runs."""
    cluster = planned_cluster(journal)
    controller = next((host for host in running if cluster and host.name == cluster.controller), None)
    if controller is None:
        return None
    from contextlib import closing

    from orchestrator.jobs.slurm import service
    from orchestrator.remote import shell_of

    key = journal.private_key if controller.host_key else None
    try:
        with closing(shell_of(controller, key=key)) as shell:
            return service.hosts(shell, controller)
    except OrchestrateError as error:
        return error


def print_cluster(found: "tuple[ClusterHost, ...] | OrchestrateError | None", fleet: str) -> None:
    """To standard output."""
    if found is None:
        return
    if isinstance(found, OrchestrateError):
        for line in found.lines:
            click.echo(line)
        return
    click.echo(f"cluster of {len(found)} hosts: `orchestrate queue {fleet}`")
    for host in found:
        gpus = f", {host.gpus} {'GPU' if host.gpus == 1 else 'GPUs'}" if host.gpus else ""
        click.echo(f"  {host.name}  {host.state}{gpus}{f': {host.reason}' if host.reason else ''}")


def cluster_document(
    found: "tuple[ClusterHost, ...] | OrchestrateError | None",
) -> "dict[str, object] | None":
    """The same for `--json`."""
    if found is None:
        return None
    if isinstance(found, OrchestrateError):
        return {"hosts": (), "error": found.cause}
    return {"hosts": tuple(host._asdict() for host in found), "error": ""}
