"""What a job is asked, what it saw, and what follows from that. Pure, except `write`, which puts a result on disk.

The JSON form is read by others: keys are added, never renamed or removed, without raising `SCHEMA`.
"""

import contextlib
import json
import math
import os
import sys
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

SCHEMA = 1
_MESSAGE_LIMIT = 500


class Kind(StrEnum):
    """What sort of device computes."""

    CPU = "CPU"
    GPU = "GPU"


class Outcome(StrEnum):
    """How one check ended. Only PASSED is good news."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    ERROR = "error"
    """It was being made, or came next, when the job broke off."""


class Status(StrEnum):
    """How a job ended."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"


class CannotRunError(Exception):
    """The job cannot be done here, and it is known why. The class name is the result's `error.type`."""


class MemoryLimitError(CannotRunError):
    """The memory limit that was asked for cannot be kept."""


class DataSetError(CannotRunError):
    """The data set is not there, cannot be fetched, or is not what it should be."""


class InterruptedBySignalError(BaseException):
    """A signal asked the job to end. Not an `Exception`, so that no framework swallows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """What every workload is asked."""

    workload: str
    device: str
    """`auto`, `cpu` or `gpu`."""
    backend: str
    """`tensorflow`, `jax` or `torch`."""
    memory_limit_mib: int | None
    """What this process may take of each GPU's memory."""
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingArguments(Arguments):
    """What a workload that trains is asked on top."""

    epochs: int
    batch_size: int
    min_accuracy: float
    """Test accuracy to reach, 0..1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A device that the framework lists."""

    name: str
    """`CPU:0`, `GPU:1` …"""
    kind: Kind
    memory_mib: int | None
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One statement, tried."""

    name: str
    outcome: Outcome
    seen: str
    expected: str
    reason: str
    """Why it did not pass; empty when it passed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochPoint:
    """One pass over the training images."""

    epoch: int
    """From 1."""
    loss: float
    """Mean over the epoch, as the weights changed."""
    accuracy: float
    seconds: float
    """The whole epoch, warm-up included."""
    images_per_s: float
    """Warm-up left out; 0.0 where the whole epoch was warm-up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a job broke off."""

    type: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """All that a job has to say."""

    arguments: Arguments
    started_at: datetime
    finished_at: datetime
    duration_s: float
    versions: dict[str, str]
    used: Kind | None
    """What computed, by the placement of real tensors; None when unknown or mixed."""
    devices: tuple[Device, ...]
    checks: tuple[Check, ...]
    metrics: dict[str, float]
    curve: tuple[EpochPoint, ...]
    failure: Failure | None

    @property
    def status(self) -> Status:
        """PASSED only if nothing broke off, something was checked, and each check passed."""
        if self.failure is not None:
            return Status.ERROR
        good = bool(self.checks) and all(check.outcome is Outcome.PASSED for check in self.checks)
        return Status.PASSED if good else Status.FAILED


def check(name: str, reason: str, *, seen: str, expected: str) -> Check:
    """A finished check: passed when there is no `reason` against it."""
    outcome = Outcome.FAILED if reason else Outcome.PASSED
    return Check(name=name, outcome=outcome, seen=seen, expected=expected, reason=reason)


def completed(checks: tuple[Check, ...], owed: tuple[str, ...], failure: Failure | None) -> tuple[Check, ...]:
    """The checks made, then one for each that was owed and not made: an error for the first if the job broke off."""
    missing = [name for name in owed if name not in {made.name for made in checks}]
    reason = f"not reached: {failure.type}" if failure else "not tried: an earlier check failed"
    return checks + tuple(
        Check(
            name=name,
            outcome=Outcome.ERROR if failure and name == missing[0] else Outcome.SKIPPED,
            seen="nothing",
            expected="to be tried",
            reason=reason,
        )
        for name in missing
    )


def explain(cause: BaseException, arguments: Arguments) -> Failure:
    """Name what ended a job; for want of memory say what was asked for, for a failed import which Python this is."""
    kind = type(cause).__name__
    text = str(cause).strip().partition("\n")[0][:_MESSAGE_LIMIT] or kind
    if isinstance(cause, ImportError):
        return Failure(type=kind, message=f"{text}; this is {sys.executable}")
    if not _out_of_memory(cause):
        return Failure(type=kind, message=text)
    asked = [f"memory limit {arguments.memory_limit_mib} MiB"] if arguments.memory_limit_mib else []
    if isinstance(arguments, TrainingArguments):
        asked.append(f"batch size {arguments.batch_size}")
    return Failure(type="OutOfMemoryError", message="; ".join([text, *asked]))


def to_json(result: Result) -> dict[str, object]:
    """The stable JSON form. JSON knows no NaN: a figure that is not finite is left out, its check says so."""
    return {
        "schema": SCHEMA,
        "workload": result.arguments.workload,
        "status": result.status,
        "started_at": result.started_at.isoformat(),
        "finished_at": result.finished_at.isoformat(),
        "duration_s": result.duration_s,
        "arguments": asdict(result.arguments),
        "versions": result.versions,
        "device": {
            "requested": result.arguments.device,
            "used": result.used or "",
            "devices": [asdict(device) for device in result.devices],
        },
        "checks": [asdict(made) for made in result.checks],
        "metrics": {name: value for name, value in result.metrics.items() if math.isfinite(value)},
        "curve": [asdict(point) for point in result.curve if math.isfinite(point.loss + point.accuracy)],
        "error": asdict(result.failure) if result.failure else None,
    }


def write(result: Result, path: Path) -> None:
    """Put the result at `path` whole or not at all, and have it on the disk on return. Raises OSError."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with draft.open("w", encoding="utf-8") as file:
            json.dump(to_json(result), file, indent=2, allow_nan=False)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _out_of_memory(cause: BaseException) -> bool:
    """Python and NumPy raise MemoryError, TensorFlow and PyTorch classes of their own, JAX a status in the text."""
    names = {ancestor.__name__ for ancestor in type(cause).__mro__}
    return bool(names & {"MemoryError", "ResourceExhaustedError", "OutOfMemoryError"}) or str(
        cause
    ).startswith("RESOURCE_EXHAUSTED")
