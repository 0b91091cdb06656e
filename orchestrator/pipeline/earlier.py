"""What earlier runs left on record that still stands. Reads the journal, writes nothing."""

from dataclasses import replace

from orchestrator.config import FleetSpec
from orchestrator.errors import UsageError
from orchestrator.journal import Journal
from orchestrator.models import Certificate, ConvergeResult, Host, Plan, Verdict, WorkloadRequest, WorkloadRun
from orchestrator.stages.plan import same_intent

QUICK_WORKLOAD = "smoke"
"""What is re-run when nothing changed since a PASS; the training it carries over is dated in the certificate."""


def is_settled(journal: Journal, planned: Plan) -> bool:
    """True when the last `up` ended, and meant the same."""
    earlier = journal.load("plan", Plan)
    if earlier is None or journal.load("converge", ConvergeResult) is None:
        return False
    return same_intent(earlier, planned)


def refuse_another_place(spec: FleetSpec, earlier: Plan) -> None:
    """A fleet stays where it was made. Raises UsageError."""
    if earlier.cloud != spec.cloud:
        raise UsageError(
            f"fleet {earlier.fleet} is on {earlier.cloud}, not on {spec.cloud}",
            f"`orchestrate down --name {earlier.fleet}` first, or choose another --name",
        )
    if earlier.rehearsed != (spec.cloud == "aws" and spec.aws.rehearse):
        played = "a rehearsal" if earlier.rehearsed else "real"
        again = "add --rehearse" if earlier.rehearsed else "leave --rehearse out"
        raise UsageError(
            f"fleet {earlier.fleet} is {played}",
            f"{again}; or `orchestrate down --name {earlier.fleet}` first, or choose another --name",
        )


def same_hosts(journal: Journal, hosts: tuple[Host, ...]) -> bool:
    """True when these are the hosts on record; what a host costs and when it ends may have changed."""
    earlier = journal.load("hosts", tuple[Host, ...]) or ()
    return tuple(map(_itself, earlier)) == tuple(map(_itself, hosts))


def _itself(host: Host) -> Host:
    return replace(host, price_usd_per_hour=0.0, ends_at=None)


def quick_workloads(planned: Plan) -> tuple[WorkloadRequest, ...]:
    """The planned jobs that are run again in any case."""
    return tuple(request for request in planned.workloads if request.workload == QUICK_WORKLOAD)


def standing_runs(journal: Journal, planned: Plan) -> tuple[WorkloadRun, ...]:
    """Earlier runs that still stand: of a certificate that is PASS, without those that are repeated now."""
    certificate = journal.load("certificate", Certificate)
    if certificate is None or certificate.verdict is not Verdict.PASS or not quick_workloads(planned):
        return ()
    runs = journal.load("runs", tuple[WorkloadRun, ...]) or ()
    return tuple(run for run in runs if run.request.workload != QUICK_WORKLOAD)
