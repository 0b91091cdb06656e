"""Builders: what a job brings besides its checks, and its host's clocks, with which nothing is wrong."""

from datetime import datetime, timedelta

from orchestrator.models import (
    CardCounts,
    DataFile,
    Evidence,
    GpuReading,
    GpuReadings,
    HostClock,
    JobRecord,
    KnownAnswer,
    WorkloadRequest,
)
from orchestrator.stages.certify.confirm.bands import DATA

ATTEMPT = "c0ffee01"
BOOT = "0f6a7a1e-9a3b-4c54-8d2f-0d6b8a1c2e3f"
_UPTIME_S = 90_000.0


def job_record(asked: WorkloadRequest, started_at: datetime, seconds: float) -> JobRecord:
    return JobRecord(
        attempt=ATTEMPT,
        status="passed",
        arguments={
            "workload": asked.workload,
            "device": asked.device,
            "backend": asked.backend,
            "memory_limit_mib": asked.memory_limit_mib,
            "seed": 1,
            "epochs": asked.epochs,
            "batch_size": asked.batch_size,
            "min_accuracy": asked.min_accuracy,
        },
        started_at=started_at,
        finished_at=started_at + timedelta(seconds=seconds),
        duration_s=seconds,
        boot_id=BOOT,
        started_uptime_s=_UPTIME_S,
        finished_uptime_s=_UPTIME_S + seconds,
    )


def clock(finished_at: datetime) -> HostClock:
    """Read a second after the job ended."""
    return HostClock(
        boot_id=BOOT,
        uptime_s=_UPTIME_S + 101,
        utc=finished_at + timedelta(seconds=1),
        ended_boot_id=BOOT,
        ended_uptime_s=_UPTIME_S + 100,
    )


def answer(device: str) -> KnownAnswer:
    return KnownAnswer(
        device=device,
        places=(device,),
        matmul_error=0.002,
        forward_error=0.001,
        gradient_error=0.003,
        still=(),
        first_loss=2.3847,
        last_loss=0.8717,
        loss_error=0.0004,
        training_accuracy=0.738,
        test_accuracy=0.69,
    )


def reading(index: int = 0, facts: dict[str, int | float | str] | None = None) -> GpuReading:
    return GpuReading(
        index=index,
        uuid=f"GPU-{index}",
        address=f"0000:0{index}:00.0",
        name="NVIDIA A10G",
        facts={"ecc_uncorrected_volatile": 0, "pages_retired": "not supported", **(facts or {})},
        processes=(),
    )


def readings(*gpus: GpuReading, xids: tuple[str, ...] = ()) -> GpuReadings:
    return GpuReadings(driver="580.82.07", error="", gpus=gpus, xids=xids, xids_from="kernel log")


def evidence(cards: int, *, trains: bool) -> Evidence:
    health = readings(*map(reading, range(cards))) if cards else None
    devices = [f"GPU:{index}" for index in range(cards)] or ["CPU:0"]
    return Evidence(
        cards=CardCounts(
            pci_bus=cards,
            device_nodes=cards,
            nvml=cards or None,
            cuda=cards or None,
            listed=cards,
            mig=0,
            hidden_by="",
        ),
        data=tuple(
            DataFile(name=name, split="training", records=60_000, sha256=digest, expected_sha256=digest)
            for name, digest in DATA.items()
        )
        if trains
        else (),
        known_answers=tuple(map(answer, devices)) if trains else (),
        settings=(),
        gpus_before=health,
        gpus_after=health,
        notes=(),
    )
