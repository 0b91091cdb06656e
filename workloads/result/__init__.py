"""What a job is asked, what it saw, and what follows from that. Pure."""

import sys
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TypeAlias

from workloads.result.evidence import Evidence, HostRecord

Row: TypeAlias = dict[str, str | int | float | None]
"""One line of a table: columns by name, the same in every row. None: not measured."""

_MESSAGE_LIMIT = 500


class Word(str, Enum):
    """Prints as its text, as StrEnum does, which Python 3.10 does not have yet."""

    __str__ = str.__str__

    def __format__(self, format_spec: str) -> str:
        """Its text, in this format."""
        return str.__format__(self, format_spec)


class Kind(Word):
    """What sort of device computes."""

    CPU = "CPU"
    GPU = "GPU"


class Outcome(Word):
    """How one check ended. Only PASSED is good news."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    ERROR = "error"
    """It was being made, or came next, when the job broke off."""


class Status(Word):
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
    attempt: str
    """The id of the validation that this job belongs to, to be found again in its result; empty when run by hand."""
    memory_fraction: float | None = None
    """The same as a share; `memory_limit_mib` is then what it comes to, as soon as the cards are known."""
    gpus: str = ""
    """`2`, `all` or UUIDs with commas between: free ones only. Empty: all that the framework lists, whoever is on them."""

    @property
    def sizes(self) -> tuple[str, ...]:
        """What decides how much memory the job takes, in words."""
        return (f"memory limit {self.memory_limit_mib} MiB",) if self.memory_limit_mib else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingArguments(Arguments):
    """What a workload that trains is asked on top."""

    epochs: int
    batch_size: int
    min_accuracy: float
    """Test accuracy to reach, 0..1."""

    @property
    def sizes(self) -> tuple[str, ...]:
        """With the images that are in memory at once."""
        return (*super(TrainingArguments, self).sizes, f"batch size {self.batch_size}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A device that the framework lists."""

    name: str
    """`CPU:0`, `GPU:1` …"""
    kind: Kind
    memory_mib: int | None
    description: str
    uuid: str = ""
    """`GPU-…` of a card or `MIG-…` of a slice, as the CUDA driver has it; empty when unknown, and of a CPU."""
    address: str = ""
    """On the PCI bus, `0000:00:1e.0`; empty as `uuid`."""


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
class OutputFile:
    """A file that the job made, in its output folder."""

    name: str
    """Its path below that folder."""
    about: str
    """What it shows, in a few words."""
    media_type: str
    bytes: int
    sha256: str


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
    tables: dict[str, tuple[Row, ...]]
    """By name: what was measured of several configurations, one row each."""
    files: tuple[OutputFile, ...]
    failure: Failure | None
    host: HostRecord
    evidence: Evidence

    @property
    def status(self) -> Status:
        """PASSED only if nothing broke off, something was checked, and each check passed."""
        if self.failure is not None:
            return Status.ERROR
        good = bool(self.checks) and all(check.outcome is Outcome.PASSED for check in self.checks)
        return Status.PASSED if good else Status.FAILED


class BrokeOffError(CannotRunError):
    """A process that the job needs broke off, and told why: the result's `error` is that reason."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"{failure.type}: {failure.message}")
        self.failure = failure


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
    if isinstance(cause, BrokeOffError):
        return cause.failure
    kind = type(cause).__name__
    text = str(cause).strip().partition("\n")[0][:_MESSAGE_LIMIT] or kind
    if isinstance(cause, ImportError):
        return Failure(type=kind, message=f"{text}; this is {sys.executable}")
    if not is_out_of_memory(cause):
        return Failure(type=kind, message=text)
    return Failure(type="OutOfMemoryError", message="; ".join([text, *arguments.sizes]))


def is_out_of_memory(cause: BaseException) -> bool:
    """Python and NumPy raise MemoryError, TensorFlow and PyTorch classes of their own, JAX a status in the text."""
    names = {ancestor.__name__ for ancestor in type(cause).__mro__}
    return bool(names & {"MemoryError", "ResourceExhaustedError", "OutOfMemoryError"}) or str(
        cause
    ).startswith("RESOURCE_EXHAUSTED")
