"""Measure a workload in several configurations on every host of a fleet, and put speed beside price. Certifies nothing."""

import secrets
import shlex
import shutil
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

from orchestrator.errors import UsageError
from orchestrator.jobs.follow import HostJobs
from orchestrator.jobs.program import PROGRAM, RESULT, training_python, workloads_program
from orchestrator.jobs.results import broken, checks_of, parsed
from orchestrator.jobs.schema import Result
from orchestrator.jobs.unit import Job, read_facts
from orchestrator.journal import Journal
from orchestrator.models import CheckResult, Host, Outcome, OutputFile, Plan
from orchestrator.progress import Progress
from orchestrator.remote import shell_of
from orchestrator.stages.bench.records import OUTPUTS
from orchestrator.stages.bench.table import EPOCH_IMAGES, rows_of
from orchestrator.stages.bench.values import Bench, BenchRequest
from orchestrator.waiting import for_each

__all__ = ["Bench", "BenchRequest", "bench", "joined"]


def bench(
    plan: Plan,
    hosts: tuple[Host, ...],
    request: BenchRequest,
    journal: Journal,
    progress: Progress,
) -> Bench:
    """Run the workload on the hosts, side by side. What a host could not measure is named, not raised.

    Args:
        plan: what the hosts were set up by.
        hosts: those that are measured.
        request: what.
        journal: the fleet's.
        progress: told as it goes.

    Raises:
        UnreachableError: a host was away for more than 60 s.
        ConvergeError: a host has no systemd or no passwordless sudo.
    """
    program, python = workloads_program(), training_python(plan)
    number = secrets.token_hex(4)
    job = Job(
        id=f"{number}-bench",
        name=request.workload,
        attempt=number,
        argv=(
            python,
            PROGRAM,
            request.workload,
            *request.arguments,
            "--attempt",
            number,
            "--result",
            RESULT,
        ),
        files={PROGRAM: program},
        timeout_s=request.timeout_s,
        keeps=OUTPUTS,
        when_away="`orchestrate bench` measures again; what runs there still ends by itself, and would be measured beside it",
    )

    made: dict[str, tuple[OutputFile, ...]] = {}
    shutil.rmtree(journal.folder / OUTPUTS, ignore_errors=True)

    def measure(host: Host) -> tuple[Host, Result | None, tuple[CheckResult, ...]]:
        with closing(shell_of(host, key=journal.private_key)) as shell:
            ended = HostJobs(host, shell, read_facts(shell), journal, progress).run(job)
        made[host.name] = ended.files
        unreadable, result = parsed(request.workload, ended.result)
        if result is None:
            return host, None, (broken(host.name, request.workload, "result_readable", unreadable),)
        if result.attempt != number:
            foreign = f"a result of run {result.attempt!r}"
            return host, None, (broken(host.name, request.workload, "result_ours", foreign),)
        checks = checks_of(host.name, result)
        return host, result, tuple(check for check in checks if check.outcome is not Outcome.PASSED)

    measured = tuple(for_each(hosts, measure))
    results = [(host, result) for host, result, _ in measured if result is not None]
    return Bench(
        fleet=plan.fleet,
        request=request,
        measured_at=datetime.now(UTC),
        rows=tuple(
            row
            for host, result in results
            for row in rows_of(plan.fleet, host, result, host.price_usd_per_hour or request.usd_per_hour)
        ),
        failed=tuple(check for _, _, failed in measured for check in failed),
        epoch_images=EPOCH_IMAGES.get(request.workload),
        notes=tuple(dict.fromkeys(note for _, result in results for note in result.notes)),
        versions=results[0][1].versions if results else {},
        made={host.name: made[host.name] for host, _ in results if made[host.name]},
        rehearsed=plan.rehearsed,
    )


def joined(measured: Bench, others: tuple[Bench, ...]) -> Bench:
    """One table of several fleets' benches of the same workload.

    Raises:
        UsageError: another one is of another workload or other settings: its figures are no match.
    """
    for other in others:
        ours, theirs = measured.request, other.request
        if (ours.workload, ours.arguments) != (theirs.workload, theirs.arguments):
            raise UsageError(
                f"the last bench of fleet {other.fleet} was {shlex.join((theirs.workload, *theirs.arguments))}, this one is "
                f"{shlex.join((ours.workload, *ours.arguments))}",
                f"measure fleet {other.fleet} with the same settings first",
            )
    whole = (measured, *others)
    return replace(
        measured,
        rows=tuple(row for each in whole for row in each.rows),
        failed=tuple(check for each in whole for check in each.failed),
        notes=tuple(dict.fromkeys(note for each in whole for note in each.notes)),
        rehearsed=any(each.rehearsed for each in whole),
    )
