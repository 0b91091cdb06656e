"""Builders: a plan, and the runs that prove it. Every value can be overridden by keyword."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from orchestrator.models import (
    BuilderChoice,
    CheckResult,
    Device,
    EpochPoint,
    HostRequest,
    Offer,
    Outcome,
    Plan,
    Stack,
    WorkloadRequest,
    WorkloadRun,
)
from tests.unit.stages import brought

NOW = datetime(2026, 11, 20, 15, 10, tzinfo=UTC)

CHECKS = {
    "smoke": {
        "devices_listed": ("1 CPU", "at least one device"),
        "cards_counted": ("PCI bus 0, NVML unknown, listed 0", "0 listed"),
        "hello_world": ("Hello, world!", "Hello, world!"),
        "multiplication": ("56088", "56088"),
        "placed_matmul": ("largest difference 2.4e-05", "at most 1e-3"),
        "multi_tower_sum": ("[44. 56. 98. 128.]", "[44. 56. 98. 128.]"),
        "device_used": ("CPU", "CPU"),
        "gpu_health": ("no NVIDIA card", "no fault on any card"),
    },
    "fashion_mnist": {
        "devices_listed": ("1 CPU", "at least one device"),
        "cards_counted": ("PCI bus 0, NVML unknown, listed 0", "0 listed"),
        "data_verified": ("60000 training and 10000 test images", "60000 and 10000"),
        "device_matmul": ("0.16% of the tolerance", "right on CPU:0"),
        "device_convolution": ("0.03% of the tolerance", "right on CPU:0"),
        "device_training": ("2.3847 to 0.8717", "2.3837 to 2.3857, then 0.8706 to 0.8727"),
        "loss_falls": ("0.6321 to 0.3011", "falls"),
        "test_accuracy": ("0.8931", "at least 0.85"),
        "throughput_measured": ("5,210 images/s", "above 0"),
        "training_bands": ("last loss 0.3011", "last loss 0.15 to 0.45"),
        "weights_changed": ("8 of 8 changed", "all changed"),
        "accuracy_recomputed": ("0.8931", "0.8931, give or take 0.005"),
        "device_used": ("CPU", "CPU"),
        "gpu_health": ("no NVIDIA card", "no fault on any card"),
    },
}


def request(workload: str = "smoke", *, device: str = "auto", min_accuracy: float = 0.85) -> WorkloadRequest:
    return WorkloadRequest(
        workload=workload,
        device=device,
        backend="tensorflow",
        memory_limit_mib=None,
        epochs=3,
        batch_size=256,
        min_accuracy=min_accuracy,
        timeout_s=900,
    )


def plan(
    *hosts: str,
    workloads: tuple[WorkloadRequest, ...] = (request("smoke"), request("fashion_mnist")),
    stacks: dict[str, Stack] | None = None,
    builder: BuilderChoice | None = None,
    notes: tuple[str, ...] = (),
) -> Plan:
    return Plan(
        fleet="sandbox",
        cloud="sandbox",
        token="sandbox-1f3a",
        hosts=tuple(HostRequest(name=name, distribution="debian-12") for name in hosts or ("sandbox-1",)),
        user="admin",
        offers=(
            Offer(
                provider="sandbox",
                description="container on this computer",
                available=True,
                reason="",
                price_usd_per_hour=0.0,
            ),
        ),
        roles=("base", "ssh_server", "ml_env", "datasets"),
        role_vars={"base_pip_config": {"timeout": "60"}},
        workloads=workloads,
        price_usd_per_hour=0.0,
        stacks=stacks or {},
        builder=builder,
        notes=notes,
    )


def run(
    host: str = "sandbox-1",
    asked: WorkloadRequest | None = None,
    *,
    device: str = "CPU",
    accuracy: float = 0.8931,
    started_at: datetime = NOW - timedelta(minutes=1),
) -> WorkloadRun:
    """A run with which nothing is wrong."""
    asked = asked or request("smoke")
    trains = asked.workload == "fashion_mnist"
    devices = [Device(name="CPU:0", kind="CPU", memory_mib=None, description="2 cores")]
    if device == "GPU":
        devices.append(Device(name="GPU:0", kind="GPU", memory_mib=24576, description="NVIDIA A10G"))
    seconds = 41.5 if trains else 6.2
    finished_at = started_at + timedelta(seconds=seconds)
    cards = 1 if device == "GPU" else 0
    return WorkloadRun(
        host=host,
        request=asked,
        gpu_expected=device == "GPU",
        started_at=started_at,
        seconds=seconds,
        attempt=brought.ATTEMPT,
        ended="success 0",
        clock=brought.clock(finished_at),
        cards_seen=cards,
        job=brought.job_record(asked, started_at, seconds),
        evidence=brought.evidence(cards, trains=trains),
        exit_code=0,
        device_used=device,
        devices=tuple(devices),
        versions={"python": "3.11.2", "tensorflow": "2.21.0", "keras": "3.15.0", "numpy": "2.4.1"},
        checks=tuple(
            CheckResult(
                host=host,
                workload=asked.workload,
                name=name,
                outcome=Outcome.PASSED,
                seen=device if name == "device_used" else seen,
                expected=device if name == "device_used" else expected,
                reason="",
            )
            for name, (seen, expected) in CHECKS[asked.workload].items()
        ),
        metrics=_metrics(accuracy) if trains else {},
        curve=_CURVE if trains else (),
    )


def runs(*hosts: str, device: str = "CPU") -> tuple[WorkloadRun, ...]:
    """Every planned run of `plan(*hosts)`, all passed."""
    return tuple(
        run(host, request(workload), device=device)
        for host in hosts or ("sandbox-1",)
        for workload in ("smoke", "fashion_mnist")
    )


def with_check(
    good: WorkloadRun, name: str, outcome: Outcome, *, seen: str = "0.71", reason: str = "too low"
) -> WorkloadRun:
    """The same run with one check ended otherwise, and the exit code that goes with it."""
    return replace(
        good,
        exit_code=1,
        job=replace(good.job, status="failed") if good.job else None,
        checks=tuple(
            replace(check, outcome=outcome, seen=seen, reason=reason) if check.name == name else check
            for check in good.checks
        ),
    )


def _metrics(accuracy: float) -> dict[str, float]:
    return {
        "test_accuracy": accuracy,
        "training_accuracy": 0.9102,
        "images_per_s": 5210.4,
        "first_loss": 2.2945,
        "last_loss": 0.3011,
    }


_CURVE = tuple(
    EpochPoint(epoch=epoch, loss=loss, accuracy=accuracy, seconds=seconds, images_per_s=speed)
    for epoch, loss, accuracy, seconds, speed in (
        (1, 0.6321, 0.7745, 12.9, 4651.2),
        (2, 0.3692, 0.8664, 11.5, 5217.4),
        (3, 0.3011, 0.8907, 11.5, 5203.4),
    )
)
