"""Keep what a running job finds, and tell it as JSON lines. Decides nothing, and loses nothing when the job breaks off.

A listener that went away does not end the job: its lines are dropped, the record goes on.
"""

import contextlib
import json
import math
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import BinaryIO

from workloads.result import (
    Arguments,
    Check,
    Device,
    EpochPoint,
    Failure,
    Kind,
    OutputFile,
    Result,
    Row,
    completed,
)
from workloads.result.evidence import Evidence, HostRecord
from workloads.telemetry.series import Telemetry

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


def host_clock() -> Clock:
    """That of the host on which this runs."""
    return Clock(
        utc=lambda: datetime.now(timezone.utc),
        monotonic=time.monotonic,
        uptime=lambda: time.clock_gettime(time.CLOCK_BOOTTIME),
        boot_id=_boot_id(),
    )


class Record:
    """What one job has found so far. Each fact is told as it comes."""

    def __init__(self, arguments: Arguments, owed: tuple[str, ...], clock: Clock, stream: BinaryIO) -> None:
        self.arguments = arguments
        self.clock = clock
        self.used: Kind | None = None
        self.metrics: dict[str, float] = {}
        self.evidence = Evidence()
        self.telemetry = Telemetry()
        """What the cards have done so far; stays empty on the CPU."""
        self.give_up: Callable[[Failure], object] = _nobody_to_end
        """Ends the process at once, with a result that says why; for threads that see that the job can never go on."""
        self._owed = owed
        self._stream = stream
        self._started_at = clock.utc()
        self._uptime = clock.uptime()
        self._began = self._batch_told = clock.monotonic()
        self._versions: dict[str, str] = {}
        self.devices: tuple[Device, ...] = ()
        self._checks: list[Check] = []
        self._curve: list[EpochPoint] = []
        self._tables: dict[str, list[Row]] = {}
        self._files: list[OutputFile] = []

    def started(self) -> None:
        """The job can be asked to end from now on: the first line."""
        self._tell("started", {"arguments": asdict(self.arguments)})

    def imported(self, versions: dict[str, str]) -> None:
        """The framework is loaded."""
        self._versions = versions
        self._tell("imported", {"seconds": round(self.elapsed_s(), 3), "versions": versions})

    def listed(self, devices: tuple[Device, ...]) -> None:
        """The framework's devices are known."""
        self.devices = devices
        self._tell("devices", {"devices": [asdict(device) for device in devices]})

    def configuration(self, *, name: str, number: int, total: int) -> None:
        """One of several configurations begins; what is told from now on is its."""
        self._tell("configuration", {"name": name, "number": number, "total": total})

    def batch(self, *, epoch: int, batch: int, loss: float) -> None:
        """A batch of images was trained on; told a few times a second at most."""
        now = self.clock.monotonic()
        if now - self._batch_told >= BATCH_INTERVAL_S:
            self._batch_told = now
            self._tell("batch", {"epoch": epoch, "batch": batch, "loss": loss})

    def step(self, facts: Row) -> None:
        """Something that repeats was done once more; told as often as `batch` at most. May be called by any thread."""
        now = self.clock.monotonic()
        if now - self._batch_told >= BATCH_INTERVAL_S:
            self._batch_told = now
            self._tell("step", facts)

    @property
    def checks(self) -> tuple[Check, ...]:
        """Those made so far."""
        return tuple(self._checks)

    @property
    def curve(self) -> tuple[EpochPoint, ...]:
        """The epochs that are over."""
        return tuple(self._curve)

    @property
    def started_at(self) -> datetime:
        """When the job began."""
        return self._started_at

    def epoch(self, point: EpochPoint) -> None:
        """An epoch is over."""
        self._curve.append(point)
        self._tell("epoch", asdict(point))

    def row(self, table: str, row: Row) -> None:
        """A configuration was measured: a line of one of the result's tables."""
        self._tables.setdefault(table, []).append(row)
        self._tell("row", {"table": table, "row": {name: _without_nan(fact) for name, fact in row.items()}})

    def table(self, table: str, rows: Iterable[Row]) -> None:
        """One of the result's tables as a whole, as a series over time is: its lines are not told one by one. None without rows."""
        if whole := list(rows):
            self._tables.setdefault(table, []).extend(whole)

    def made(self, file: OutputFile) -> None:
        """A file lies in the output folder."""
        self._files.append(file)
        self._tell("file", asdict(file))

    def note(self, text: str) -> None:
        """What a person should know and no check fails for."""
        self.evidence = replace(self.evidence, notes=(*self.evidence.notes, text))

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
            duration_s=round(self.elapsed_s(), 3),
            versions=self._versions,
            used=self.used,
            devices=self.devices,
            checks=completed(tuple(self._checks), self._owed, failure),
            metrics=dict(self.metrics),
            curve=tuple(self._curve),
            tables={name: tuple(rows) for name, rows in self._tables.items()},
            files=tuple(self._files),
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

    def elapsed_s(self) -> float:
        """Seconds since the job began, by the clock of the telemetry too."""
        return self.clock.monotonic() - self._began

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


def _nobody_to_end(failure: Failure) -> None:
    raise RuntimeError(f"{failure.type}: {failure.message}")


def _boot_id() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _without_nan(fact: object) -> object:
    """JSON has no NaN and no infinity; null stands for them."""
    return None if isinstance(fact, float) and not math.isfinite(fact) else fact
