"""What the policy decides over: devices, leases, reservations, requests, limits. Values only; times are seconds since 1970."""

from __future__ import annotations

from dataclasses import dataclass, field

CARD, MPS = "card", "mps"
"""Kinds of devices; a slice (MIG) has its profile as its kind, such as `1g.10gb`."""


@dataclass(frozen=True)
class Device:
    """What is leased: a card, a slice of one (MIG), or a share of one (MPS)."""

    id: str
    """The UUID that CUDA knows it by; a share has its number behind it: `GPU-…#2`."""
    card: str
    """UUID of the card that it is a part of."""
    label: str
    """For people: `GPU 0`."""
    kind: str = CARD
    memory_bytes: int | None = None
    weight: float = 1.0
    """What part of a card it is."""
    blocked: str = ""
    """Why it is not given out now, a plain sentence: a process that has no lease runs there, or it does not answer."""


@dataclass(frozen=True)
class Request:
    """A job that waits for devices."""

    id: int
    """They are numbered in the order of arrival."""
    uid: int
    user: str
    gpus: int
    seconds: float
    """How long it may run."""
    kind: str = CARD
    fraction: float = 0.0
    """Of a card's memory, where it shares one; 0: the device is its alone."""
    reservation: int | None = None
    """The one that was made for it."""


@dataclass(frozen=True)
class Lease:
    """Devices that a job has."""

    id: int
    """The job's."""
    uid: int
    user: str
    devices: tuple[str, ...]
    starts_at: float
    ends_at: float
    fraction: float = 0.0
    weight: float = 1.0
    """Cards that it is worth."""
    reservation: int | None = None


@dataclass(frozen=True)
class Reservation:
    """Devices that are kept for somebody from one time to another."""

    id: int
    uid: int
    user: str
    gpus: int
    starts_at: float
    ends_at: float
    kind: str = CARD


@dataclass(frozen=True)
class Limits:
    """What role `gpu_leases` sets."""

    default_hours: float = 24.0
    """Of a job that does not say how long it runs."""
    max_hours: float = 168.0
    max_gpus_per_user: int = 0
    """Devices that one user may have at once; 0: as many as there are."""
    half_life_hours: float = 24.0
    """After which what somebody has used counts half."""
    idle_percent: float = 5.0
    """Of its time that a device computes, up to which it idles."""
    idle_warn_minutes: float = 30.0
    idle_free_minutes: float = 60.0
    """0: a lease may idle."""
    stop_seconds: float = 10.0
    """Between a polite signal to a job and the end of all its processes."""


@dataclass(frozen=True)
class State:
    """All that a plan rests on."""

    devices: tuple[Device, ...]
    leases: tuple[Lease, ...] = ()
    reservations: tuple[Reservation, ...] = ()
    requests: tuple[Request, ...] = ()
    used: dict[int, float] = field(default_factory=dict)
    """Uid -> GPU-seconds of late, as `fair_share` counts them."""
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True)
class Grant:
    """A request that gets its devices now."""

    request: Request
    devices: tuple[Device, ...]
    ends_at: float
    reservation: int | None = None


@dataclass(frozen=True)
class Wait:
    """A request that waits."""

    request: Request
    why: str
    starts_at: float | None = None
    """At the latest, as far as it can be told."""


@dataclass(frozen=True)
class Plan:
    """What is to be done now."""

    grants: tuple[Grant, ...] = ()
    waits: tuple[Wait, ...] = ()
