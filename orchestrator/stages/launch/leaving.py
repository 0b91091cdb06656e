"""Hosts that the plan does not name any more leave their cluster, unless jobs run there. The hosts themselves stay."""

from contextlib import closing, suppress
from pathlib import Path

from orchestrator.errors import UnreachableError, UsageError
from orchestrator.jobs.slurm import service
from orchestrator.jobs.slurm.service import SlurmError
from orchestrator.journal import Journal
from orchestrator.models import Host, Plan
from orchestrator.progress import Progress
from orchestrator.remote import Shell, shell_of

REASON = "orchestrate: leaves the cluster"


def leave_cluster(plan: Plan, journal: Journal, progress: Progress) -> None:
    """Have Slurm start nothing more on hosts on record that the plan does not name, and end its daemon there.

    The roles, which run afterwards, take them out of Slurm's configuration.

    Raises:
        UsageError: jobs run there. Nothing was changed.
        SlurmError: Slurm does not answer.
        UnreachableError: the controller does not.
    """
    recorded = journal.load("hosts", tuple[Host, ...]) or ()
    names = {host.name for host in plan.hosts}
    gone = tuple(host for host in recorded if host.name not in names)
    controller = next(
        (each for each in recorded if plan.cluster and each.name == plan.cluster.controller), None
    )
    if not gone or controller is None:
        return
    with closing(shell_of(controller, key=_key(controller, journal))) as shell:
        _drain(shell, controller, gone)
    for host in gone:
        # One that is away already does not come back into a cluster that does not know it.
        with suppress(UnreachableError), closing(shell_of(host, key=_key(host, journal))) as shell:
            shell.run_as_root(("systemctl", "disable", "--now", "--quiet", "slurmd.service"))
        progress.note(f"{host.name} has left the cluster")


def _drain(shell: Shell, controller: Host, gone: tuple[Host, ...]) -> None:
    """First, so that nothing starts there while it is seen what runs."""
    computing = {each.name for each in service.hosts(shell, controller)}
    names = tuple(host.name for host in gone if host.name in computing)
    if not names:
        return
    _update(shell, controller, names, ("state=drain", f"reason={REASON}"))
    running = [
        (job.reference, host)
        for job in service.jobs(shell, controller)
        if not job.has_ended
        for host in job.hosts
        if host in names
    ]
    if not running:
        return
    _update(shell, controller, names, ("state=resume",))
    told = ", ".join(dict.fromkeys(f"{job} on {host}" for job, host in running))
    raise UsageError(
        f"{' and '.join(names)} would leave the cluster, and jobs run there: {told}",
        f"`orchestrate cancel {running[0][0]}`, or the same command once they have ended (`orchestrate queue {controller.fleet}`)",
    )


def _update(shell: Shell, controller: Host, names: tuple[str, ...], what: tuple[str, ...]) -> None:
    answer = shell.run_as_root(("scontrol", "update", f"nodename={','.join(names)}", *what))
    if answer.exit_code != 0:
        raise SlurmError(
            f"{controller.name}: {answer.stderr.strip() or answer.exit_code}",
            f"orchestrate status --name {controller.fleet}",
        )


def _key(host: Host, journal: Journal) -> Path | None:
    return journal.private_key if host.host_key else None
