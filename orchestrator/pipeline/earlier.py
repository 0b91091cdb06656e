"""What earlier runs left on record that still stands. Reads the journal, writes nothing."""

from orchestrator.journal import Journal
from orchestrator.models import Certificate, ConvergeResult, Plan, Verdict, WorkloadRequest, WorkloadRun

QUICK_WORKLOAD = "smoke"
"""What is re-run when nothing changed since a PASS; the training it carries over is dated in the certificate."""


def is_settled(journal: Journal, planned: Plan) -> bool:
    """True when the last `up` ended, and meant the same."""
    return journal.load("plan", Plan) == planned and journal.load("converge", ConvergeResult) is not None


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
