"""Builders: a plan, and the runs that prove it. Every value can be overridden by keyword."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from orchestrator.config.sections.training import ASKED
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
from orchestrator.stages.certify.expect.owed import owed_checks
from tests.unit.stages import brought, figures

NOW = datetime(2026, 11, 20, 15, 10, tzinfo=UTC)

SAID = {
    "hello_world": ("Hello, world!", "Hello, world!"),
    "multiplication": ("56088", "56088"),
    "test_accuracy": ("0.8931", "at least 0.85"),
    "device_used": ("CPU", "CPU"),
    "gpu_health": ("no fault", "no fault on any card"),
}
"""What checks say; others say no more than that it is right."""


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
        options=ASKED.get(workload, ()),
    )


WORKLOADS = {
    "CPU": (request("smoke"), request("fashion_mnist")),
    "GPU": (request("smoke"), request("fashion_mnist"), request("gpu_burn")),
}
"""What a plan has, by what computes: how fast a card is, only a load says."""


def plan(
    *hosts: str,
    workloads: tuple[WorkloadRequest, ...] = WORKLOADS["CPU"],
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
    cards: int = 1,
) -> WorkloadRun:
    """A run with which nothing is wrong; `cards` where a GPU computes."""
    asked = asked or request("smoke")
    trains = asked.workload == "fashion_mnist"
    cards = cards if device == "GPU" else 0
    devices = [Device(name="CPU:0", kind="CPU", memory_mib=None, description="2 cores")]
    devices += [
        Device(
            name=f"GPU:{number}",
            kind="GPU",
            memory_mib=24576,
            description=brought.CARD,
            uuid=f"GPU-{number}",
            address=f"0000:0{number}:00.0",
        )
        for number in range(cards)
    ]
    seconds = {"smoke": 6.2, "fashion_mnist": 41.5}.get(asked.workload, 55.0)
    finished_at = started_at + timedelta(seconds=seconds)
    computing = tuple(each.name for each in devices if each.kind == device)
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
        evidence=brought.evidence(cards, workload=asked.workload),
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
                seen=device if name == "device_used" else SAID.get(name, ("right", "right"))[0],
                expected=device if name == "device_used" else SAID.get(name, ("right", "right"))[1],
                reason="",
            )
            for name in owed_checks()[asked.workload]
        ),
        metrics=_metrics(accuracy) if trains else {**figures.METRICS.get(asked.workload, {})},
        curve=_CURVE if trains else (),
        tables=figures.tables(asked.workload, computing)
        | (
            {
                "telemetry": brought.telemetry(cards, seconds),
                "telemetry_summary": brought.summary(cards),
            }
            if cards
            else {}
        ),
    )


def runs(*hosts: str, device: str = "CPU") -> tuple[WorkloadRun, ...]:
    """Every planned run of `plan(*hosts, workloads=WORKLOADS[device])`, all passed."""
    return tuple(
        run(host, asked, device=device) for host in hosts or ("sandbox-1",) for asked in WORKLOADS[device]
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
