"""Builders: devices, requests, leases, jobs. Every value can be overridden by keyword."""

from dataclasses import replace

from gpuhost.leases.daemon.jobs import Job
from gpuhost.leases.policy.values import Device, Lease, Limits, Request, Reservation, State

NOW = 1_800_000_000.0
HOUR = 3600.0
ANNA, BEN = 1001, 1002
NAMES = {ANNA: "anna", BEN: "ben"}


def device(number: int, **changes: object) -> Device:
    usual = Device(id=f"GPU-{number}", card=f"GPU-{number}", label=f"GPU {number}", memory_bytes=16 * 2**30)
    return replace(usual, **changes)  # type: ignore[arg-type]


def request(number: int, **changes: object) -> Request:
    usual = Request(id=number, uid=ANNA, user="anna", gpus=1, seconds=HOUR)
    changed = replace(usual, **changes)  # type: ignore[arg-type]
    return replace(changed, user=NAMES[changed.uid])


def lease(number: int, *devices: int, **changes: object) -> Lease:
    usual = Lease(
        id=number,
        uid=ANNA,
        user="anna",
        devices=tuple(f"GPU-{each}" for each in devices),
        starts_at=NOW - HOUR,
        ends_at=NOW + HOUR,
        weight=float(len(devices)),
    )
    changed = replace(usual, **changes)  # type: ignore[arg-type]
    return replace(changed, user=NAMES[changed.uid])


def reservation(number: int, **changes: object) -> Reservation:
    usual = Reservation(id=number, uid=BEN, user="ben", gpus=1, starts_at=NOW + HOUR, ends_at=NOW + 3 * HOUR)
    return replace(usual, **changes)  # type: ignore[arg-type]


def state(cards: int = 4, **changes: object) -> State:
    usual = State(devices=tuple(device(number) for number in range(cards)), limits=Limits())
    return replace(usual, **changes)  # type: ignore[arg-type]


def job(number: int, **changes: object) -> Job:
    usual = Job(
        id=number,
        uid=ANNA,
        gid=ANNA,
        user="anna",
        command="python train.py",
        folder="/home/anna",
        gpus=1,
        seconds=HOUR,
        submitted_at=NOW,
    )
    return replace(usual, **changes)  # type: ignore[arg-type]
