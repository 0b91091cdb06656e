"""What a job tells while it runs, and what it keeps."""

import io
import json
import math
import os
from collections.abc import Iterator
from typing import BinaryIO

from tests.unit.workloads.asked import BEGAN, CPU, arguments, passed, point
from workloads.progress import Clock, Record
from workloads.result import Failure, Kind


def test_every_fact_is_one_json_line_with_its_time() -> None:
    stream = io.BytesIO()
    record = recording(stream)
    record.started()
    record.imported({"python": "3.11.2"})
    record.listed((CPU,))
    record.check(passed())
    record.epoch(point())
    record.finished(record.result(None))
    lines = told(stream)
    assert [line["event"] for line in lines] == [
        "started",
        "imported",
        "devices",
        "check",
        "epoch",
        "finished",
    ]
    assert {line["at"] for line in lines} == {BEGAN.isoformat()}


def test_batches_are_told_four_times_a_second_at_most() -> None:
    stream = io.BytesIO()
    record = recording(stream, every_s=0.1)
    for batch in range(1, 21):
        record.batch(epoch=1, batch=batch, loss=0.5)
    assert [line["batch"] for line in told(stream)] == [3, 6, 9, 12, 15, 18]


def test_a_loss_that_is_no_number_is_told_as_null() -> None:
    stream = io.BytesIO()
    recording(stream).epoch(point(loss=math.nan))
    assert told(stream)[0]["loss"] is None


def test_a_listener_that_went_away_does_not_end_the_job() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb", buffering=0) as stream:
        record = recording(stream)
        record.started()
        record.check(passed())
    assert record.result(None).checks[0] == passed()


def test_what_was_found_before_a_job_broke_off_is_in_the_result() -> None:
    record = recording(io.BytesIO())
    record.listed((CPU,))
    record.used = Kind.CPU
    record.check(passed("hello_world"))
    record.epoch(point())
    result = record.result(Failure(type="DataSetError", message="none"))
    assert (result.devices, result.used, result.curve) == ((CPU,), Kind.CPU, (point(),))
    assert [(made.name, made.outcome.value) for made in result.checks] == [
        ("hello_world", "passed"),
        ("device_used", "error"),
    ]


def test_the_duration_comes_from_the_clock_that_nobody_sets() -> None:
    record = recording(io.BytesIO(), every_s=7.0)
    assert record.result(None).duration_s == 7.0


def recording(stream: BinaryIO, *, every_s: float = 1.0) -> Record:
    """A record whose clock stands still in UTC, and steps by `every_s` otherwise."""
    steps: Iterator[float] = (step * every_s for step in range(1000))
    clock = Clock(utc=lambda: BEGAN, monotonic=lambda: next(steps), uptime=lambda: 400.5, boot_id="")
    return Record(arguments(), ("hello_world", "device_used"), clock, stream)


def told(stream: io.BytesIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]
