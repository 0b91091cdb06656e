"""Snapshots of hosts that have something to tell, and what is read back of Prometheus' text format."""

import re
from dataclasses import asdict, replace
from typing import Any

from gpuhost.leases.daemon.jobs import ENDED, RUNNING, WAITING, Job
from gpuhost.leases.policy.values import Device
from gpuhost.telemetry.snapshot import LOST, Advice, Card, MigInstance, Process, Snapshot, Xid

MIB = 1024 * 1024
GIB = 1024 * MIB

WORKING = Card(
    index=0,
    uuid="GPU-0",
    name="NVIDIA L40S",
    address="0000:3b:00.0",
    minor=1,
    utilization_percent=87,
    memory_utilization_percent=40,
    memory_total_bytes=45 * GIB,
    memory_used_bytes=12 * GIB,
    memory_free_bytes=33 * GIB,
    temperature_c=61,
    power_w=213.456,
    energy_j=123456.789,
    clock_sm_mhz=2520,
    throttle_reasons=("power limit",),
    ecc_uncorrected_volatile=0,
    row_remap_pending=False,
    recovery_action="none",
    processes=(
        Process(
            10, "compute", 4 * GIB, "anna", 1000, "python train.py", 1.0, "R", "orchestrate-run-7.service"
        ),
        Process(
            11, "compute", 8 * GIB, "anna", 1000, "python train.py", 1.0, "R", "orchestrate-run-7.service"
        ),
        Process(12, "graphics", None, "", None, "", None, ""),
    ),
)
FALLEN = Card(
    index=1, uuid="GPU-1", name="NVIDIA L40S", address="0000:af:00.0", state=LOST, error="GPU is lost"
)
SNAPSHOT = Snapshot(
    taken_at=1000.0,
    host="lab-1",
    state="ok",
    driver="580.95.05",
    library="13.580.95.05",
    cuda="13.0",
    cards=(WORKING, FALLEN),
    xids=(
        Xid(13, "0000:af:00", 900.0, "a fault of a program"),
        Xid(79, "0000:af:00", 950.0, "GPU has fallen off the bus."),
        Xid(12028, "0000:c1:00", 960.0, "a switch", switch=True),
    ),
    advice=(
        Advice("GPU-1", "lost", "problem", "GPU 1 fell off its bus", "restart the host", 950.0),
        Advice("", "kernel-log", "warning", "the log cannot be read", "add the group", 950.0),
    ),
)
CUT_UP = replace(
    WORKING,
    processes=(),
    mig_enabled=True,
    mig_instances=(MigInstance("MIG-1", 3, 0, "1g.10gb", 10 * GIB, 2 * GIB),),
)


def job(number: int, user: str, state: str, *devices: str) -> dict[str, Any]:
    """As the service of role gpu_leases tells it."""
    return Job(
        id=number, uid=1000, gid=1000, user=user, command="python train.py", folder="/", gpus=1,
        seconds=3600.0, submitted_at=900.0, state=state, devices=devices,
    ).as_dict()  # fmt: skip


LEASES: dict[str, Any] = {
    "devices": [
        asdict(Device("GPU-0", "GPU-0", "GPU 0")),
        asdict(Device("GPU-1#1", "GPU-1", "GPU 1, share 1")),
    ],
    "jobs": [
        job(7, "anna", RUNNING, "GPU-0"),
        job(8, "anna", WAITING),
        job(9, "bob", WAITING),
        job(6, "bob", ENDED, "GPU-1#1"),
    ],
}

_LINE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ([0-9.e+-]+)")
_LABEL = re.compile(r'([a-zA-Z_]\w*)="((?:[^"\\\n]|\\.)*)"(?:,|$)')


def read_back(text: str) -> dict[str, list[tuple[dict[str, str], float]]]:
    """Name -> labels and value of each sample; a line that is no sample fails."""
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            match = _LINE.fullmatch(line)
            assert match, line
            labels = dict(_LABEL.findall(match[2] or ""))
            found.setdefault(match[1], []).append((labels, float(match[3])))
    return found
