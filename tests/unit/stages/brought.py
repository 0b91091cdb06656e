"""Builders: what a job brings besides its checks, and its host's clocks, with which nothing is wrong."""

from dataclasses import replace
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
from orchestrator.stages.certify.confirm.bands import CIFAR10, DATA

ATTEMPT = "c0ffee01"
BOOT = "0f6a7a1e-9a3b-4c54-8d2f-0d6b8a1c2e3f"
_UPTIME_S = 90_000.0
CARD = "NVIDIA A10G"
Row = dict[str, str | int | float | None]
FACTS: dict[str, int | float | str] = {
    "memory_mib": 23028,
    "memory_used_mib": 480,
    "utilization_percent": 0,
    "recovery_action": 0,
    "ecc_on": 1,
    "ecc_uncorrected_volatile": 0,
    "ecc_uncorrected_aggregate": 0,
    "ecc_corrected_volatile": 0,
    "rows_remapped": 0,
    "row_remap_pending": 0,
    "row_remap_failure": 0,
    "pages_retired": "not supported",
    "page_retirement_pending": "not supported",
    "throttle_reasons": 1,
    "temperature_c": 34,
    "power_limit_w": 300.0,
    "power_default_w": 300.0,
    "pcie_width": 16,
    "pcie_width_max": 16,
    "pcie_slot_width": 16,
    "pcie_generation": 1,
    "pcie_generation_max": 4,
    "pcie_replays": 0,
    "clock_sm_max_mhz": 1710,
    "clock_memory_max_mhz": 6251,
    "mig_mode": "not supported",
    "nvlinks": "not supported",
    "nvlinks_active": "not supported",
}
"""Of an idle card with which nothing is wrong."""
IDLE: Row = {
    "utilization_percent": 0,
    "memory_used_mib": 480,
    "temperature_c": 34,
    "power_w": 24.5,
    "clock_sm_mhz": 210,
    "clock_memory_mhz": 405,
    "pcie_generation": 1,
}
LOADED: Row = {
    "utilization_percent": 97,
    "memory_used_mib": 18000,
    "temperature_c": 71,
    "power_w": 291.0,
    "clock_sm_mhz": 1640,
    "clock_memory_mhz": 6251,
    "pcie_generation": 4,
}


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
            **dict(asked.options),
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
        name=CARD,
        facts={**FACTS, **(facts or {})},
        processes=(),
    )


def readings(*gpus: GpuReading, xids: tuple[str, ...] = ()) -> GpuReadings:
    return GpuReadings(driver="580.82.07", error="", gpus=gpus, xids=xids, xids_from="kernel log")


def answer_of(device: str, workload: str) -> KnownAnswer:
    """The right one: the images of the short training differ by workload."""
    if workload != "cifar10":
        return answer(device)
    return replace(
        answer(device), first_loss=2.3807, last_loss=0.4101, training_accuracy=0.92, test_accuracy=0.892
    )


def data(workload: str) -> tuple[DataFile, ...]:
    """What was trained on."""
    if workload == "cifar10":
        digest = min(CIFAR10)
        return (
            DataFile(
                name="cifar-10-python.tar.gz",
                split="archive",
                records=60_000,
                sha256=digest,
                expected_sha256=digest,
            ),
        )
    if workload not in {"fashion_mnist", "optimizers", "distributed"}:
        return ()
    return tuple(
        DataFile(name=name, split="training", records=60_000, sha256=digest, expected_sha256=digest)
        for name, digest in DATA.items()
    )


def evidence(cards: int, *, workload: str) -> Evidence:
    health = readings(*map(reading, range(cards))) if cards else None
    devices = [f"GPU:{index}" for index in range(cards)] or ["CPU:0"]
    answers = workload in {"fashion_mnist", "cifar10"}
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
        data=data(workload),
        known_answers=tuple(answer_of(device, workload) for device in devices) if answers else (),
        settings=(),
        gpus_before=health,
        gpus_after=health,
        notes=(),
    )


def telemetry(cards: int, seconds: float) -> tuple[Row, ...]:
    """Four stretches of each card: idle in the first, then under load."""
    rows: list[Row] = []
    for card in range(cards):
        for number in range(4):
            begin = 0.4 + number * seconds / 4.2
            row: Row = {
                "card": card,
                "uuid": f"GPU-{card}",
                "at_s": round(begin, 2),
                "until_s": round(begin + seconds / 4.5, 2),
                "ecc_corrected": 0,
                "ecc_uncorrected": 0,
                "rows_remapped": 0,
                "row_remap_pending": 0,
                "pcie_replays": 0,
                "pcie_width": 16,
                "throttled": "power limit" if number else "",
                "events": "",
            }
            rows.append(row | (LOADED if number else IDLE))
    return tuple(rows)


def summary(cards: int) -> tuple[Row, ...]:
    return tuple(
        {
            "card": card,
            "uuid": f"GPU-{card}",
            "figure": "throttled: power limit",
            "lowest": 0.0,
            "mean": 0.8,
            "highest": 1.0,
            "readings": 200,
        }
        for card in range(cards)
    )
