"""The last lines that `up` prints: the verdict, its reasons, the report, and what to type next. Plain text, pure."""

from dataclasses import dataclass
from pathlib import Path

from orchestrator.config import FleetSpec
from orchestrator.models import Outcome, Verdict
from orchestrator.sanitize import sanitized_line
from orchestrator.stages.report.record import RunRecord

_REASONS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A command, and what it is good for."""

    command: str
    effect: str


def summary_lines(record: RunRecord, report: Path) -> tuple[str, ...]:
    """At most ten lines.

    Args:
        record: what to tell.
        report: where report.html lies.
    """
    certificate = record.certificate
    reasons = certificate.reasons[:_REASONS]
    if len(certificate.reasons) > _REASONS:
        more = len(certificate.reasons) - _REASONS + 1
        reasons = (*certificate.reasons[: _REASONS - 1], f"{more} more reasons are in the report")
    todo = (f"  what to do: {certificate.actions[0]}",) if certificate.actions else ()
    count = len(certificate.notes)
    noted = (f"  {count} note{'s' if count > 1 else ''} beside the verdict: in the report",) if count else ()
    steps = next_steps(record)
    width = max(len(step.command) for step in steps)
    return (
        sanitized_line(certificate.headline),
        *(f"  {sanitized_line(reason)}" for reason in reasons),
        *map(sanitized_line, todo),
        *noted,
        f"report  {report}",
        *(
            f"{'next' if number == 0 else '':6}  {step.command:{width}}  {step.effect}"
            for number, step in enumerate(steps)
        ),
    )


def next_steps(record: RunRecord) -> tuple[Step, ...]:
    """Two or three commands that make sense now."""
    fleet = record.plan.fleet
    named = "" if fleet == FleetSpec.model_fields["name"].default else f" --name {fleet}"
    steps = []
    if record.certificate.verdict is not Verdict.PASS:
        steps.append(Step(command=f"orchestrate validate{named}", effect="run the jobs again"))
    host = _host_to_look_at(record)
    if host:
        steps.append(Step(command=f"orchestrate ssh{named} {host}", effect="open a shell on it"))
    if record.plan.cloud != "onprem":
        steps.append(Step(command=f"orchestrate down{named}", effect="take everything away, with a receipt"))
    return tuple(steps)


def _host_to_look_at(record: RunRecord) -> str:
    """The first host with a failed check, else the first with one that did not pass, else the first."""
    names = [host.name for host in record.hosts]
    checks = record.certificate.checks
    failed = [check.host for check in checks if check.outcome is Outcome.FAILED]
    not_passed = [check.host for check in checks if check.outcome is not Outcome.PASSED]
    return next((name for name in (*failed, *not_passed, *names) if name in names), "")
