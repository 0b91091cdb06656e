"""Read what a workload brought back. Pure, and closed: whatever cannot be read becomes a check that did not pass."""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from orchestrator.models import (
    CardCounts,
    CheckResult,
    DataFile,
    Device,
    EpochPoint,
    Evidence,
    GpuReadings,
    JobRecord,
    KnownAnswer,
    Outcome,
    Setting,
    WorkloadRequest,
    WorkloadRun,
)
from orchestrator.sanitize import DocumentError, sanitized_json

SCHEMA = 2
"""The result format that this version reads; `workloads` writes it."""

Finite = Annotated[float, Field(allow_inf_nan=False)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True, allow_inf_nan=False)


class _Check(_Part):
    name: str
    outcome: Literal["passed", "failed", "skipped", "error"]
    seen: str
    expected: str
    reason: str


class _Device(_Part):
    name: str
    kind: str
    memory_mib: int | None
    description: str
    uuid: str
    address: str


class _Devices(_Part):
    used: Literal["CPU", "GPU", ""]
    devices: list[_Device]


class _Epoch(_Part):
    epoch: int
    loss: Finite
    accuracy: Finite
    seconds: Finite
    images_per_s: Finite


class _Failure(_Part):
    type: str
    message: str


class _Host(_Part):
    boot_id: str
    started_uptime_s: float
    finished_uptime_s: float


class _Gpus(_Part):
    before: GpuReadings | None
    after: GpuReadings | None


class _Result(_Part):
    schema_: Annotated[Literal[2], Field(alias="schema")]
    workload: str
    attempt: str
    status: Literal["passed", "failed", "error"]
    started_at: AwareDatetime
    finished_at: AwareDatetime
    duration_s: float
    host: _Host
    arguments: dict[str, str | int | float | None]
    versions: dict[str, str]
    device: _Devices
    cards: CardCounts | None
    data: tuple[DataFile, ...]
    known_answers: tuple[KnownAnswer, ...]
    settings: tuple[Setting, ...]
    gpus: _Gpus
    notes: tuple[str, ...]
    checks: list[_Check]
    metrics: dict[str, Finite]
    curve: list[_Epoch]
    error: _Failure | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked of one host, and when; the frame around a result."""

    host: str
    request: WorkloadRequest
    gpu_expected: bool
    started_at: datetime


def read_result(asked: Asked, text: bytes | None, *, exit_code: int | None, seconds: float) -> WorkloadRun:
    """Turn a job's result file into a `WorkloadRun`.

    Args:
        asked: the frame.
        text: the file's content; None when there is no file.
        exit_code: the job's exit code; None when it never ended by itself.
        seconds: wall-clock time of the job.
    """
    empty = WorkloadRun(
        host=asked.host,
        request=asked.request,
        gpu_expected=asked.gpu_expected,
        started_at=asked.started_at,
        seconds=seconds,
        exit_code=exit_code,
        device_used="",
        devices=(),
        versions={},
        checks=(),
        metrics={},
        curve=(),
    )
    unreadable, result = _parsed(asked, text)
    if result is None:
        return replace(empty, checks=(_broken(asked, "result_readable", unreadable),))
    return replace(
        empty,
        device_used=result.device.used,
        devices=tuple(Device(**device.model_dump()) for device in result.device.devices),
        versions=result.versions,
        checks=(*_checks(asked, result), *_error(asked, result)),
        metrics=dict(result.metrics),
        curve=tuple(EpochPoint(**epoch.model_dump()) for epoch in result.curve),
        job=_job(result),
        evidence=_evidence(result),
    )


def _parsed(asked: Asked, text: bytes | None) -> tuple[str, _Result | None]:
    """The result, or why there is none."""
    if text is None:
        return "no result file", None
    try:
        result = _Result.model_validate_json(json.dumps(sanitized_json(text)))
    except DocumentError as error:
        return f"the file: {error}", None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        return f"{where}: {first['msg']}", None
    if result.workload != asked.request.workload:
        return f"a result of {result.workload}", None
    return "", result


def _job(result: _Result) -> JobRecord:
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


def _evidence(result: _Result) -> Evidence:
    return Evidence(
        cards=result.cards,
        data=result.data,
        known_answers=result.known_answers,
        settings=result.settings,
        gpus_before=result.gpus.before,
        gpus_after=result.gpus.after,
        notes=result.notes,
    )


def _checks(asked: Asked, result: _Result) -> tuple[CheckResult, ...]:
    return tuple(
        CheckResult(
            host=asked.host,
            workload=result.workload,
            name=check.name,
            outcome=Outcome(check.outcome),
            seen=check.seen,
            expected=check.expected,
            reason=check.reason,
        )
        for check in result.checks
    )


def _error(asked: Asked, result: _Result) -> tuple[CheckResult, ...]:
    if result.error is None:
        return ()
    return (_broken(asked, "ran_to_its_end", f"{result.error.type}: {result.error.message}"),)


def _broken(asked: Asked, name: str, seen: str) -> CheckResult:
    return CheckResult(
        host=asked.host,
        workload=asked.request.workload,
        name=name,
        outcome=Outcome.ERROR,
        seen=seen,
        expected=f"a result of schema {SCHEMA}" if name == "result_readable" else "no error",
        reason=seen,
    )
