"""Keep what a running job finds, and tell it as JSON lines. Decides nothing, and loses nothing when the job breaks off.

A listener that went away does not end the job: its lines are dropped, the record goes on.
"""

import contextlib
import json
import math
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import BinaryIO

from workloads.result import (
    Arguments,
    Check,
    Device,
    EpochPoint,
    Failure,
    Kind,
    Result,
    completed,
)
from workloads.result.evidence import Evidence, HostRecord

BATCH_INTERVAL_S = 0.25
"""At most one `batch` line in this time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """The host's clocks, and which start of the machine they belong to."""

    utc: Callable[[], datetime]
    monotonic: Callable[[], float]
    """Seconds that never run backwards, for durations: a fresh host's clock may still be set while the job runs."""
    uptime: Callable[[], float]
    """Seconds since the machine started, sleep included."""
    boot_id: str
    """The kernel's name for this start of the machine; empty when unknown."""


class Record:
    """What one job has found so far. Each fact is told as it comes."""

    def __init__(self, arguments: Arguments, owed: tuple[str, ...], clock: Clock, stream: BinaryIO) -> None:
        self.arguments = arguments
        self.clock = clock
        self.used: Kind | None = None
        self.metrics: dict[str, float] = {}
        self.evidence = Evidence()
        self._owed = owed
        self._stream = stream
        self._started_at = clock.utc()
        self._uptime = clock.uptime()
        self._began = self._batch_told = clock.monotonic()
        self._versions: dict[str, str] = {}
        self.devices: tuple[Device, ...] = ()
        self._checks: list[Check] = []
        self._curve: list[EpochPoint] = []

    def started(self) -> None:
        """The job can be asked to end from now on: the first line."""
        self._tell("started", {"arguments": asdict(self.arguments)})

    def imported(self, versions: dict[str, str]) -> None:
        """The framework is loaded."""
        self._versions = versions
        self._tell("imported", {"seconds": self._elapsed(), "versions": versions})

    def listed(self, devices: tuple[Device, ...]) -> None:
        """The framework's devices are known."""
        self.devices = devices
        self._tell("devices", {"devices": [asdict(device) for device in devices]})

    def batch(self, *, epoch: int, batch: int, loss: float) -> None:
        """A batch of images was trained on; told a few times a second at most."""
        now = self.clock.monotonic()
        if now - self._batch_told >= BATCH_INTERVAL_S:
            self._batch_told = now
            self._tell("batch", {"epoch": epoch, "batch": batch, "loss": loss})

    def epoch(self, point: EpochPoint) -> None:
        """An epoch is over."""
        self._curve.append(point)
        self._tell("epoch", asdict(point))

    def check(self, check: Check) -> None:
        """A check was made."""
        self._checks.append(check)
        self._tell("check", asdict(check))

    def result(self, failure: Failure | None) -> Result:
        """Everything found until now, with a check for each that was owed."""
        return Result(
            arguments=self.arguments,
            started_at=self._started_at,
            finished_at=self.clock.utc(),
            duration_s=self._elapsed(),
            versions=self._versions,
            used=self.used,
            devices=self.devices,
            checks=completed(tuple(self._checks), self._owed, failure),
            metrics=dict(self.metrics),
            curve=tuple(self._curve),
            failure=failure,
            host=HostRecord(
                boot_id=self.clock.boot_id,
                started_uptime_s=round(self._uptime, 3),
                finished_uptime_s=round(self.clock.uptime(), 3),
            ),
            evidence=self.evidence,
        )

    def finished(self, result: Result) -> None:
        """The result is written: the last line."""
        failure = asdict(result.failure) if result.failure else None
        self._tell("finished", {"status": result.status, "seconds": result.duration_s, "error": failure})

    def _elapsed(self) -> float:
        return round(self.clock.monotonic() - self._began, 3)

    def _tell(self, event: str, facts: Mapping[str, object]) -> None:
        line: dict[str, object] = {"event": event, "at": self.clock.utc().isoformat()}
        line |= {key: _without_nan(fact) for key, fact in facts.items()}
        with contextlib.suppress(OSError):
            self._stream.write(json.dumps(line, allow_nan=False).encode() + b"\n")


@contextlib.contextmanager
def own_stdout() -> Iterator[BinaryIO]:
    """Hand out the real stdout and let file descriptor 1 lead to stderr: frameworks and their C++ parts print there.

    Keras, for one, draws its download bar on stdout. Unbuffered, so that nothing is left to fail on closing.
    """
    sys.stdout.flush()
    with os.fdopen(os.dup(1), "wb", buffering=0) as stream:
        os.dup2(2, 1)
        try:
            yield stream
        finally:
            os.dup2(stream.fileno(), 1)


def _without_nan(fact: object) -> object:
    """JSON has no NaN and no infinity; null stands for them."""
    return None if isinstance(fact, float) and not math.isfinite(fact) else fact
