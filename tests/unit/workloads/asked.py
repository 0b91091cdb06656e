"""Builders: what a job is asked, and what it saw. Every value can be overridden by keyword."""

from datetime import UTC, datetime

from workloads.result import (
    Arguments,
    Check,
    Device,
    EpochPoint,
    Failure,
    Kind,
    Outcome,
    Result,
    TrainingArguments,
    check,
)
from workloads.result.evidence import Evidence, HostRecord

BEGAN = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
ENDED = datetime(2026, 11, 20, 15, 1, tzinfo=UTC)
CPU = Device(name="CPU:0", kind=Kind.CPU, memory_mib=8192, description="a CPU, 2 cores")
GPU = Device(name="GPU:0", kind=Kind.GPU, memory_mib=16384, description="a card")

HOST = HostRecord(
    boot_id="0f6a3c1e-5d1b-4a57-9f37-2f9a0d6a1c11", started_uptime_s=400.5, finished_uptime_s=460.5
)


def arguments(*, device: str = "auto", backend: str = "tensorflow", limit: int | None = None) -> Arguments:
    return Arguments(
        workload="smoke", device=device, backend=backend, memory_limit_mib=limit, seed=1, attempt="5e1f0a2b"
    )


def training(*, limit: int | None = None, batch_size: int = 256) -> TrainingArguments:
    return TrainingArguments(
        workload="fashion_mnist",
        device="auto",
        backend="tensorflow",
        memory_limit_mib=limit,
        seed=1,
        attempt="5e1f0a2b",
        epochs=3,
        batch_size=batch_size,
        min_accuracy=0.85,
    )


def passed(name: str = "hello_world") -> Check:
    return check(name, "", seen="this", expected="this")


def not_passed(outcome: Outcome) -> Check:
    return Check(name="hello_world", outcome=outcome, seen="that", expected="this", reason="it differs")


def point(*, epoch: int = 1, loss: float = 0.5, accuracy: float = 0.8) -> EpochPoint:
    return EpochPoint(epoch=epoch, loss=loss, accuracy=accuracy, seconds=2.5, images_per_s=24000.0)


def result(
    *checks: Check,
    curve: tuple[EpochPoint, ...] = (),
    metrics: dict[str, float] | None = None,
    failure: Failure | None = None,
) -> Result:
    return Result(
        arguments=training(),
        started_at=BEGAN,
        finished_at=ENDED,
        duration_s=60.0,
        versions={"python": "3.11.2"},
        used=Kind.CPU,
        devices=(CPU,),
        checks=checks,
        metrics=metrics or {},
        curve=curve,
        tables={},
        files=(),
        failure=failure,
        host=HOST,
        evidence=Evidence(),
    )
