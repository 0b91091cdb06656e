"""Read what a workload brought back. Pure, and closed: whatever cannot be read becomes a check that did not pass."""

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pydantic import ValidationError

from orchestrator.jobs.schema import SCHEMA, Result
from orchestrator.jobs.unit import JobState
from orchestrator.models import (
    CheckResult,
    Device,
    EpochPoint,
    Evidence,
    HostClock,
    JobRecord,
    Outcome,
    WorkloadRequest,
    WorkloadRun,
)
from orchestrator.sanitize import DocumentError, sanitized_json

MOST_BYTES = 4 * 2**20
"""Of a result file. A training of 1000 epochs on eight cards has 200 kB."""

_LONGEST_S = 10 * 365 * 86400.0
"""No job and no machine runs longer; a larger number is nonsense."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultContext:
    """What was asked of one host, and when; the frame around a result."""

    host: str
    request: WorkloadRequest
    gpu_expected: bool
    began: datetime
    """When we asked for it, or took it up."""
    read_at: datetime
    """Now, by this computer's clock."""
    attempt: str
    """The id that the job was given."""
    cards_seen: int | None = None
    """NVIDIA cards that the host has."""


def read_result(asked: ResultContext, text: bytes | None, state: JobState) -> WorkloadRun:
    """Turn a job's result file into a `WorkloadRun`.

    Args:
        asked: the frame.
        text: the file's content; None when there is no file.
        state: how the host saw the job end, and its clocks now.
    """
    unreadable, result = parsed(asked.request.workload, text)
    started_at, seconds = _times(asked, result, state.clock)
    empty = WorkloadRun(
        host=asked.host,
        request=asked.request,
        gpu_expected=asked.gpu_expected,
        started_at=started_at,
        seconds=seconds,
        exit_code=state.exit_code,
        device_used="",
        devices=(),
        versions={},
        checks=(),
        metrics={},
        curve=(),
        attempt=asked.attempt,
        ended=state.ended,
        clock=state.clock,
        cards_seen=asked.cards_seen,
    )
    if result is None:
        return replace(
            empty, checks=(broken(asked.host, asked.request.workload, "result_readable", unreadable),)
        )
    return replace(
        empty,
        device_used=result.device.used,
        devices=tuple(Device(**device.model_dump()) for device in result.device.devices),
        versions=result.versions,
        checks=checks_of(asked.host, result),
        metrics=dict(result.metrics),
        curve=tuple(EpochPoint(**epoch.model_dump()) for epoch in result.curve),
        tables=result.tables,
        job=_job(result),
        evidence=_evidence(result),
    )


def _times(asked: ResultContext, result: Result | None, clock: HostClock | None) -> tuple[datetime, float]:
    """When the job started, by this computer's clock and the host's record of its age, and its seconds.

    Without that record it is as old as the job says, or as we asked for it.
    """
    waited = max(0.0, (asked.read_at - asked.began).total_seconds())
    seconds = result.duration_s if result and 0 <= result.duration_s <= _LONGEST_S else waited
    age_s = clock.age_s if clock else None
    if age_s is not None and 0 <= age_s <= _LONGEST_S:
        return asked.read_at - timedelta(seconds=age_s + seconds), round(seconds, 2)
    return min(result.started_at if result else asked.began, asked.began), round(seconds, 2)


def parsed(workload: str, text: bytes | None) -> tuple[str, Result | None]:
    """The result of that workload, or why there is none."""
    if text is None:
        return "no result file", None
    if len(text) > MOST_BYTES:
        return f"it is larger than the {MOST_BYTES} bytes that a result may have", None
    try:
        result = Result.model_validate_json(json.dumps(sanitized_json(text)))
    except DocumentError as error:
        return f"the file: {error}", None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        return f"{where}: {first['msg']}", None
    if result.workload != workload:
        return f"a result of {result.workload}", None
    return "", result


def _job(result: Result) -> JobRecord:
    return JobRecord(
        attempt=result.attempt,
        status=result.status,
        arguments=result.arguments,
        started_at=result.started_at,
        finished_at=result.finished_at,
        duration_s=result.duration_s,
        boot_id=result.host.boot_id,
        started_uptime_s=result.host.started_uptime_s,
        finished_uptime_s=result.host.finished_uptime_s,
    )


def _evidence(result: Result) -> Evidence:
    return Evidence(
        cards=result.cards,
        data=result.data,
        known_answers=result.known_answers,
        settings=result.settings,
        gpus_before=result.gpus.before,
        gpus_after=result.gpus.after,
        notes=result.notes,
    )


def checks_of(host: str, result: Result) -> tuple[CheckResult, ...]:
    """Those that the job made and, where it broke off, one that says why."""
    checks = tuple(
        CheckResult(
            host=host,
            workload=result.workload,
            name=check.name,
            outcome=Outcome(check.outcome),
            seen=check.seen,
            expected=check.expected,
            reason=check.reason,
        )
        for check in result.checks
    )
    if result.error is None:
        return checks
    said = f"{result.error.type}: {result.error.message}"
    return (*checks, broken(host, result.workload, "ran_to_its_end", said))


def broken(host: str, workload: str, name: str, seen: str) -> CheckResult:
    """A check that could not be made, because of what was seen in its place."""
    return CheckResult(
        host=host,
        workload=workload,
        name=name,
        outcome=Outcome.ERROR,
        seen=seen,
        expected=f"a result of schema {SCHEMA}" if name == "result_readable" else "no error",
        reason=seen,
    )
